// GNU sparse files in PAX records: the data omits holes, and a map lists the positions of its fragments. A zTOC cannot
// represent holes. The map determines only the entry's name and size, the start of its data, and whether the entry is valid.
// AssemblyScript. https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
import { METADATA_CAPACITY, SPARSE_MAP } from '../memory-layout';
import {
  readAll,
  sparseCountNoNumber,
  sparseFileSizeNegative,
  sparseFragmentIncomplete,
  sparseFragmentMisplaced,
  sparseMapTooLong,
  sparseNumbersMiscounted,
  sparseSizeNoNumber,
} from '../../tar/tar-problem-layout';
import { parsed, parseDecimal } from './numbers';
import { isThere, Known, knownValue, knownValueBytes, parseKnownDecimal } from './pax-records';
import { entryProblem, withNumbers, withText } from './problem';
import { BLOCK_BYTES, header, tar } from './tar-state';

/** Location of the map: none, in the record `GNU.sparse.map` (formats 0.0 and 0.1), or before the data (format 1.0). */
export namespace MapPlace {
  @inline export const NOWHERE: u32 = 0;
  @inline export const IN_RECORDS: u32 = 1;
  @inline export const BEFORE_DATA: u32 = 2;
}

@inline const NEWLINE: u32 = 0x0a;
@inline const COMMA: u32 = 0x2c;
@inline const ZERO: u32 = 0x30;
@inline const ONE: u32 = 0x31;

/** With more fragments than this, a map would have more lines than it may have bytes. */
@inline const COUNTLESS: i64 = 0x100000;

/** Recognizes a sparse file by its records; other files, and unknown formats, have no map. */
export function findSparseMap(): u32 {
  const majorBytes = knownValueBytes(Known.SPARSE_MAJOR);
  const minorBytes = knownValueBytes(Known.SPARSE_MINOR);
  if (majorBytes === 0 && minorBytes === 0) {
    // The first two formats have no version records.
    return isThere(Known.SPARSE_MAP) ? MapPlace.IN_RECORDS : MapPlace.NOWHERE;
  }
  if (majorBytes !== 1 || minorBytes !== 1) return MapPlace.NOWHERE;
  const major: u32 = load<u8>(knownValue(Known.SPARSE_MAJOR));
  const minor: u32 = load<u8>(knownValue(Known.SPARSE_MINOR));
  if (major === ZERO) return minor === ZERO || minor === ONE ? MapPlace.IN_RECORDS : MapPlace.NOWHERE;
  return major === ONE && minor === ZERO ? MapPlace.BEFORE_DATA : MapPlace.NOWHERE;
}

/** Overrides name and size in `header` with those of the file including its holes. */
export function applySparseRecords(): i32 {
  if (isThere(Known.SPARSE_NAME)) {
    header.name = knownValue(Known.SPARSE_NAME);
    header.nameBytes = knownValueBytes(Known.SPARSE_NAME);
  }
  const known = isThere(Known.SPARSE_SIZE) ? Known.SPARSE_SIZE : Known.SPARSE_REAL_SIZE;
  if (!isThere(known)) return readAll;
  if (!parseKnownDecimal(known)) {
    return withText(entryProblem(sparseSizeNoNumber), knownValue(known), knownValueBytes(known));
  }
  header.size = parsed;
  return readAll;
}

/** Checks a map in the records: its number of fragments must match, and they must be in order and within the file. */
export function checkSparseMapRecord(): i32 {
  const count = Known.SPARSE_BLOCK_COUNT;
  const map = knownValue(Known.SPARSE_MAP);
  const mapEnd = map + knownValueBytes(Known.SPARSE_MAP);
  let numbers: i64 = map === mapEnd ? 0 : 1;
  for (let at = map; at < mapEnd; at++) numbers += load<u8>(at) === COMMA ? 1 : 0;
  if (!parseKnownDecimal(count) || (numbers & 1) !== 0 || numbers >> 1 !== parsed) {
    return withText(entryProblem(sparseNumbersMiscounted, numbers), knownValue(count), knownValueBytes(count));
  }
  return checkFragments(map, mapEnd, COMMA, numbers);
}

/** Begins a map before the data, which consists of whole blocks. */
export function beginSparseMap(): void {
  tar.mapBytes = 0;
  tar.mapLines = 0;
  tar.wantedMapLines = 0;
}

/** Whether the map before the data is complete. The rest of its last block is ignored. */
@inline
export function isSparseMapComplete(): bool {
  return tar.wantedMapLines > 0 && tar.mapLines >= tar.wantedMapLines;
}

/** Address for its next block. */
@inline
export function nextSparseMapBlock(): usize {
  return SPARSE_MAP + tar.mapBytes;
}

/**
 * Adds the next block of the map. Its lines are decimal numbers: the number of fragments, then the offset and length of each.
 * When the map is complete, checks it.
 */
export function addSparseMapBlock(): i32 {
  const block = nextSparseMapBlock();
  if (tar.mapBytes + BLOCK_BYTES > METADATA_CAPACITY) {
    return entryProblem(sparseMapTooLong, METADATA_CAPACITY);
  }
  for (let at: usize = 0; at < BLOCK_BYTES; at++) {
    if (load<u8>(block + at) !== NEWLINE) continue;
    if (tar.mapLines++ > 0) continue;
    const countEnd = block + at;
    if (!parseDecimal(SPARSE_MAP, countEnd) || parsed < 0) {
      return withText(entryProblem(sparseCountNoNumber), SPARSE_MAP, countEnd - SPARSE_MAP);
    }
    tar.wantedMapLines = 1 + 2 * <u64>min(parsed, COUNTLESS);
  }
  tar.mapBytes += BLOCK_BYTES;
  if (!isSparseMapComplete()) return readAll;
  let firstFragment = SPARSE_MAP;
  while (load<u8>(firstFragment++) !== NEWLINE);
  return checkFragments(firstFragment, SPARSE_MAP + tar.mapBytes, NEWLINE, tar.wantedMapLines - 1);
}

/** Fragments, as pairs of offset and length, must be in order, must not overlap, and must end within the file. */
function checkFragments(from: usize, to: usize, separator: u32, numbers: i64): i32 {
  if (header.size < 0) return entryProblem(sparseFileSizeNegative, header.size);
  let start = from;
  let previousEnd: i64 = 0;
  for (let number: i64 = 0; number < numbers; number += 2) {
    let end = numberEnd(start, to, separator);
    const hasOffset = parseDecimal(start, end);
    const offset = parsed;
    start = end + 1;
    end = numberEnd(start, to, separator);
    if (!hasOffset || !parseDecimal(start, end)) return entryProblem(sparseFragmentIncomplete, number >> 1);
    const length = parsed;
    start = end + 1;
    if (offset < previousEnd || length < 0 || length > header.size - offset) {
      const code = entryProblem(sparseFragmentMisplaced);
      return withNumbers(code, number >> 1, length, offset, header.size);
    }
    previousEnd = offset + length;
  }
  return readAll;
}

@inline
function numberEnd(start: usize, to: usize, separator: u32): usize {
  let end = start;
  while (end < to && load<u8>(end) !== separator) end++;
  return end;
}
