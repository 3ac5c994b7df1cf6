// The data of a fixed or dynamic block, which takes nearly all the time. AssemblyScript.
// https://www.rfc-editor.org/rfc/rfc1951#section-3.2.3
import { lowBits, lowBits64, REFILLED_BITS } from './bits';
import { state, Status } from './decoder-state';
import { END_OF_BLOCK, EXCEPTIONAL, LITERAL, NO_SUCH_CODE, SUBTABLE } from './huffman-table';
import {
  DISTANCE_TABLE,
  DISTANCE_TABLE_BITS,
  LITERAL_TABLE,
  LITERAL_TABLE_BITS,
  OUTPUT_LIMIT,
  REPEAT_SHUFFLES,
  REPEAT_STRIDES,
} from '../memory-layout';

/**
 * The fast loop starts a round only while this much input is left: a round refills at most twice, the first one three
 * times, each time looking at 8 bytes and moving on by at most 7.
 */
@inline const FAST_INPUT_BYTES: usize = 32;

/**
 * Tables are indexed by bits of a buffer in which the next bit is not the lowest, but this one: masked, the buffer is at
 * once the offset of a u32 entry. A symbol's entry depends on that of the symbol before it, so that what lies between
 * their two loads is what the loop waits for: without this, one instruction more, and 8 % of its time.
 */
@inline const INDEX_SHIFT: u32 = 2;
@inline const LITERAL_INDEX_MASK: u64 = ((<u64>1 << LITERAL_TABLE_BITS) - 1) << INDEX_SHIFT;
@inline const DISTANCE_INDEX_MASK: u64 = ((<u64>1 << DISTANCE_TABLE_BITS) - 1) << INDEX_SHIFT;

/** For each distance below 16, the shuffle that repeats a pattern of that many bytes over 16. */
export function initializeRepeats(): void {
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let index: u32 = 0; index < 16; index++) {
      store<u8>(REPEAT_SHUFFLES + (distance << 4) + index, <u8>(index % distance));
    }
    store<u32>(REPEAT_STRIDES + (distance << 2), 16 - (16 % distance));
  }
}

/** Here and in the next three functions, `bits` are shifted up by INDEX_SHIFT. */
@inline
function literalEntry(bits: u64): u32 {
  return load<u32>(<usize>(bits & LITERAL_INDEX_MASK), LITERAL_TABLE);
}

@inline
function distanceEntry(bits: u64): u32 {
  return load<u32>(<usize>(bits & DISTANCE_INDEX_MASK), DISTANCE_TABLE);
}

/** The subtable entry that `entry` points to; `bits` without those already used. */
@inline
function subtableEntry(table: usize, entry: u32, bits: u64): u32 {
  const index = (entry >> 16) + lowBits(bits >> INDEX_SHIFT, (entry >> 8) & 15);
  return load<u32>(table + (<usize>index << INDEX_SHIFT));
}

/** Base value and extra bits of a length or distance; `bits` begin with its codeword. */
@inline
function valueOf(entry: u32, bits: u64): u32 {
  return (entry >> 16) + (lowBits(bits >> INDEX_SHIFT, entry) >> ((entry >> 8) & 15));
}

/**
 * Copies a match. Whole 16-byte stores: up to 31 bytes behind the match are overwritten, and come to be written later.
 * At distances below 16, where a match overlaps its own output at once, the pattern is spread over a vector.
 */
@inline
function copyMatch(to: usize, distance: usize, length: u32): void {
  const end = to + length;
  let target = to;
  if (distance >= 16) {
    let source = to - distance;
    v128.store(target, v128.load(source));
    v128.store(target, v128.load(source, 16), 16);
    if (length > 32) {
      target += 32;
      source += 32;
      do {
        v128.store(target, v128.load(source));
        target += 16;
        source += 16;
      } while (target < end);
    }
  } else {
    const pattern = i8x16.swizzle(v128.load(to - distance), v128.load(REPEAT_SHUFFLES + (distance << 4)));
    const stride = load<u32>(REPEAT_STRIDES + (distance << 2));
    do {
      v128.store(target, pattern);
      target += stride;
    } while (target < end);
  }
}

/**
 * Decodes until the block ends (STEP_DONE), the input or the room for output does, or an error. The state is always at
 * the start of a symbol: a symbol of which the input has only a part is not consumed.
 */
export function readHuffmanData(): i32 {
  let bits = state.bitBuffer;
  let count = state.bitCount;
  let next = state.inNext;
  let out = state.out;
  const end = state.inEnd;
  const historyStart = state.historyStart;
  let status: i32 = Status.NEED_INPUT;

  for (;;) {
    // The fast loop. Its `bits` and `count` are those of the buffer shifted up by INDEX_SHIFT: what lies below the next
    // bit is of no meaning. `bits` may hold more valid bits than `count` says: a refill reads 8 bytes but moves on by
    // whole bytes only as far as they count, so that the rest is read again, to the same places. Only the low 6 bits of
    // `count` mean anything. After a refill 62 bits are there, of which 54 or more count. So the next entry can be looked
    // up before the next refill, and need not wait for it: its 11 bits are left.
    if (<isize>(end - next) > <isize>FAST_INPUT_BYTES && out < OUTPUT_LIMIT) {
      const fastEnd = end - FAST_INPUT_BYTES;
      let entry: u32;
      let before: u64;
      next -= count >> 3;
      count &= 7;
      bits = lowBits64(bits, count) << INDEX_SHIFT;
      count += INDEX_SHIFT;
      bits |= load<u64>(next) << count;
      next += 7 - ((count >> 3) & 7);
      count |= 56;
      entry = literalEntry(bits);
      do {
        // Literals of the main table have at most 11 bits: after three of them 29 are left.
        if (<i32>entry < 0) {
          bits >>= entry;
          count -= entry;
          store<u8>(out++, entry >> 16);
          entry = literalEntry(bits);
          if (<i32>entry < 0) {
            bits >>= entry;
            count -= entry;
            store<u8>(out++, entry >> 16);
            entry = literalEntry(bits);
            if (<i32>entry < 0) {
              bits >>= entry;
              count -= entry;
              store<u8>(out++, entry >> 16);
              entry = literalEntry(bits);
              bits |= load<u64>(next) << count;
              next += 7 - ((count >> 3) & 7);
              count |= 56;
              continue;
            }
          }
          bits |= load<u64>(next) << count;
          next += 7 - ((count >> 3) & 7);
          count |= 56;
        }
        // No literal within the main table's bits. A length and its distance take at most 15 + 5 + 15 + 13 = 48: 14 are left.
        before = bits;
        bits >>= entry;
        count -= entry;
        if (entry & EXCEPTIONAL) {
          if (entry & END_OF_BLOCK) {
            status = Status.STEP_DONE;
            break;
          }
          if (entry & NO_SUCH_CODE) {
            status = Status.UNUSED_SYMBOL;
            break;
          }
          entry = subtableEntry(LITERAL_TABLE, entry, bits);
          before = bits;
          bits >>= entry;
          count -= entry;
          if (<i32>entry < 0) {
            store<u8>(out++, entry >> 16);
            bits |= load<u64>(next) << count;
            next += 7 - ((count >> 3) & 7);
            count |= 56;
            entry = literalEntry(bits);
            continue;
          }
          if (entry & EXCEPTIONAL) {
            status = entry & END_OF_BLOCK ? Status.STEP_DONE : Status.UNUSED_SYMBOL;
            break;
          }
        }
        const length = valueOf(entry, before);
        entry = distanceEntry(bits);
        if (entry & EXCEPTIONAL) {
          if (entry & NO_SUCH_CODE) {
            status = Status.UNUSED_SYMBOL;
            break;
          }
          bits >>= DISTANCE_TABLE_BITS;
          count -= DISTANCE_TABLE_BITS;
          entry = subtableEntry(DISTANCE_TABLE, entry, bits);
          if (entry & EXCEPTIONAL) {
            status = Status.UNUSED_SYMBOL;
            break;
          }
        }
        before = bits;
        bits >>= entry;
        count -= entry;
        const distance = <usize>valueOf(entry, before);
        if (out - historyStart < distance) {
          status = Status.DISTANCE_TOO_FAR;
          break;
        }
        // The next symbol's entry is under way while the match is copied.
        entry = literalEntry(bits);
        bits |= load<u64>(next) << count;
        next += 7 - ((count >> 3) & 7);
        count |= 56;
        copyMatch(out, distance, length);
        out += length;
      } while (next < fastEnd && out < OUTPUT_LIMIT);
      count = (count & 63) - INDEX_SHIFT;
      bits = lowBits64(bits >> INDEX_SHIFT, count);
      if (status !== Status.NEED_INPUT) break;
    }

    // Near an end: a symbol at a time, and nothing is consumed unless the whole symbol is there.
    for (;;) {
      if (out >= OUTPUT_LIMIT) {
        status = Status.OUTPUT_FULL;
        break;
      }
      while (count < REFILLED_BITS && next < end) {
        bits |= <u64>load<u8>(next++) << count;
        count += 8;
      }
      if (<isize>(end - next) > <isize>FAST_INPUT_BYTES) break;

      let rest = bits;
      let used: u32 = 0;
      let entry = literalEntry(rest << INDEX_SHIFT);
      if (entry & SUBTABLE) {
        used = LITERAL_TABLE_BITS;
        rest >>= LITERAL_TABLE_BITS;
        entry = subtableEntry(LITERAL_TABLE, entry, rest << INDEX_SHIFT);
      }
      used += entry & 255;
      // Missing bits read as zeros: only a codeword that fits completely counts.
      if (used > count) break;
      if (entry & LITERAL) {
        store<u8>(out++, entry >> 16);
        bits >>= used;
        count -= used;
        continue;
      }
      if (entry & EXCEPTIONAL) {
        if (entry & END_OF_BLOCK) {
          bits >>= used;
          count -= used;
          status = Status.STEP_DONE;
        } else status = Status.UNUSED_SYMBOL;
        break;
      }
      const length = valueOf(entry, rest << INDEX_SHIFT);
      rest = bits >> used;
      entry = distanceEntry(rest << INDEX_SHIFT);
      if (entry & SUBTABLE) {
        used += DISTANCE_TABLE_BITS;
        rest >>= DISTANCE_TABLE_BITS;
        entry = subtableEntry(DISTANCE_TABLE, entry, rest << INDEX_SHIFT);
      }
      used += entry & 255;
      if (used > count) break;
      if (entry & EXCEPTIONAL) {
        status = Status.UNUSED_SYMBOL;
        break;
      }
      const distance = <usize>valueOf(entry, rest << INDEX_SHIFT);
      if (out - historyStart < distance) {
        status = Status.DISTANCE_TOO_FAR;
        break;
      }
      bits >>= used;
      count -= used;
      copyMatch(out, distance, length);
      out += length;
    }
    // Input and room are available again: back to the fast loop.
    if (status !== Status.NEED_INPUT || <isize>(end - next) <= <isize>FAST_INPUT_BYTES) break;
  }

  state.bitBuffer = bits;
  state.bitCount = count;
  state.inNext = next;
  state.out = out;
  return status;
}
