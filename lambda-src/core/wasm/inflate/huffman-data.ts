// Decodes the data of a fixed or dynamic block, which takes nearly all the time. AssemblyScript.
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
 * The fast loop starts a round only if this much input is left. A round refills at most twice, and the first round three
 * times; each refill reads 8 bytes and advances by at most 7.
 */
@inline const FAST_INPUT_BYTES: usize = 32;

/**
 * Position of the next input bit in the bit buffer. With this shift, the masked buffer is directly the byte offset of a u32
 * table entry. Each symbol's lookup depends on the entry of the symbol before it, so the instructions between the two loads
 * determine the speed of the loop. Without the shift there is one more, which costs 8 % of the loop's time.
 */
@inline const INDEX_SHIFT: u32 = 2;
@inline const LITERAL_INDEX_MASK: u64 = ((<u64>1 << LITERAL_TABLE_BITS) - 1) << INDEX_SHIFT;
@inline const DISTANCE_INDEX_MASK: u64 = ((<u64>1 << DISTANCE_TABLE_BITS) - 1) << INDEX_SHIFT;

/** For each distance below 16, the shuffle that fills 16 bytes with a repeated pattern of that many bytes. */
export function initializeRepeats(): void {
  for (let distance: u32 = 1; distance < 16; distance++) {
    for (let index: u32 = 0; index < 16; index++) {
      store<u8>(REPEAT_SHUFFLES + (distance << 4) + index, <u8>(index % distance));
    }
    store<u32>(REPEAT_STRIDES + (distance << 2), 16 - (16 % distance));
  }
}

/** Here and in the next three functions, `bits` are shifted left by INDEX_SHIFT. */
@inline
function literalEntry(bits: u64): u32 {
  return load<u32>(<usize>(bits & LITERAL_INDEX_MASK), LITERAL_TABLE);
}

@inline
function distanceEntry(bits: u64): u32 {
  return load<u32>(<usize>(bits & DISTANCE_INDEX_MASK), DISTANCE_TABLE);
}

/** The subtable entry that `entry` points to. `bits` must not contain those already used. */
@inline
function subtableEntry(table: usize, entry: u32, bits: u64): u32 {
  const index = (entry >> 16) + lowBits(bits >> INDEX_SHIFT, (entry >> 8) & 15);
  return load<u32>(table + (<usize>index << INDEX_SHIFT));
}

/** Base value plus extra bits of a length or distance. `bits` begin with its codeword. */
@inline
function valueOf(entry: u32, bits: u64): u32 {
  return (entry >> 16) + (lowBits(bits >> INDEX_SHIFT, entry) >> ((entry >> 8) & 15));
}

/**
 * Copies a match with 16-byte stores. They overwrite up to 31 bytes after the match, which later output replaces. For
 * distances below 16, at which a match overlaps its own output, a vector is filled with the repeated pattern.
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
 * Decodes until the block ends (STEP_DONE), the input or the room for output is used up, or an error occurs. The state is
 * always at the start of a symbol: a symbol that the input contains only in part is not consumed.
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
    // The fast loop. Its `bits` and `count` belong to the buffer shifted left by INDEX_SHIFT; bits below the next one have no
    // meaning. `bits` may contain more valid bits than `count` indicates: a refill reads 8 bytes, but advances only by the
    // whole bytes that `count` includes, so the next refill reads the other bits again, into the same positions. Only the
    // low 6 bits of `count` are significant. After a refill, `bits` has 62 valid bits, and `count` includes at least 54 of
    // them. That leaves 11 bits for the next lookup, so it can be done before the next refill instead of waiting for it.
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
        // Literals of the main table have at most 11 bits, so 29 are left after three of them.
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
        // Not a literal of the main table. A length and its distance take at most 15 + 5 + 15 + 13 = 48 bits, so 14 are left.
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
        // The next symbol's entry is loaded while the match is copied.
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

    // Near the end of input or output: one symbol at a time, which is consumed only if it is complete.
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
      // Missing bits read as zeros, so a codeword is valid only if all its bits are present.
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
    // If input and room are available again, the fast loop continues.
    if (status !== Status.NEED_INPUT || <isize>(end - next) <= <isize>FAST_INPUT_BYTES) break;
  }

  state.bitBuffer = bits;
  state.bitCount = count;
  state.inNext = next;
  state.out = out;
  return status;
}
