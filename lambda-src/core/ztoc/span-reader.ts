// Reads part of a layer's uncompressed stream with a zTOC, like a runtime that has not downloaded the layer. Only the required
// spans are fetched, and each is verified before use.
import { ContentMismatchError, FormatError } from '../errors.ts';
import { type Checkpoint, GzipDecoder } from '../inflate/gzip-decoder.ts';
import { digestOf } from '../oci/descriptor.ts';
import type { TarEntry } from '../tar/entry.ts';
import type { Ztoc } from './ztoc.ts';

/** Returns the layer's stored bytes from `start` up to, but not including, `end`. */
export type LayerRangeReader = (start: number, end: number) => Promise<Uint8Array>;

/** Position of a span in the stored layer. */
export interface SpanRange {
  readonly start: number;
  readonly end: number;
}

/** The position of span `index`. */
export function locateSpan(
  { spans, compressedSize }: Pick<Ztoc, 'spans' | 'compressedSize'>,
  index: number,
): SpanRange {
  if (spans.compression === 'uncompressed') {
    const start = index * spans.spanSizeBytes;
    return { start, end: Math.min(start + spans.spanSizeBytes, spans.layerBytes) };
  }
  const checkpoint = spans.checkpoints[index]!;
  return {
    start: checkpoint.compressedOffset - (checkpoint.bits > 0 ? 1 : 0),
    end: spans.checkpoints[index + 1]?.compressedOffset ?? compressedSize,
  };
}

/** The span that contains uncompressed byte `uncompressedOffset`. */
export function findSpan({ spans }: Pick<Ztoc, 'spans'>, uncompressedOffset: number): number {
  if (spans.compression === 'uncompressed') return Math.floor(uncompressedOffset / spans.spanSizeBytes);
  // The last checkpoint at or before the byte.
  let low = 0;
  let high = spans.checkpoints.length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (spans.checkpoints[middle]!.uncompressedOffset <= uncompressedOffset) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * The data of a regular file, in pieces. Entries of other types have none.
 *
 * @throws ContentMismatchError if a span's bytes do not have the digest in the zTOC.
 * @throws FormatError if a span cannot be inflated from its checkpoint, or the layer ends before the file does.
 */
export async function* readFileData(
  ztoc: Ztoc,
  entry: TarEntry,
  readLayerRange: LayerRangeReader,
): AsyncGenerator<Uint8Array> {
  if (entry.type === 'reg') {
    yield* readUncompressedRange(
      ztoc,
      entry.uncompressedOffset,
      Number(entry.uncompressedSize),
      readLayerRange,
    );
  }
}

/** `length` bytes of the layer's uncompressed stream from `offset`, in pieces. Throws the same errors as `readFileData`. */
export async function* readUncompressedRange(
  ztoc: Ztoc,
  offset: number,
  length: number,
  readLayerRange: LayerRangeReader,
): AsyncGenerator<Uint8Array> {
  if (length === 0) return;
  const firstSpan = findSpan(ztoc, offset);
  const reader = createSpanInflater(ztoc, firstSpan);
  let skip = offset - reader.uncompressedOffset;
  let left = length;
  try {
    for (let index = firstSpan; left > 0; index++) {
      if (index >= ztoc.spanDigests.length) {
        throw new FormatError(
          'ztoc',
          `the layer ends ${left} bytes before the file does`,
          offset + length - left,
        );
      }
      const span = await readSpan(ztoc, index, readLayerRange);
      for (const piece of reader.inflate(index, span)) {
        const wanted = piece.subarray(skip, skip + left);
        skip -= Math.min(skip, piece.length);
        left -= wanted.length;
        if (wanted.length > 0) yield wanted;
        if (left === 0) return;
      }
    }
  } finally {
    reader.release();
  }
}

/** The stored bytes of a span, verified. */
async function readSpan(ztoc: Ztoc, index: number, readLayerRange: LayerRangeReader): Promise<Uint8Array> {
  const { start, end } = locateSpan(ztoc, index);
  const span = await readLayerRange(start, end);
  const digest = digestOf(span);
  if (digest !== ztoc.spanDigests[index]) {
    throw new ContentMismatchError(
      digest,
      `span ${index} (bytes ${start} to ${end} of the layer) should be ${ztoc.spanDigests[index]}`,
    );
  }
  return span;
}

interface SpanInflater {
  /** Offset of its first byte. */
  readonly uncompressedOffset: number;
  inflate(index: number, span: Uint8Array): readonly Uint8Array[];
  release(): void;
}

function createSpanInflater(ztoc: Ztoc, firstSpan: number): SpanInflater {
  const { spans } = ztoc;
  if (spans.compression === 'uncompressed') {
    return {
      uncompressedOffset: firstSpan * spans.spanSizeBytes,
      inflate: (_index, span) => [span],
      release() {},
    };
  }
  return new GzipSpanInflater(spans.checkpoints, firstSpan);
}

class GzipSpanInflater implements SpanInflater {
  readonly #checkpoints: readonly Checkpoint[];
  readonly #firstSpan: number;

  readonly uncompressedOffset: number;
  readonly #decoder: GzipDecoder;
  #pieces: Uint8Array[] = [];

  constructor(checkpoints: readonly Checkpoint[], firstSpan: number) {
    this.#checkpoints = checkpoints;
    this.#firstSpan = firstSpan;

    const checkpoint = checkpoints[firstSpan]!;
    this.uncompressedOffset = checkpoint.uncompressedOffset;
    this.#decoder = new GzipDecoder(
      Infinity,
      {
        onOutput: (bytes) => {
          this.#pieces.push(bytes.slice());
        },
      },
      checkpoint,
    );
    this.#decoder.allowLongNames();
  }

  inflate(index: number, span: Uint8Array): readonly Uint8Array[] {
    this.#pieces = [];
    // The byte that is shared with the previous span was pushed with that span.
    const isShared = index > this.#firstSpan && this.#checkpoints[index]!.bits > 0;
    this.#decoder.push(isShared ? span.subarray(1) : span);
    this.#decoder.flush();
    return this.#pieces;
  }

  release(): void {
    this.#decoder.release();
  }
}
