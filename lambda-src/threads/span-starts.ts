// Where spans begin, on its way from the thread that inflates a layer to the one that makes the digests of its spans.
import type { Digest } from '../core/oci/descriptor.ts';
import { type SpanDigester, SpanDigests } from '../core/ztoc/span-digests.ts';

/** A checkpoint, as far as it matters to digests. */
export interface SpanStart {
  /** Of the first whole byte that belongs to what follows. */
  readonly compressedOffset: number;
  /** How many bits of the byte before belong to it too. */
  readonly bits: number;
}

/** In the thread that inflates: notes where spans begin, and is given their digests before the layer is finished. */
export class SpanStartRecorder implements SpanDigester {
  #consumedBytes = 0;
  #starts: SpanStart[] = [];
  #digests: readonly Digest[] | undefined;

  add(compressed: Uint8Array): void {
    this.#consumedBytes += compressed.length;
  }

  startSpan(bits: number): void {
    this.#starts.push({ compressedOffset: this.#consumedBytes, bits });
  }

  /** Those found since the last call. None of a later call lies in bytes that have been pushed by now. */
  takeStarts(): readonly SpanStart[] {
    const starts = this.#starts;
    this.#starts = [];
    return starts;
  }

  receiveDigests(digests: readonly Digest[]): void {
    this.#digests = digests;
  }

  finish(): readonly Digest[] {
    if (this.#digests === undefined) throw new Error('the digests of the spans have not been received');
    return this.#digests;
  }
}

/** In the other thread: digests the layer's bytes when it is known where in them spans begin. */
export class SpanStartDigests {
  readonly #digests = new SpanDigests();
  #layerBytes = 0;

  /** The next bytes of the layer, and all the spans that begin in them. */
  add(bytes: Uint8Array, starts: readonly SpanStart[]): void {
    let next = 0;
    for (const { compressedOffset, bits } of starts) {
      const place = compressedOffset - this.#layerBytes;
      if (place < next || place > bytes.length) {
        throw new Error(
          `a span begins at byte ${compressedOffset}, outside of the bytes that it was reported with`,
        );
      }
      if (place > next) this.#digests.add(bytes.subarray(next, place));
      this.#digests.startSpan(bits);
      next = place;
    }
    if (next < bytes.length) this.#digests.add(bytes.subarray(next));
    this.#layerBytes += bytes.length;
  }

  finish(): readonly Digest[] {
    return this.#digests.finish();
  }
}
