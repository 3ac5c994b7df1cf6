// Reads the header and trailer of a gzip member. AssemblyScript. https://www.rfc-editor.org/rfc/rfc1952
import { addByteToCrc } from '../crc32';
import { HeaderPart, state, Status, Step } from './decoder-state';

@inline const HEADER_CRC_FLAG: u32 = 2;
@inline const EXTRA_FLAG: u32 = 4;
@inline const FILE_NAME_FLAG: u32 = 8;
@inline const COMMENT_FLAG: u32 = 16;
@inline const RESERVED_FLAGS: u32 = 0xe0;

@inline const FIXED_BYTES: u32 = 10;
@inline const TRAILER_BYTES: usize = 8;

function startPart(part: u32): void {
  state.headerPart = part;
  state.headerPartBytes = 0;
}

/** The first part after `part` that the flags indicate. */
function startPartAfter(part: u32): void {
  const flags = state.headerFlags;
  if (part < HeaderPart.EXTRA_LENGTH && flags & EXTRA_FLAG) startPart(HeaderPart.EXTRA_LENGTH);
  else if (part < HeaderPart.FILE_NAME && flags & FILE_NAME_FLAG) startPart(HeaderPart.FILE_NAME);
  else if (part < HeaderPart.COMMENT && flags & COMMENT_FLAG) startPart(HeaderPart.COMMENT);
  else if (part < HeaderPart.HEADER_CRC && flags & HEADER_CRC_FLAG) startPart(HeaderPart.HEADER_CRC);
  else startPart(HeaderPart.DONE);
}

function readFixedByte(index: u32, byte: u32): i32 {
  if ((index === 0 && byte !== 0x1f) || (index === 1 && byte !== 0x8b)) return Status.BAD_MAGIC;
  if (index === 2 && byte !== 8) return Status.BAD_METHOD;
  if (index === 3) {
    if (byte & RESERVED_FLAGS) return Status.RESERVED_FLAGS;
    state.headerFlags = byte;
  }
  if (index === FIXED_BYTES - 1) startPartAfter(HeaderPart.FIXED);
  return Status.STEP_DONE;
}

export function beginMember(): void {
  state.step = Step.GZIP_HEADER;
  state.headerCrc = 0;
  startPart(HeaderPart.FIXED);
}

/** Whether any byte of the member's header was read. If not, the stream may end here. */
export function isBetweenMembers(): bool {
  return state.step === Step.GZIP_HEADER && state.headerPart === HeaderPart.FIXED && state.headerPartBytes === 0;
}

/** Reads a member's header byte by byte, because the input may end anywhere, and names may have any length. */
export function readGzipHeader(): i32 {
  while (state.headerPart !== HeaderPart.DONE) {
    if (state.inNext >= state.inEnd) return Status.NEED_INPUT;
    const byte = <u32>load<u8>(state.inNext++);
    const crcSoFar = state.headerCrc;
    state.headerCrc = addByteToCrc(crcSoFar, byte);
    const index = state.headerPartBytes++;
    switch (state.headerPart) {
      case HeaderPart.FIXED: {
        const status = readFixedByte(index, byte);
        if (status !== Status.STEP_DONE) return status;
        break;
      }
      case HeaderPart.EXTRA_LENGTH:
        if (index === 0) state.extraFieldBytes = byte;
        else {
          state.extraFieldBytes |= byte << 8;
          if (state.extraFieldBytes === 0) startPartAfter(HeaderPart.EXTRA);
          else startPart(HeaderPart.EXTRA);
        }
        break;
      case HeaderPart.EXTRA:
        if (index + 1 === state.extraFieldBytes) startPartAfter(HeaderPart.EXTRA);
        break;
      case HeaderPart.FILE_NAME:
      case HeaderPart.COMMENT:
        if (byte === 0) startPartAfter(state.headerPart);
        else if (state.nameLimitBytes !== 0 && index + 1 >= state.nameLimitBytes) return Status.NAME_TOO_LONG;
        break;
      case HeaderPart.HEADER_CRC:
        // The CRC covers only the bytes before it, so its own first byte is excluded.
        if (index === 0) {
          state.headerCrc = crcSoFar;
          if ((crcSoFar & 0xff) !== byte) return Status.BAD_HEADER_CRC;
        } else {
          if (((crcSoFar >> 8) & 0xff) !== byte) return Status.BAD_HEADER_CRC;
          startPart(HeaderPart.DONE);
        }
        break;
      default:
        unreachable();
    }
  }
  return Status.STEP_DONE;
}

/** Reads the trailer. Unused bits before it are dropped. */
export function readGzipTrailer(): i32 {
  state.inNext -= state.bitCount >> 3;
  state.bitBuffer = 0;
  state.bitCount = 0;
  if (state.inEnd - state.inNext < TRAILER_BYTES) return Status.NEED_INPUT;
  state.trailerCrc = load<u32>(state.inNext);
  state.trailerLength = load<u32>(state.inNext, 4);
  state.inNext += TRAILER_BYTES;
  return Status.MEMBER_END;
}
