// Encodes and decodes the checkpoints field of a zTOC: a packed blob for gzip, or a separate FlatBuffer for a plain tar.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/compression/gzip_zinfo.c
import { ByteBuffer } from 'flatbuffers';
import { FormatError } from '../errors.ts';
import { type Checkpoint, windowBytes } from '../inflate/gzip-decoder.ts';
import { FlatTable } from './flat-table.ts';
import type { GzipSpanIndex, SpanIndex } from './ztoc.ts';
import { tarZinfoSizeSlot, tarZinfoSpanSizeSlot } from './ztoc-schema.ts';

// The blob: i32 number of checkpoints, i64 span size; for each checkpoint i64 in, i64 out, u8 bits, window. Little endian.
const headerBytes = 12;
export const checkpointBytes = 8 + 8 + 1 + windowBytes;

/** Up to soci-snapshotter 0.6, the first checkpoint, at the end of a plain gzip header, was not stored. */
const plainHeaderBytes = 10;

const maximumTarZinfoBytes = 48;

/** Size of the field in bytes; an upper bound for a plain tar. */
export function spanIndexBytes(spans: SpanIndex): number {
  return spans.compression === 'gzip'
    ? headerBytes + spans.checkpoints.length * checkpointBytes
    : maximumTarZinfoBytes;
}

/** Writes the blob into `blob`, which has the required size. */
export function writeGzipSpanIndex(blob: Uint8Array, { checkpoints, spanSizeBytes }: GzipSpanIndex): void {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  view.setInt32(0, checkpoints.length, true);
  view.setBigInt64(4, BigInt(spanSizeBytes), true);
  checkpoints.forEach((checkpoint, index) => {
    const start = headerBytes + index * checkpointBytes;
    view.setBigInt64(start, BigInt(checkpoint.compressedOffset), true);
    view.setBigInt64(start + 8, BigInt(checkpoint.uncompressedOffset), true);
    view.setUint8(start + 16, checkpoint.bits);
    blob.set(checkpoint.window, start + 17);
  });
}

/** @throws FormatError */
export function decodeGzipSpanIndex(blob: Uint8Array): SpanIndex {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  if (blob.length < headerBytes) throw new FormatError('ztoc', 'the checkpoints are cut off', blob.length);
  const count = view.getInt32(0, true);
  const spanSizeBytes = readOffset(view, 4);
  const stored = (blob.length - headerBytes) / checkpointBytes;
  if (count < 1 || (stored !== count && stored !== count - 1)) {
    throw new FormatError('ztoc', `${blob.length} bytes cannot hold ${count} checkpoints`);
  }
  const checkpoints: Checkpoint[] = [];
  if (stored === count - 1) {
    const window = new Uint8Array(windowBytes);
    checkpoints.push({ compressedOffset: plainHeaderBytes, uncompressedOffset: 0, bits: 0, window });
  }
  for (let index = 0; index < stored; index++) {
    const start = headerBytes + index * checkpointBytes;
    const checkpoint = {
      compressedOffset: readOffset(view, start),
      uncompressedOffset: readOffset(view, start + 8),
      bits: view.getUint8(start + 16),
      window: blob.subarray(start + 17, start + checkpointBytes),
    };
    const previous = checkpoints.at(-1);
    if (checkpoint.bits > 7 || (checkpoint.bits > 0 && checkpoint.compressedOffset === 0)) {
      throw new FormatError('ztoc', `checkpoint ${checkpoints.length} has ${checkpoint.bits} bits`);
    }
    if (
      previous !== undefined &&
      (checkpoint.compressedOffset < previous.compressedOffset ||
        checkpoint.uncompressedOffset < previous.uncompressedOffset)
    ) {
      throw new FormatError('ztoc', `checkpoint ${checkpoints.length} is before the previous one`);
    }
    checkpoints.push(checkpoint);
  }
  return { compression: 'gzip', spanSizeBytes, checkpoints };
}

function readOffset(view: DataView, at: number): number {
  const offset = Number(view.getBigInt64(at, true));
  if (!Number.isSafeInteger(offset) || offset < 0)
    throw new FormatError('ztoc', `${offset} is not an offset or size`);
  return offset;
}

/** @throws FormatError */
export function decodeTarSpanIndex(blob: Uint8Array): SpanIndex {
  const zinfo = FlatTable.root(new ByteBuffer(blob));
  const spanSizeBytes = zinfo.readSize(tarZinfoSpanSizeSlot);
  if (spanSizeBytes < 1) throw new FormatError('ztoc', 'the span size of an uncompressed layer is 0');
  return { compression: 'uncompressed', spanSizeBytes, layerBytes: zinfo.readSize(tarZinfoSizeSlot) };
}
