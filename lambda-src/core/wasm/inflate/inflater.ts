// Inflates a gzip stream: stops at any byte, and by itself at block boundaries where a zTOC has a checkpoint. AssemblyScript.
// ../../inflate/gzip-decoder.ts drives it. One round: it copies input to inputAddress(), tells acceptInput how much, and calls
// decode until that needs input. Whatever decode returns, new output lies between outputStart() and outputEnd(), with the
// 32 KiB before it still in front; releaseOutput makes room when it has been used.
import { INPUT, INPUT_CAPACITY, OUTPUT, OUTPUT_LIMIT, WINDOW, WINDOW_BYTES } from '../memory-layout';
import { readBlockHeader } from './block-header';
import { state, Status, Step } from './decoder-state';
import { beginMember, isBetweenMembers, readGzipHeader, readGzipTrailer } from './gzip-member';
import { readHuffmanData } from './huffman-data';

/** Makes ready for a new gzip stream. A checkpoint is due after each `spanSizeBytes` uncompressed bytes. */
export function resetInflater(spanSizeBytes: f64): void {
  state.bitBuffer = 0;
  state.bitCount = 0;
  state.inNext = INPUT;
  state.inEnd = INPUT;
  state.inEndOffset = 0;
  state.out = OUTPUT;
  state.outputBase = 0 - <u64>OUTPUT;
  state.historyStart = OUTPUT;
  state.spanSizeBytes = <u64>spanSizeBytes;
  state.lastCheckpoint = 0;
  state.isFinalBlock = false;
  state.hasFixedTables = false;
  state.nameLimitBytes = 0;
  memory.fill(WINDOW, 0, WINDOW_BYTES);
  beginMember();
}

/**
 * After `resetInflater`, makes ready to go on at a checkpoint instead: between two blocks, with `bits` bits left of the byte
 * before the next input, and the window as the driver has written it to windowAddress().
 */
export function resumeAtCheckpoint(bits: u32, previousByte: u32): void {
  state.bitBuffer = <u64>(previousByte >> (8 - bits));
  state.bitCount = bits;
  state.historyStart = WINDOW;
  state.step = Step.BLOCK_HEADER;
}

/** Names and comments in the headers to come may have so many bytes with their NUL; 0: any length. */
export function limitNames(bytes: u32): void {
  state.nameLimitBytes = bytes;
}

export function inputCapacity(): usize {
  return INPUT_CAPACITY;
}

/** Where the next piece of input, at most `inputCapacity()` bytes, is to be written. What is unread moves before it. */
export function inputAddress(): usize {
  giveBackWholeBytes();
  const unread = state.inEnd - state.inNext;
  memory.copy(INPUT, state.inNext, unread);
  state.inNext = INPUT;
  state.inEnd = INPUT + unread;
  return state.inEnd;
}

export function acceptInput(bytes: usize): void {
  state.inEnd += bytes;
  state.inEndOffset += bytes;
}

/** The address of the first whole byte not consumed, once the decoder has stopped. */
export function unreadAddress(): usize {
  return state.inNext - (state.bitCount >> 3);
}

/** The offset of that byte in the compressed stream: at a checkpoint its `in`. */
export function unreadOffset(): f64 {
  return <f64>(state.inEndOffset - (state.inEnd - unreadAddress()));
}

/** How many bits of the byte before are not consumed: at a checkpoint its `bits`. */
export function unreadBits(): u32 {
  return state.bitCount & 7;
}

/** Is this a place where the stream may end? */
export function mayEnd(): bool {
  return isBetweenMembers() && state.inNext === state.inEnd;
}

export function windowAddress(): usize {
  return WINDOW;
}

export function outputStart(): usize {
  return OUTPUT;
}

export function outputEnd(): usize {
  return state.out;
}

/** The output has been used: its last 32 KiB become the window, and there is room again. */
export function releaseOutput(): void {
  const bytes = state.out - OUTPUT;
  if (bytes === 0) return;
  memory.copy(WINDOW, state.out - WINDOW_BYTES, WINDOW_BYTES);
  state.outputBase += bytes;
  state.historyStart = state.historyStart > WINDOW + bytes ? state.historyStart - bytes : WINDOW;
  state.out = OUTPUT;
}

export function trailerCrc(): u32 {
  return state.trailerCrc;
}

export function trailerLength(): u32 {
  return state.trailerLength;
}

@inline
function giveBackWholeBytes(): void {
  state.inNext -= state.bitCount >> 3;
  state.bitCount &= 7;
  state.bitBuffer &= (<u64>1 << state.bitCount) - 1;
}

/**
 * A member's header or a block that is not its member's last has just been read. The rule of the reference
 * (soci-snapshotter, gzip_zinfo.c): a checkpoint if nothing has been put out yet, or if more than a span has been since
 * the last one; that is not counted again for another member.
 */
function isCheckpointDue(): bool {
  const uncompressedOffset = state.outputBase + state.out;
  if (uncompressedOffset !== 0 && uncompressedOffset - state.lastCheckpoint <= state.spanSizeBytes) return false;
  state.lastCheckpoint = uncompressedOffset;
  return true;
}

function readStoredData(): i32 {
  while (state.storedBytesLeft !== 0) {
    if (state.out >= OUTPUT_LIMIT) return Status.OUTPUT_FULL;
    const bytes = min(min(<usize>state.storedBytesLeft, state.inEnd - state.inNext), OUTPUT_LIMIT - state.out);
    if (bytes === 0) return Status.NEED_INPUT;
    memory.copy(state.out, state.inNext, bytes);
    state.out += bytes;
    state.inNext += bytes;
    state.storedBytesLeft -= <u32>bytes;
  }
  return Status.STEP_DONE;
}

/** Decodes until there is something for the driver to do. Returns a Status. */
export function decode(): i32 {
  while (true) {
    let status: i32;
    switch (state.step) {
      case Step.GZIP_HEADER:
        status = readGzipHeader();
        if (status !== Status.STEP_DONE) return status;
        state.historyStart = state.out;
        state.step = Step.BLOCK_HEADER;
        if (isCheckpointDue()) return Status.CHECKPOINT;
        break;
      case Step.BLOCK_HEADER:
        status = readBlockHeader();
        if (status !== Status.STEP_DONE) return status;
        break;
      case Step.STORED_DATA:
      case Step.HUFFMAN_DATA:
        status = state.step === Step.STORED_DATA ? readStoredData() : readHuffmanData();
        if (status !== Status.STEP_DONE) return status;
        state.step = state.isFinalBlock ? Step.GZIP_TRAILER : Step.BLOCK_HEADER;
        if (state.isFinalBlock) break;
        giveBackWholeBytes();
        if (isCheckpointDue()) return Status.CHECKPOINT;
        break;
      default:
        status = readGzipTrailer();
        if (status === Status.MEMBER_END) beginMember();
        return status;
    }
  }
}
