// GNU sparse files in PAX records: holes are left out of the data, and a map tells where its fragments belong. A zTOC knows
// nothing of holes; the map only decides the entry's name and size, where its data begins, and whether it passes.
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

/** Where the map is: nowhere, in the record `GNU.sparse.map` (formats 0.0 and 0.1), or before the data (format 1.0). */
export namespace MapPlace {
  @inline export const NOWHERE: u32 = 0;
  @inline export const IN_RECORDS: u32 = 1;
  @inline export const BEFORE_DATA: u32 = 2;
}

@inline const NEWLINE: u32 = 0x0a;
@inline const COMMA: u32 = 0x2c;
@inline const ZERO: u32 = 0x30;
@inline const ONE: u32 = 0x31;

/** More fragments than this have more lines than a map may have bytes. */
@inline const COUNTLESS: i64 = 0x100000;

/** Recognizes a sparse file by its records; other files, and unknown formats, have no map. */
export function findSparseMap(): u32 {
  const majorBytes = knownValueBytes(Known.SPARSE_MAJOR);
  const minorBytes = knownValueBytes(Known.SPARSE_MINOR);
  if (majorBytes === 0 && minorBytes === 0) {
    // The first two formats did not say their version.
    return isThere(Known.SPARSE_MAP) ? MapPlace.IN_RECORDS : MapPlace.NOWHERE;
  }
  if (majorBytes !== 1 || minorBytes !== 1) return MapPlace.NOWHERE;
  const major: u32 = load<u8>(knownValue(Known.SPARSE_MAJOR));
  const minor: u32 = load<u8>(knownValue(Known.SPARSE_MINOR));
  if (major === ZERO) return minor === ZERO || minor === ONE ? MapPlace.IN_RECORDS : MapPlace.NOWHERE;
  return major === ONE && minor === ZERO ? MapPlace.BEFORE_DATA : MapPlace.NOWHERE;
}

/** Overwrites name and size in `header` by those of the file with its holes. */
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

/** Checks a map that is in the records: as many fragments as they say, in order, within the file. */
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

/** Begins a map that lies before the data, in whole blocks. */
export function beginSparseMap(): void {
  tar.mapBytes = 0;
  tar.mapLines = 0;
  tar.wantedMapLines = 0;
}

/** Whether the map that lies before the data is complete. The rest of its last block does not count. */
@inline
export function isSparseMapComplete(): bool {
  return tar.wantedMapLines > 0 && tar.mapLines >= tar.wantedMapLines;
}

/** Where its next block is to be written. */
@inline
export function nextSparseMapBlock(): usize {
  return SPARSE_MAP + tar.mapBytes;
}

/**
 * The next block of the map has come: lines of decimal numbers, how many fragments, then offset and length of each. Checks it
 * once it is complete.
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
