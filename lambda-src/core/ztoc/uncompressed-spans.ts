// Spans of a layer that is a plain tar: the layer cut at every multiple of the span size.
import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../oci/descriptor.ts';

/** How many spans a plain tar of `layerBytes` bytes has: none if it is empty. */
export function countUncompressedSpans(layerBytes: number, spanSizeBytes: number): number {
  return Math.ceil(layerBytes / spanSizeBytes);
}

/** Digests of the spans of a plain tar, made as its bytes pass. */
export class UncompressedSpanDigests {
  readonly #digests: Digest[] = [];
  #hash: Hash | undefined;
  #bytesLeft = 0;

  /** @param spanSizeBytes At least 1. */
  constructor(private readonly spanSizeBytes: number) {}

  add(bytes: Uint8Array): void {
    let next = 0;
    while (next < bytes.length) {
      if (this.#hash === undefined) {
        this.#hash = createHash('sha256');
        this.#bytesLeft = this.spanSizeBytes;
      }
      const piece = bytes.subarray(next, next + this.#bytesLeft);
      this.#hash.update(piece);
      this.#bytesLeft -= piece.length;
      next += piece.length;
      if (this.#bytesLeft === 0) this.#endSpan();
    }
  }

  finish(): readonly Digest[] {
    this.#endSpan();
    return this.#digests;
  }

  #endSpan(): void {
    if (this.#hash !== undefined) this.#digests.push(`sha256:${this.#hash.digest('hex')}`);
    this.#hash = undefined;
  }
}
