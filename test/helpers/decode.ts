// Runs the decoder over a whole stream, and keeps everything that it reports.
import { type Checkpoint, GzipDecoder } from '../../lambda-src/core/inflate/gzip-decoder.ts';

export interface Decoded {
  readonly output: Uint8Array;
  readonly checkpoints: readonly Checkpoint[];
  readonly consumed: Uint8Array;
}

export interface DecodeOptions {
  readonly spanSizeBytes?: number;
  /** The size of the pieces that are pushed; the whole stream by default. */
  readonly pieceBytes?: number;
  readonly longNames?: boolean;
}

/** @throws FormatError from the decoder. */
export function decodeGzip(compressed: Uint8Array, options: DecodeOptions = {}): Decoded {
  const {
    spanSizeBytes = Infinity,
    pieceBytes = Math.max(1, compressed.length),
    longNames = false,
  } = options;
  const output: Uint8Array[] = [];
  const consumed: Uint8Array[] = [];
  const checkpoints: Checkpoint[] = [];
  const decoder = new GzipDecoder(spanSizeBytes, {
    onConsumed: (bytes) => consumed.push(bytes.slice()),
    onOutput: (bytes) => output.push(bytes.slice()),
    onCheckpoint: (checkpoint) => checkpoints.push(checkpoint),
  });
  try {
    if (longNames) decoder.allowLongNames();
    for (let start = 0; start < compressed.length; start += pieceBytes) {
      decoder.push(compressed.subarray(start, start + pieceBytes));
    }
    decoder.finish();
  } finally {
    decoder.release();
  }
  return {
    output: new Uint8Array(Buffer.concat(output)),
    checkpoints,
    consumed: new Uint8Array(Buffer.concat(consumed)),
  };
}

/** The positions of checkpoints without their windows, for tests that list them. */
export function placesOf(checkpoints: readonly Checkpoint[]): readonly (readonly [number, number, number])[] {
  return checkpoints.map(({ compressedOffset, uncompressedOffset, bits }) => [
    compressedOffset,
    uncompressedOffset,
    bits,
  ]);
}
