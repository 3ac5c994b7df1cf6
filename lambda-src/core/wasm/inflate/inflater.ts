// Inflates a gzip stream. It can stop at any byte, and it stops at block boundaries at which a zTOC has a checkpoint.
// AssemblyScript.
// The driver is ../../inflate/gzip-decoder.ts. In one round, it copies input to inputAddress(), passes the number of bytes to
// acceptInput, and calls decode until that needs input. Whatever decode returns, new output is between outputStart() and
// outputEnd(), directly after the previous 32 KiB. When the driver has used the output, it calls releaseOutput to make room.
import { INPUT, INPUT_CAPACITY, OUTPUT, OUTPUT_LIMIT, WINDOW, WINDOW_BYTES } from '../memory-layout';
import { readBlockHeader } from './block-header';
import { state, Status, Step } from './decoder-state';
import { beginMember, isBetweenMembers, readGzipHeader, readGzipTrailer } from './gzip-member';
import { readHuffmanData } from './huffman-data';

/** Prepares for a new gzip stream. A checkpoint is due after each `spanSizeBytes` uncompressed bytes. */
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
 * Called after `resetInflater` to start at a checkpoint instead, between two blocks: `bits` bits of the byte before the next
 * input are still unread. The driver has written the window to windowAddress().
 */
export function resumeAtCheckpoint(bits: u32, previousByte: u32): void {
  state.bitBuffer = <u64>(previousByte >> (8 - bits));
  state.bitCount = bits;
  state.historyStart = WINDOW;
  state.step = Step.BLOCK_HEADER;
}

/** Limits names and comments in further headers to this many bytes, including their NUL; 0: unlimited. */
export function limitNames(bytes: u32): void {
  state.nameLimitBytes = bytes;
}

export function inputCapacity(): usize {
  return INPUT_CAPACITY;
}

/** Address for the next piece of input, at most `inputCapacity()` bytes. Moves unread input in front of it. */
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

/** After decode: the address of the first whole byte that was not consumed. */
export function unreadAddress(): usize {
  return state.inNext - (state.bitCount >> 3);
}

/** The offset of that byte in the compressed stream: `in` of a checkpoint here. */
export function unreadOffset(): f64 {
  return <f64>(state.inEndOffset - (state.inEnd - unreadAddress()));
}

/** The number of unread bits in the byte before it: `bits` of a checkpoint here. */
export function unreadBits(): u32 {
  return state.bitCount & 7;
}

/** Whether the stream may end here. */
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

/** Makes room for new output. The last 32 KiB become the window. */
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
 * Called after a member's header, and after a block that is not the last of its member. The rule is the reference's
 * (soci-snapshotter, gzip_zinfo.c): a checkpoint is due if there is no output yet, or if there was more than a span of output
 * since the last one. This count continues across members.
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

/** Decodes until the driver has to act. @returns A Status. */
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
