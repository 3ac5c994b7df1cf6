// Builds the decoding tables of Huffman codes. AssemblyScript. https://www.rfc-editor.org/rfc/rfc1951#section-3.2.2
import {
  DISTANCE_SYMBOLS,
  LENGTH_CODE_SYMBOLS,
  LENGTH_COUNTS,
  LENGTH_OFFSETS,
  LITERAL_SYMBOLS,
  SORTED_SYMBOLS,
} from '../memory-layout';

/*
 * A table is indexed by the next bits of the input, the first one lowest. An entry, u32:
 *
 *   literal          1 · · · · · · · | value (8)        | 0 0 0 0 length (4) | bits to drop (8)
 *   length, distance 0 | base value (15)                | 0 0 0 0 length (4) | bits to drop (8), extra bits included
 *   subtable         0 | index of its first entry (15)  | 1 1 0 0 index bits (4) | bits to drop: the main table's (8)
 *   end of block     0 | 0 (15)                         | 1 0 1 0 length (4) | bits to drop (8)
 *   no such code     0 | 0 (15)                         | 1 0 0 1 0 (4)      | bits to drop: 1 (8)
 *
 * `length` is the length of the codeword (in a subtable: of the rest of it), so the value of the extra bits is the low
 * `bits to drop` bits shifted right by `length`. "Bits to drop" is the lowest byte so that the whole entry can be a
 * shift count, of which wasm uses only the low 6 bits, and can be subtracted from a bit count, of which only the low 6 bits
 * are used.
 */
@inline export const LITERAL: u32 = 0x80000000;
@inline export const EXCEPTIONAL: u32 = 0x8000;
@inline export const SUBTABLE: u32 = 0x4000;
@inline export const END_OF_BLOCK: u32 = 0x2000;
@inline export const NO_SUCH_CODE: u32 = 0x1000;

/** Added to a symbol's entry once for each bit of its codeword: increments both fields. */
@inline const ONE_BIT: u32 = 0x101;
@inline const LONGEST_CODEWORD_BITS: u32 = 15;
@inline const END_OF_BLOCK_SYMBOL: u32 = 256;

/** The meanings of the symbols in all three alphabets. https://www.rfc-editor.org/rfc/rfc1951#section-3.2.5 */
export function initializeSymbols(): void {
  for (let value: u32 = 0; value < 256; value++) setSymbol(LITERAL_SYMBOLS, value, LITERAL | (value << 16));
  setSymbol(LITERAL_SYMBOLS, END_OF_BLOCK_SYMBOL, EXCEPTIONAL | END_OF_BLOCK);
  let base: u32 = 3;
  for (let symbol: u32 = 257; symbol < 285; symbol++) {
    const extraBits: u32 = symbol < 265 ? 0 : (symbol - 261) >> 2;
    setSymbol(LITERAL_SYMBOLS, symbol, (base << 16) | extraBits);
    base += 1 << extraBits;
  }
  // Always 258, without extra bits.
  setSymbol(LITERAL_SYMBOLS, 285, 258 << 16);
  setSymbol(LITERAL_SYMBOLS, 286, EXCEPTIONAL | NO_SUCH_CODE);
  setSymbol(LITERAL_SYMBOLS, 287, EXCEPTIONAL | NO_SUCH_CODE);

  base = 1;
  for (let symbol: u32 = 0; symbol < 30; symbol++) {
    const extraBits: u32 = symbol < 4 ? 0 : (symbol - 2) >> 1;
    setSymbol(DISTANCE_SYMBOLS, symbol, (base << 16) | extraBits);
    base += 1 << extraBits;
  }
  setSymbol(DISTANCE_SYMBOLS, 30, EXCEPTIONAL | NO_SUCH_CODE);
  setSymbol(DISTANCE_SYMBOLS, 31, EXCEPTIONAL | NO_SUCH_CODE);

  for (let symbol: u32 = 0; symbol < 19; symbol++) setSymbol(LENGTH_CODE_SYMBOLS, symbol, symbol << 16);
}

@inline
function setSymbol(symbols: usize, symbol: u32, entry: u32): void {
  store<u32>(symbols + (symbol << 2), entry);
}

@inline
function countOf(length: u32): u32 {
  return load<u32>(LENGTH_COUNTS + (length << 2));
}

/** Fills a whole table with "invalid code". */
function fillWithNoSuchCode(table: usize, tableBits: u32): void {
  for (let index: u32 = 0; index < 1 << tableBits; index++) {
    store<u32>(table + (index << 2), EXCEPTIONAL | NO_SUCH_CODE | 1);
  }
}

/** The next bit-reversed codeword of the same length: adds one at the highest bit and carries downwards. */
@inline
function nextCodeword(codeword: u32, length: u32): u32 {
  const highestZero: u32 = 1 << (31 - clz<u32>(codeword ^ ((1 << length) - 1)));
  return (codeword & (highestZero - 1)) | highestZero;
}

/**
 * Builds one decoding table. The code must be complete. With `mayBeIncomplete`, zlib's exceptions are accepted: no codeword
 * at all (an unused distance code), or a single one of one bit.
 *
 * @param table Address of the table.
 * @param tableBits Index bits of the main table.
 * @param lengths The codeword length of each symbol, u8 each, 0 for none.
 * @param symbolCount Number of symbols.
 * @param symbols The meaning of each symbol.
 * @returns Whether the lengths form a valid code.
 */
export function buildTable(
  table: usize,
  tableBits: u32,
  lengths: usize,
  symbolCount: u32,
  symbols: usize,
  mayBeIncomplete: bool,
): bool {
  memory.fill(LENGTH_COUNTS, 0, (LONGEST_CODEWORD_BITS + 1) << 2);
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const count = LENGTH_COUNTS + (<usize>load<u8>(lengths + symbol) << 2);
    store<u32>(count, load<u32>(count) + 1);
  }
  let longest = LONGEST_CODEWORD_BITS;
  while (longest && !countOf(longest)) longest--;

  // Kraft's sum: `free` is the number of codewords of this length that shorter ones leave available.
  let free: i32 = 1;
  for (let length: u32 = 1; length <= longest; length++) {
    free = (free << 1) - <i32>countOf(length);
    if (free < 0) return false;
  }
  if (free > 0) {
    if (!mayBeIncomplete || longest > 1) return false;
    fillWithNoSuchCode(table, tableBits);
    if (longest === 0) return true;
  }

  // Sort the symbols by codeword length, then by value, which is the order of their codewords.
  let offset: u32 = 0;
  for (let length: u32 = 1; length <= longest; length++) {
    store<u32>(LENGTH_OFFSETS + (length << 2), offset);
    offset += countOf(length);
  }
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const length = <usize>load<u8>(lengths + symbol);
    if (!length) continue;
    const place = load<u32>(LENGTH_OFFSETS + (length << 2));
    store<u16>(SORTED_SYMBOLS + (place << 1), <u16>symbol);
    store<u32>(LENGTH_OFFSETS + (length << 2), place + 1);
  }

  if (free > 0) {
    const entry = load<u32>(symbols + (<usize>load<u16>(SORTED_SYMBOLS) << 2)) + ONE_BIT;
    for (let index: u32 = 0; index < 1 << tableBits; index += 2) store<u32>(table + (index << 2), entry);
    return true;
  }

  // Short codewords. Each is written once, into a table that is indexed by as many bits as the codeword has. When the length
  // grows by one bit, the table is doubled by copying it, because the next bit does not affect shorter codewords.
  let nextSymbol: usize = SORTED_SYMBOLS;
  let codeword: u32 = 0;
  let length: u32 = 1;
  let filled: u32 = 2; // entries of the table so far: 1 << length
  let left: u32 = countOf(1);
  for (;;) {
    while (left === 0) {
      if (++length > tableBits) break;
      memory.copy(table + (filled << 2), table, filled << 2);
      filled <<= 1;
      left = countOf(length);
    }
    if (length > tableBits) break;
    const entry = load<u32>(symbols + (<usize>load<u16>(nextSymbol) << 2)) + length * ONE_BIT;
    store<u32>(table + (codeword << 2), entry);
    nextSymbol += 2;
    left--;
    if (codeword === filled - 1) {
      // That was the last codeword of a complete code.
      for (; length < tableBits; length++) {
        memory.copy(table + (filled << 2), table, filled << 2);
        filled <<= 1;
      }
      return true;
    }
    codeword = nextCodeword(codeword, length);
  }

  // Long codewords. Those with the same first tableBits bits share a subtable, just large enough for the longest.
  const mainMask: u32 = (1 << tableBits) - 1;
  let tableEnd: u32 = 1 << tableBits;
  let subtable: u32 = 0;
  let prefix: u32 = 0xffffffff;
  left = countOf(length);
  while (true) {
    while (left === 0) left = countOf(++length);
    if ((codeword & mainMask) !== prefix) {
      prefix = codeword & mainMask;
      subtable = tableEnd;
      let subtableBits: u32 = length - tableBits;
      let room: u32 = left;
      while (room < 1 << subtableBits) {
        subtableBits++;
        room = (room << 1) + countOf(tableBits + subtableBits);
      }
      tableEnd = subtable + (1 << subtableBits);
      store<u32>(table + (prefix << 2), (subtable << 16) | EXCEPTIONAL | SUBTABLE | (subtableBits << 8) | tableBits);
    }
    const entry =
      load<u32>(symbols + (<usize>load<u16>(nextSymbol) << 2)) + (length - tableBits) * ONE_BIT;
    const step: u32 = 1 << (length - tableBits);
    for (let index = subtable + (codeword >> tableBits); index < tableEnd; index += step) {
      store<u32>(table + (index << 2), entry);
    }
    nextSymbol += 2;
    left--;
    if (codeword === (1 << length) - 1) return true;
    codeword = nextCodeword(codeword, length);
  }
}
