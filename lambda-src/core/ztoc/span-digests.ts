// Computes the digests of a layer's spans in this thread as its bytes arrive.
import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../oci/descriptor.ts';

/** Receives the bytes of a layer and the positions of its spans, and returns their digests at the end. */
export interface SpanDigester {
  /**
   * Adds bytes of the layer, none beyond the next start of a span, and at least one. They may be overwritten afterwards.
   */
  add(bytes: Uint8Array): void;
  /** Starts a span after the last byte added, or within it if `bits` of its bits are left. */
  startSpan(bits: number): void;
  /** Called after the last byte. @returns The digests of all spans. */
  finish(): readonly Digest[];
}

/**
 * A span begins at its checkpoint and ends at the next one, or at the end of the layer. If a checkpoint is within a byte,
 * that byte belongs to both spans. What precedes the first checkpoint (the first gzip header) belongs to no span.
 */
export class SpanDigests implements SpanDigester {
  readonly #digests: Digest[] = [];
  #hash: Hash | undefined;
  readonly #lastByte = new Uint8Array(1);

  add(bytes: Uint8Array): void {
    this.#hash?.update(bytes);
    this.#lastByte[0] = bytes[bytes.length - 1]!;
  }

  startSpan(bits: number): void {
    this.#endSpan();
    this.#hash = createHash('sha256');
    if (bits > 0) this.#hash.update(this.#lastByte);
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
