// Spans of a plain tar, which is cut at every multiple of the span size.
import type { Digest } from '../oci/descriptor.ts';
import type { SpanDigester } from './span-digests.ts';

/** Number of spans in a plain tar of `layerBytes` bytes; 0 if it is empty. */
export function countUncompressedSpans(layerBytes: number, spanSizeBytes: number): number {
  return Math.ceil(layerBytes / spanSizeBytes);
}

/** Cuts a plain tar into spans as its bytes arrive. */
export class UncompressedSpans {
  readonly #spanSizeBytes: number;
  readonly #digester: SpanDigester;

  #bytesLeft = 0;

  /** @param spanSizeBytes At least 1. */
  constructor(spanSizeBytes: number, digester: SpanDigester) {
    this.#spanSizeBytes = spanSizeBytes;
    this.#digester = digester;
  }

  add(bytes: Uint8Array): void {
    let next = 0;
    while (next < bytes.length) {
      if (this.#bytesLeft === 0) {
        this.#digester.startSpan(0);
        this.#bytesLeft = this.#spanSizeBytes;
      }
      const piece = bytes.subarray(next, next + this.#bytesLeft);
      this.#digester.add(piece);
      this.#bytesLeft -= piece.length;
      next += piece.length;
    }
  }

  finish(): readonly Digest[] {
    return this.#digester.finish();
  }
}
