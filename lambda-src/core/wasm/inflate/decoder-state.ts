// The state of the decoder between calls. AssemblyScript.
import { STATE } from '../memory-layout';

/** The next step of the decoder. */
export namespace Step {
  @inline export const GZIP_HEADER: u32 = 0;
  @inline export const BLOCK_HEADER: u32 = 1;
  @inline export const STORED_DATA: u32 = 2;
  @inline export const HUFFMAN_DATA: u32 = 3;
  @inline export const GZIP_TRAILER: u32 = 4;
}

/** The parts of a gzip member's header, in order. https://www.rfc-editor.org/rfc/rfc1952#section-2.3 */
export namespace HeaderPart {
  @inline export const FIXED: u32 = 0;
  @inline export const EXTRA_LENGTH: u32 = 1;
  @inline export const EXTRA: u32 = 2;
  @inline export const FILE_NAME: u32 = 3;
  @inline export const COMMENT: u32 = 4;
  @inline export const HEADER_CRC: u32 = 5;
  @inline export const DONE: u32 = 6;
}

/** Results of `decode`. Mirrored in ../../inflate/gzip-decoder.ts, which has the error messages. */
export namespace Status {
  @inline export const NEED_INPUT: i32 = 0;
  @inline export const OUTPUT_FULL: i32 = 1;
  @inline export const CHECKPOINT: i32 = 2;
  /** A member's trailer was read; the caller verifies it. */
  @inline export const MEMBER_END: i32 = 3;
  /** Internal: this step is done. */
  @inline export const STEP_DONE: i32 = 4;

  @inline export const BAD_MAGIC: i32 = -1;
  @inline export const BAD_METHOD: i32 = -2;
  @inline export const RESERVED_FLAGS: i32 = -3;
  @inline export const NAME_TOO_LONG: i32 = -4;
  @inline export const BAD_HEADER_CRC: i32 = -5;
  @inline export const RESERVED_BLOCK_TYPE: i32 = -6;
  @inline export const BAD_STORED_LENGTH: i32 = -7;
  @inline export const TOO_MANY_CODES: i32 = -8;
  @inline export const BAD_CODE_LENGTHS: i32 = -9;
  @inline export const NO_END_OF_BLOCK: i32 = -10;
  @inline export const BAD_LITERAL_CODE: i32 = -11;
  @inline export const BAD_DISTANCE_CODE: i32 = -12;
  @inline export const UNUSED_SYMBOL: i32 = -13;
  @inline export const DISTANCE_TOO_FAR: i32 = -14;
}

/*
 * The input's bit stream:
 *   bitBuffer   bits already read from the input, the next one lowest; between steps, bits above bitCount are zero
 *   bitCount    number of valid bits in bitBuffer
 *   inNext      address of the next unread input byte
 *   inEnd       address after the last input byte
 *   inEndOffset offset of inEnd in the compressed stream
 * At a block boundary, whole bytes in the bit buffer are returned to the input. Fewer than 8 bits remain, and
 * (inNext, bitCount) is exactly the (in, bits) pair that a zTOC checkpoint stores.
 *
 * The output:
 *   out          address of the next byte to write; the 32 KiB before it are the window, initially all zeros
 *   historyStart how far back a match may reach: to the start of the member
 *   outputBase   offset of address 0 in the uncompressed stream (may wrap below 0); the offset of `out` is outputBase + out
 */
@unmanaged
export class DecoderState {
  bitBuffer: u64;
  inEndOffset: u64;
  outputBase: u64;
  /** Minimum number of uncompressed bytes between checkpoints, and the uncompressed offset of the last one. */
  spanSizeBytes: u64;
  lastCheckpoint: u64;

  bitCount: u32;
  inNext: usize;
  inEnd: usize;
  out: usize;
  historyStart: usize;

  step: u32;
  isFinalBlock: bool;
  storedBytesLeft: u32;
  /**
   * The literal and distance tables contain the fixed codes, so another block of that type need not build them.
   */
  hasFixedTables: bool;

  headerPart: u32;
  headerFlags: u32;
  /** Bytes read so far of the current header part. */
  headerPartBytes: u32;
  extraFieldBytes: u32;
  headerCrc: u32;
  /** Maximum length of a name or comment, with its NUL; 0: unlimited. */
  nameLimitBytes: u32;

  /** CRC-32 and length (modulo 2^32) in the trailer of the member that ended last. */
  trailerCrc: u32;
  trailerLength: u32;
}

export const state: DecoderState = changetype<DecoderState>(STATE);
