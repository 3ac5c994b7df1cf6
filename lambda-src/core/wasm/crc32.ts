// CRC-32 as gzip uses it. AssemblyScript. https://www.rfc-editor.org/rfc/rfc1952#section-8
import { CRC_TABLES, CRC_WORDS } from './memory-layout';

@inline const REVERSED_POLYNOMIAL: u32 = 0xedb88320;

/*
 * Long input is folded first. A CRC is the remainder of a polynomial division, so adding a multiple of the CRC's polynomial
 * does not change it. One multiple has only five terms:
 *
 *   x^300 + x^155 + x^117 + x^89 + 1
 *
 * It remains a multiple if x is replaced by x^128, because over the field of two elements, squaring a polynomial squares each
 * of its terms. So a word of 16 bytes may be removed if it is added to the words 145, 183, 211 and 300 words after it, all
 * 128 bits at once. For each word, this takes four reads of earlier words, four additions, and one write. The last 300 words
 * remain and are processed with the tables.
 */
@inline const WORD: usize = 16;
@inline const FOLDED_WORDS: usize = 300;
@inline const NEAREST: usize = 145;
@inline const SECOND: usize = 183;
@inline const THIRD: usize = 211;
@inline const FARTHEST: usize = 300;
/** Words are folded in blocks, after the words that they refer back to. */
@inline const BLOCK_WORDS: usize = 1200;
@inline const BLOCK: usize = CRC_WORDS + FOLDED_WORDS * WORD;
/** For fewer bytes, the tables alone are faster. */
@inline const FOLDING_PAYS: usize = 4 * FOLDED_WORDS * WORD;

/** Table k has the effect of a byte on the CRC if k more bytes follow it. */
export function initializeCrcTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ REVERSED_POLYNOMIAL : crc >> 1;
    store<u32>(CRC_TABLES + (byte << 2), crc);
  }
  for (let index: u32 = 0; index < 15 * 256; index++) {
    const crc = load<u32>(CRC_TABLES + (index << 2));
    store<u32>(CRC_TABLES + ((index + 256) << 2), load<u32>(CRC_TABLES + ((crc & 255) << 2)) ^ (crc >> 8));
  }
}

/** The CRC-32 of the bytes that `crc` covers, followed by `length` bytes at `address`. Starts from 0. */
export function updateCrc32(crc: u32, address: usize, length: usize): u32 {
  return length < FOLDING_PAYS ? addBytesToCrc(crc, address, length) : foldCrc(crc, address, length);
}

export function addByteToCrc(crc: u32, byte: u32): u32 {
  const inverted = ~crc;
  return ~(look(0, (inverted ^ byte) & 255) ^ (inverted >> 8));
}

@inline
function look(table: u32, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + (<usize>byte << 2));
}

@inline
function lookWord(table: u32, word: u32): u32 {
  return (
    look(table + 3, word & 255) ^
    look(table + 2, (word >> 8) & 255) ^
    look(table + 1, (word >> 16) & 255) ^
    look(table, word >> 24)
  );
}

/** Uses the tables, 16 bytes at a time. */
function addBytesToCrc(crc: u32, address: usize, length: usize): u32 {
  let inverted = ~crc;
  let next = address;
  const end = address + length;
  for (; end - next >= 16; next += 16) {
    inverted =
      lookWord(12, load<u32>(next) ^ inverted) ^
      lookWord(8, load<u32>(next, 4)) ^
      lookWord(4, load<u32>(next, 8)) ^
      lookWord(0, load<u32>(next, 12));
  }
  for (; next < end; next++) inverted = look(0, (inverted ^ load<u8>(next)) & 255) ^ (inverted >> 8);
  return ~inverted;
}

/** Uses folding. The input must have at least `FOLDED_WORDS` words. */
function foldCrc(crc: u32, address: usize, length: usize): u32 {
  // The previous CRC must be added to the first four bytes. As the word 300 words before the first one, it is folded into it.
  memory.fill(CRC_WORDS, 0, FOLDED_WORDS * WORD);
  store<u32>(CRC_WORDS, ~crc);
  let source = address;
  let left = length / WORD - FOLDED_WORDS;
  while (left > 0) {
    const count = min(left, BLOCK_WORDS);
    const end = BLOCK + count * WORD;
    let to = BLOCK;
    for (; to + 3 * WORD < end; to += 4 * WORD) {
      foldWord(to, source);
      foldWord(to + WORD, source + WORD);
      foldWord(to + 2 * WORD, source + 2 * WORD);
      foldWord(to + 3 * WORD, source + 3 * WORD);
      source += 4 * WORD;
    }
    for (; to < end; to += WORD) {
      foldWord(to, source);
      source += WORD;
    }
    left -= count;
    // The words that the next ones refer back to are moved in front of them.
    memory.copy(CRC_WORDS, CRC_WORDS + count * WORD, FOLDED_WORDS * WORD);
  }
  // The last words, with additions from previous ones; nothing is folded out of them.
  for (let index: usize = 0; index < FOLDED_WORDS; index++) {
    const before = CRC_WORDS + index * WORD;
    let word = v128.xor(v128.load(source), v128.load(before));
    if (index < THIRD) word = v128.xor(word, v128.load(before + (FARTHEST - THIRD) * WORD));
    if (index < SECOND) word = v128.xor(word, v128.load(before + (FARTHEST - SECOND) * WORD));
    if (index < NEAREST) word = v128.xor(word, v128.load(before + (FARTHEST - NEAREST) * WORD));
    v128.store(BLOCK + index * WORD, word);
    source += WORD;
  }
  // The previous CRC is already among the words, so the tables start from zero.
  const folded = addBytesToCrc(~(<u32>0), BLOCK, FOLDED_WORDS * WORD);
  return addBytesToCrc(folded, source, address + length - source);
}

/** Writes the word at `source`, with the words added to it, to `to`. */
@inline
function foldWord(to: usize, source: usize): void {
  v128.store(
    to,
    v128.xor(
      v128.xor(v128.load(source), v128.load(to - NEAREST * WORD)),
      v128.xor(
        v128.xor(v128.load(to - SECOND * WORD), v128.load(to - THIRD * WORD)),
        v128.load(to - FARTHEST * WORD),
      ),
    ),
  );
}
