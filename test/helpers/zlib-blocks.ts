// An independent oracle for checkpoints: pako, zlib in JavaScript, which stops at block boundaries (Z_BLOCK) and reports
// its bit position (data_type). Written from the format's rules, independently of the decoder under test.
import {
  Z_BLOCK,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  Z_BUF_ERROR,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset2,
} from 'pako';

export interface OracleCheckpoint {
  readonly compressedOffset: number;
  readonly uncompressedOffset: number;
  readonly bits: number;
  readonly window: Uint8Array;
}

export interface OracleResult {
  readonly output: Uint8Array;
  readonly checkpoints: readonly OracleCheckpoint[];
}

const gzipOnlyWindowBits = 31;
const windowBytes = 32768;
const isAtBlockEnd = 128;
const isLastBlock = 64;

/** Inflates a gzip stream of any number of members. Returns undefined if zlib rejects it. */
export function inflateWithZlib(compressed: Uint8Array, spanSizeBytes: number): OracleResult | undefined {
  const stream = new ZStream();
  if (zlibInflateInit2(stream, gzipOnlyWindowBits) !== Z_OK) throw new Error('zlib cannot be initialized');
  stream.input = compressed;
  stream.next_in = 0;
  stream.avail_in = compressed.length;
  const pieces: Uint8Array[] = [];
  let window = Buffer.alloc(windowBytes);
  const checkpoints: OracleCheckpoint[] = [];
  let outputBytes = 0;
  let lastCheckpoint = 0;
  for (;;) {
    const room = 65536;
    stream.output = new Uint8Array(room);
    stream.next_out = 0;
    stream.avail_out = room;
    const inBefore = stream.avail_in;
    const status = zlibInflate(stream, Z_BLOCK);
    const piece = stream.output.subarray(0, room - stream.avail_out);
    pieces.push(piece);
    if (piece.length > 0) window = Buffer.concat([window, piece]).subarray(-windowBytes);
    outputBytes += piece.length;
    if (status === Z_STREAM_END) {
      if (stream.avail_in === 0) break;
      if (zlibInflateReset2(stream, gzipOnlyWindowBits) !== Z_OK) throw new Error('zlib makes no progress');
      continue;
    }
    if (status !== Z_OK && status !== Z_BUF_ERROR) return undefined;
    const atEnd = (stream.data_type & isAtBlockEnd) !== 0 && (stream.data_type & isLastBlock) === 0;
    if (atEnd && (outputBytes === 0 || outputBytes - lastCheckpoint > spanSizeBytes)) {
      lastCheckpoint = outputBytes;
      checkpoints.push({
        compressedOffset: compressed.length - stream.avail_in,
        uncompressedOffset: outputBytes,
        bits: stream.data_type & 7,
        window: new Uint8Array(window),
      });
    }
    const isStuck = piece.length === 0 && stream.avail_in === inBefore;
    if (isStuck && !atEnd) return undefined;
  }
  return { output: new Uint8Array(Buffer.concat(pieces)), checkpoints };
}
