// Digests of the spans of a gzip layer, made as its compressed bytes are consumed.
import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../oci/descriptor.ts';

/** Is told where the spans of a gzip layer lie, as its bytes are consumed, and has their digests at the end. */
export interface SpanDigester {
  /** Compressed bytes up to the next checkpoint, or some of them. At least one. They may be overwritten afterwards. */
  add(compressed: Uint8Array): void;
  /** A checkpoint with `bits` bits left of the last byte added. */
  startSpan(bits: number): void;
  /** The digests of all spans; the layer has ended. */
  finish(): readonly Digest[];
}

/**
 * A span begins at its checkpoint and ends at the next one's, or at the end of the layer. Where a checkpoint is not
 * between two bytes, the byte it lies in belongs to both spans. What precedes the first checkpoint (the first gzip
 * header) belongs to none.
 */
export class SpanDigests implements SpanDigester {
  readonly #digests: Digest[] = [];
  #hash: Hash | undefined;
  readonly #lastByte = new Uint8Array(1);

  add(compressed: Uint8Array): void {
    this.#hash?.update(compressed);
    this.#lastByte[0] = compressed[compressed.length - 1]!;
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
