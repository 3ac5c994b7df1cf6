// Reads the header of a DEFLATE block: its type and, for a dynamic block, its codes. AssemblyScript.
// https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3
import { lowBits, REFILLED_BITS } from './bits';
import { state, Status, Step } from './decoder-state';
import { buildTable } from './huffman-table';
import {
  CODE_LENGTHS,
  DISTANCE_SYMBOLS,
  DISTANCE_TABLE,
  DISTANCE_TABLE_BITS,
  LENGTH_CODE_ORDER,
  LENGTH_CODE_SYMBOLS,
  LENGTH_CODE_TABLE,
  LENGTH_CODE_TABLE_BITS,
  LITERAL_SYMBOLS,
  LITERAL_TABLE,
  LITERAL_TABLE_BITS,
} from '../memory-layout';

@inline const STORED: u32 = 0;
@inline const FIXED: u32 = 1;
@inline const RESERVED: u32 = 3;

@inline const END_OF_BLOCK_SYMBOL: usize = 256;
@inline const LENGTH_CODES: u32 = 19;

export function initializeLengthCodeOrder(): void {
  // 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 (RFC 1951, section 3.2.7), lowest byte first.
  store<u64>(LENGTH_CODE_ORDER, 0x0609070800121110);
  store<u64>(LENGTH_CODE_ORDER, 0x020d030c040b050a, 8);
  store<u32>(LENGTH_CODE_ORDER, 0x000f010e, 16);
}

function buildFixedTables(): void {
  memory.fill(CODE_LENGTHS, 8, 144);
  memory.fill(CODE_LENGTHS + 144, 9, 112);
  memory.fill(CODE_LENGTHS + 256, 7, 24);
  memory.fill(CODE_LENGTHS + 280, 8, 8);
  buildTable(LITERAL_TABLE, LITERAL_TABLE_BITS, CODE_LENGTHS, 288, LITERAL_SYMBOLS, false);
  memory.fill(CODE_LENGTHS, 5, 32);
  buildTable(DISTANCE_TABLE, DISTANCE_TABLE_BITS, CODE_LENGTHS, 32, DISTANCE_SYMBOLS, false);
}

/**
 * Reads one block header and builds the block's tables. If the input ends within the header, nothing is consumed, and the
 * header is read again from its start when more input is available.
 */
export function readBlockHeader(): i32 {
  let bits = state.bitBuffer;
  let count = state.bitCount;
  let next = state.inNext;
  const end = state.inEnd;

  while (count < REFILLED_BITS && next < end) {
    bits |= <u64>load<u8>(next++) << count;
    count += 8;
  }
  if (count < 3) return Status.NEED_INPUT;
  const isFinal = <bool>(bits & 1);
  const type = lowBits(bits >> 1, 2);
  bits >>= 3;
  count -= 3;
  if (type === RESERVED) return Status.RESERVED_BLOCK_TYPE;

  if (type === STORED) {
    bits >>= count & 7;
    count &= ~7;
    while (count < 32 && next < end) {
      bits |= <u64>load<u8>(next++) << count;
      count += 8;
    }
    if (count < 32) return Status.NEED_INPUT;
    const length = <u32>bits & 0xffff;
    if (length !== (~(<u32>bits >> 16) & 0xffff)) return Status.BAD_STORED_LENGTH;
    // The data is copied directly from the input, so whole bytes that were read after the lengths are returned to it.
    state.inNext = next - ((count - 32) >> 3);
    state.bitBuffer = 0;
    state.bitCount = 0;
    state.storedBytesLeft = length;
    state.isFinalBlock = isFinal;
    state.step = Step.STORED_DATA;
    return Status.STEP_DONE;
  }

  if (type === FIXED) {
    if (!state.hasFixedTables) buildFixedTables();
    state.hasFixedTables = true;
  } else {
    if (count < 14) return Status.NEED_INPUT;
    const literalCount = lowBits(bits, 5) + 257;
    const distanceCount = lowBits(bits >> 5, 5) + 1;
    const lengthCodeCount = lowBits(bits >> 10, 4) + 4;
    bits >>= 14;
    count -= 14;
    if (literalCount > 286 || distanceCount > 30) return Status.TOO_MANY_CODES;

    memory.fill(CODE_LENGTHS, 0, LENGTH_CODES);
    for (let index: u32 = 0; index < lengthCodeCount; index++) {
      if (count < 3) {
        while (count < REFILLED_BITS && next < end) {
          bits |= <u64>load<u8>(next++) << count;
          count += 8;
        }
        if (count < 3) return Status.NEED_INPUT;
      }
      store<u8>(CODE_LENGTHS + <usize>load<u8>(LENGTH_CODE_ORDER + index), <u8>lowBits(bits, 3));
      bits >>= 3;
      count -= 3;
    }
    if (!buildTable(LENGTH_CODE_TABLE, LENGTH_CODE_TABLE_BITS, CODE_LENGTHS, LENGTH_CODES, LENGTH_CODE_SYMBOLS, false)) {
      return Status.BAD_CODE_LENGTHS;
    }

    const total = literalCount + distanceCount;
    let filled: u32 = 0;
    while (filled < total) {
      // A code length code has at most 7 bits, followed by at most 7 bits for the repeat count.
      if (count < 14) {
        while (count < REFILLED_BITS && next < end) {
          bits |= <u64>load<u8>(next++) << count;
          count += 8;
        }
      }
      const entry = load<u32>(LENGTH_CODE_TABLE + (<usize>lowBits(bits, LENGTH_CODE_TABLE_BITS) << 2));
      const codeBits = entry & 255;
      const symbol = entry >> 16;
      if (symbol < 16) {
        if (codeBits > count) return Status.NEED_INPUT;
        store<u8>(CODE_LENGTHS + filled++, <u8>symbol);
        bits >>= codeBits;
        count -= codeBits;
        continue;
      }
      const repeatBits: u32 = symbol === 16 ? 2 : symbol === 17 ? 3 : 7;
      if (codeBits + repeatBits > count) return Status.NEED_INPUT;
      const repeats = lowBits(bits >> codeBits, repeatBits) + (symbol === 18 ? 11 : 3);
      let repeated: u8 = 0;
      if (symbol === 16) {
        if (filled === 0) return Status.BAD_CODE_LENGTHS;
        repeated = load<u8>(CODE_LENGTHS + filled - 1);
      }
      if (filled + repeats > total) return Status.BAD_CODE_LENGTHS;
      memory.fill(CODE_LENGTHS + filled, repeated, repeats);
      filled += repeats;
      bits >>= codeBits + repeatBits;
      count -= codeBits + repeatBits;
    }
    if (load<u8>(CODE_LENGTHS + END_OF_BLOCK_SYMBOL) === 0) return Status.NO_END_OF_BLOCK;
    state.hasFixedTables = false;
    if (!buildTable(LITERAL_TABLE, LITERAL_TABLE_BITS, CODE_LENGTHS, literalCount, LITERAL_SYMBOLS, true)) {
      return Status.BAD_LITERAL_CODE;
    }
    const distanceLengths = CODE_LENGTHS + literalCount;
    if (!buildTable(DISTANCE_TABLE, DISTANCE_TABLE_BITS, distanceLengths, distanceCount, DISTANCE_SYMBOLS, true)) {
      return Status.BAD_DISTANCE_CODE;
    }
  }
  state.bitBuffer = bits;
  state.bitCount = count;
  state.inNext = next;
  state.isFinalBlock = isFinal;
  state.step = Step.HUFFMAN_DATA;
  return Status.STEP_DONE;
}
