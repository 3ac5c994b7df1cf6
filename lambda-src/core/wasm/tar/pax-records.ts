// PAX records: the data of an `x` entry, which overrides and extends the header of the entry after it. AssemblyScript.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
import { KNOWN_RECORDS, PAX_AREA, PAX_RECORD_BYTES, PAX_RECORDS, SPARSE_MAP_KEY, SPARSE_RECORD } from '../memory-layout';
import {
  readAll,
  recordLengthImpossible,
  recordWithNul,
  recordWithoutEqualsSign,
  recordWithoutKey,
  recordWithoutLength,
  recordWithoutNewline,
  sparseRecordOutOfPlace,
  wrongRecordValue,
} from '../../tar/tar-problem-layout';
import { textBytes } from './header-block';
import { parsed, parsedNanoseconds, parseDecimal, parsePaxTime } from './numbers';
import { entryProblem, problemAt, withKey, withText } from './problem';
import { header, tar } from './tar-state';

/*
 * A record in PAX_RECORDS, u32 each: address and size of its key, address and size of its value. Records are sorted by key,
 * bytewise. Among records with equal keys, only the last one is kept.
 */
@inline const KEY_BYTES_AT: usize = 4;
@inline const VALUE_AT: usize = 8;
@inline const VALUE_BYTES_AT: usize = 12;

/** The records that the reader interprets, by their index in KNOWN_RECORDS. */
export namespace Known {
  @inline export const PATH: u32 = 0;
  @inline export const LINK_PATH: u32 = 1;
  @inline export const USER_NAME: u32 = 2;
  @inline export const GROUP_NAME: u32 = 3;
  @inline export const UID: u32 = 4;
  @inline export const GID: u32 = 5;
  @inline export const SIZE: u32 = 6;
  @inline export const MTIME: u32 = 7;
  @inline export const ATIME: u32 = 8;
  @inline export const CTIME: u32 = 9;
  @inline export const SPARSE_MAJOR: u32 = 10;
  @inline export const SPARSE_MINOR: u32 = 11;
  @inline export const SPARSE_MAP: u32 = 12;
  @inline export const SPARSE_NAME: u32 = 13;
  @inline export const SPARSE_SIZE: u32 = 14;
  @inline export const SPARSE_REAL_SIZE: u32 = 15;
  @inline export const SPARSE_BLOCK_COUNT: u32 = 16;
  @inline export const COUNT: u32 = 17;
  // Not stored: all of these are joined into one SPARSE_MAP.
  @inline export const SPARSE_OFFSET: u32 = 18;
  @inline export const SPARSE_BYTES: u32 = 19;
  @inline export const NONE: u32 = 20;
}

@inline const NEWLINE: u32 = 0x0a;
@inline const SPACE: u32 = 0x20;
@inline const COMMA: u32 = 0x2c;
@inline const EQUALS_SIGN: u32 = 0x3d;

/** `5 =\n` would be shorter, but has no key. */
@inline const SHORTEST_RECORD_BYTES: i64 = 5;

/** `GNU.sparse.` */
@inline const SPARSE_KEY_BYTES: usize = 11;
@inline const SPARSE_MAP_KEY_BYTES: u32 = 14;

export function initializePaxKeys(): void {
  // GNU.sparse.map, lowest byte first.
  store<u64>(SPARSE_MAP_KEY, 0x726170732e554e47);
  store<u64>(SPARSE_MAP_KEY, 0x00_00_70_61_6d_2e_65_73, 8);
}

/**
 * Parses the records in PAX_AREA, which follow each other. `27 mtime=1700000000.25\n` has its length in bytes, including that
 * number, a key, and a value.
 *
 * GNU sparse format 0.0 repeats a pair of keys for each fragment of a file. As in Go's archive/tar, these are joined into the
 * single `GNU.sparse.map` record that format 0.1 would have, so every key occurs once.
 */
export function parsePaxRecords(bytes: usize): i32 {
  const areaEnd = PAX_AREA + bytes;
  let start = PAX_AREA;
  let isSorted = true;
  let sparseNumbers: u32 = 0;
  tar.recordCount = 0;
  tar.mayBeSparse = false;
  tar.sparseRecordEnd = SPARSE_RECORD;
  while (start < areaEnd) {
    let space = start;
    while (space < areaEnd && load<u8>(space) !== SPACE) space++;
    if (space === areaEnd || !parseDecimal(start, space)) return recordProblem(recordWithoutLength, start, areaEnd);
    if (parsed < SHORTEST_RECORD_BYTES || parsed > <i64>(areaEnd - start)) {
      return recordProblem(recordLengthImpossible, start, areaEnd);
    }
    const end = start + <usize>parsed;
    const key = space + 1;
    if (end <= key || load<u8>(end - 1) !== NEWLINE) return recordProblem(recordWithoutNewline, start, areaEnd);
    let keyEnd = key;
    while (keyEnd < end - 1 && load<u8>(keyEnd) !== EQUALS_SIGN) keyEnd++;
    if (keyEnd === end - 1) return recordProblem(recordWithoutEqualsSign, start, areaEnd);
    if (keyEnd === key) return recordProblem(recordWithoutKey, start, areaEnd);
    const keyBytes = keyEnd - key;
    const value = keyEnd + 1;
    const valueBytes = end - 1 - value;
    const known = identify(key, keyBytes);
    if (isForbiddenNul(known, key, keyBytes, value, valueBytes)) return recordProblem(recordWithNul, start, end);
    if (known === Known.SPARSE_OFFSET || known === Known.SPARSE_BYTES) {
      if (!joinSparseNumber(known, sparseNumbers, value, valueBytes)) {
        const code = problemAt(sparseRecordOutOfPlace, tar.headerStart);
        withKey(code, key, keyBytes);
        return withText(code, value, valueBytes);
      }
      sparseNumbers++;
    } else {
      isSorted = appendRecord(key, keyBytes, value, valueBytes) && isSorted;
    }
    start = end;
  }
  if (sparseNumbers > 0) {
    const valueBytes = tar.sparseRecordEnd - SPARSE_RECORD;
    isSorted = appendRecord(SPARSE_MAP_KEY, SPARSE_MAP_KEY_BYTES, SPARSE_RECORD, valueBytes) && isSorted;
  }
  if (!isSorted) {
    sortRecords(tar.recordCount);
    tar.recordCount = dropEarlierRecords(tar.recordCount);
  }
  findKnownRecords();
  return readAll;
}

function recordProblem(code: i32, start: usize, end: usize): i32 {
  problemAt(code, tar.headerStart);
  return withText(code, start, end - start);
}

/** A NUL ends the text of a header field, so a record that replaces one must not contain any. Other values may contain any byte. */
@inline
function isForbiddenNul(known: u32, key: usize, keyBytes: usize, value: usize, valueBytes: usize): bool {
  return known <= Known.GROUP_NAME
    ? textBytes(value, valueBytes) < valueBytes
    : textBytes(key, keyBytes) < keyBytes;
}

/** Appends an offset or a length to the joined map. @returns False if the number is not of the kind expected next, or contains a comma. */
function joinSparseNumber(known: u32, sparseNumbers: u32, value: usize, valueBytes: usize): bool {
  const expected = sparseNumbers & 1 ? Known.SPARSE_BYTES : Known.SPARSE_OFFSET;
  if (known !== expected) return false;
  for (let at = value; at < value + valueBytes; at++) if (load<u8>(at) === COMMA) return false;
  let to = tar.sparseRecordEnd;
  if (sparseNumbers > 0) store<u8>(to++, COMMA);
  memory.copy(to, value, valueBytes);
  tar.sparseRecordEnd = to + valueBytes;
  tar.mayBeSparse = true;
  return true;
}

/** @returns Whether its key is greater than the previous record's. */
function appendRecord(key: usize, keyBytes: usize, value: usize, valueBytes: usize): bool {
  const record = recordAt(tar.recordCount);
  store<u32>(record, <u32>key);
  store<u32>(record, <u32>keyBytes, KEY_BYTES_AT);
  store<u32>(record, <u32>value, VALUE_AT);
  store<u32>(record, <u32>valueBytes, VALUE_BYTES_AT);
  const isSorted = tar.recordCount === 0 || compareKeys(record - PAX_RECORD_BYTES, record) < 0;
  tar.recordCount++;
  return isSorted;
}

@inline
function recordAt(index: u32): usize {
  return PAX_RECORDS + <usize>index * PAX_RECORD_BYTES;
}

/** Negative if the key of the record at `left` comes first, 0 if the keys are equal. */
function compareKeys(left: usize, right: usize): i32 {
  const leftKey = <usize>load<u32>(left);
  const rightKey = <usize>load<u32>(right);
  const leftBytes = load<u32>(left, KEY_BYTES_AT);
  const rightBytes = load<u32>(right, KEY_BYTES_AT);
  const bytes = <usize>min(leftBytes, rightBytes);
  for (let at: usize = 0; at < bytes; at++) {
    const difference = <i32>load<u8>(leftKey + at) - <i32>load<u8>(rightKey + at);
    if (difference !== 0) return difference;
  }
  return <i32>leftBytes - <i32>rightBytes;
}

/** Among records with equal keys, the earlier one, which has the lower address, comes first. */
function comesBefore(left: usize, right: usize): bool {
  const difference = compareKeys(left, right);
  return difference < 0 || (difference === 0 && load<u32>(left) < load<u32>(right));
}

/** Heap sort: in place, and in n log n steps for any input. */
function sortRecords(count: u32): void {
  for (let root = count >> 1; root-- > 0; ) sink(root, count);
  for (let last = count; last-- > 1; ) {
    swapRecords(0, last);
    sink(0, last);
  }
}

/** Moves the record at `root` down the heap until no record below it is greater. */
function sink(root: u32, count: u32): void {
  let parent = root;
  for (;;) {
    let child: u32 = 2 * parent + 1;
    if (child >= count) return;
    if (child + 1 < count && comesBefore(recordAt(child), recordAt(child + 1))) child++;
    if (!comesBefore(recordAt(parent), recordAt(child))) return;
    swapRecords(parent, child);
    parent = child;
  }
}

function swapRecords(left: u32, right: u32): void {
  const held = v128.load(recordAt(left));
  v128.store(recordAt(left), v128.load(recordAt(right)));
  v128.store(recordAt(right), held);
}

/** Keeps only the last record of each key. @returns The number of records left. */
function dropEarlierRecords(count: u32): u32 {
  let kept: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const isLast = index + 1 === count || compareKeys(recordAt(index), recordAt(index + 1)) !== 0;
    if (isLast) v128.store(recordAt(kept++), v128.load(recordAt(index)));
  }
  return kept;
}

/** Finds the known records. One with an empty value counts as missing. */
function findKnownRecords(): void {
  memory.fill(KNOWN_RECORDS, 0, Known.COUNT * 4);
  for (let index: u32 = 0; index < tar.recordCount; index++) {
    const record = recordAt(index);
    const key = <usize>load<u32>(record);
    const keyBytes = <usize>load<u32>(record, KEY_BYTES_AT);
    const known = identify(key, keyBytes);
    if (known >= Known.COUNT || load<u32>(record, VALUE_BYTES_AT) === 0) continue;
    store<u32>(KNOWN_RECORDS + (<usize>known << 2), <u32>record);
    if (known >= Known.SPARSE_MAJOR) tar.mayBeSparse = true;
  }
}

/** Address of a known record's value; 0 if the value is empty or the record is missing. */
@inline
export function knownValue(known: u32): usize {
  const record = knownRecord(known);
  return record === 0 ? 0 : <usize>load<u32>(record, VALUE_AT);
}

@inline
export function knownValueBytes(known: u32): usize {
  const record = knownRecord(known);
  return record === 0 ? 0 : <usize>load<u32>(record, VALUE_BYTES_AT);
}

@inline
function knownRecord(known: u32): usize {
  return <usize>load<u32>(KNOWN_RECORDS + (<usize>known << 2));
}

/** Compares the bytes of the key with constants, lowest byte first. */
function identify(key: usize, bytes: usize): u32 {
  const word = load<u32>(key);
  switch (<u32>bytes) {
    case 3:
      if ((word & 0xffffff) === 0x646975) return Known.UID;
      return (word & 0xffffff) === 0x646967 ? Known.GID : Known.NONE;
    case 4:
      if (word === 0x68746170) return Known.PATH;
      return word === 0x657a6973 ? Known.SIZE : Known.NONE;
    case 5:
      if (load<u8>(key, 4) !== 0x65) return Known.NONE;
      if (word === 0x6d616e75) return Known.USER_NAME;
      if (word === 0x6d616e67) return Known.GROUP_NAME;
      if (word === 0x6d69746d) return Known.MTIME;
      if (word === 0x6d697461) return Known.ATIME;
      return word === 0x6d697463 ? Known.CTIME : Known.NONE;
    case 8:
      return word === 0x6b6e696c && load<u32>(key, 4) === 0x68746170 ? Known.LINK_PATH : Known.NONE;
    default:
      return isSparseKey(key, bytes) ? identifySparse(key + SPARSE_KEY_BYTES, bytes - SPARSE_KEY_BYTES) : Known.NONE;
  }
}

@inline
function isSparseKey(key: usize, bytes: usize): bool {
  return (
    bytes > SPARSE_KEY_BYTES &&
    load<u64>(key) === 0x726170732e554e47 &&
    (load<u32>(key, 8) & 0xffffff) === 0x2e6573
  );
}

/** Identifies a key by the bytes after `GNU.sparse.` */
function identifySparse(rest: usize, bytes: usize): u32 {
  const word = load<u32>(rest);
  switch (<u32>bytes) {
    case 3:
      return (word & 0xffffff) === 0x70616d ? Known.SPARSE_MAP : Known.NONE;
    case 4:
      if (word === 0x656d616e) return Known.SPARSE_NAME;
      return word === 0x657a6973 ? Known.SPARSE_SIZE : Known.NONE;
    case 5:
      if (load<u8>(rest, 4) !== 0x72) return Known.NONE;
      if (word === 0x6f6a616d) return Known.SPARSE_MAJOR;
      return word === 0x6f6e696d ? Known.SPARSE_MINOR : Known.NONE;
    case 6:
      return word === 0x7366666f && load<u16>(rest, 4) === 0x7465 ? Known.SPARSE_OFFSET : Known.NONE;
    case 8:
      if (word === 0x6c616572 && load<u32>(rest, 4) === 0x657a6973) return Known.SPARSE_REAL_SIZE;
      return word === 0x626d756e && load<u32>(rest, 4) === 0x73657479 ? Known.SPARSE_BYTES : Known.NONE;
    case 9:
      return load<u64>(rest) === 0x6b636f6c626d756e && load<u8>(rest, 8) === 0x73
        ? Known.SPARSE_BLOCK_COUNT
        : Known.NONE;
    default:
      return Known.NONE;
  }
}

/**
 * Overrides fields of `header` with the records. Access and change times are only validated, because a zTOC cannot store them.
 */
export function applyPaxRecords(): i32 {
  let bytes = knownValueBytes(Known.PATH);
  if (bytes > 0) {
    header.name = knownValue(Known.PATH);
    header.nameBytes = bytes;
  }
  bytes = knownValueBytes(Known.LINK_PATH);
  if (bytes > 0) {
    header.linkName = knownValue(Known.LINK_PATH);
    header.linkNameBytes = bytes;
  }
  bytes = knownValueBytes(Known.USER_NAME);
  if (bytes > 0) {
    header.userName = knownValue(Known.USER_NAME);
    header.userNameBytes = bytes;
  }
  bytes = knownValueBytes(Known.GROUP_NAME);
  if (bytes > 0) {
    header.groupName = knownValue(Known.GROUP_NAME);
    header.groupNameBytes = bytes;
  }
  if (isThere(Known.UID)) {
    if (!parseKnownDecimal(Known.UID)) return valueProblem(Known.UID);
    header.userId = parsed;
  }
  if (isThere(Known.GID)) {
    if (!parseKnownDecimal(Known.GID)) return valueProblem(Known.GID);
    header.groupId = parsed;
  }
  if (isThere(Known.SIZE)) {
    if (!parseKnownDecimal(Known.SIZE)) return valueProblem(Known.SIZE);
    header.size = parsed;
  }
  if (isThere(Known.MTIME)) {
    if (!parseKnownTime(Known.MTIME)) return valueProblem(Known.MTIME);
    header.seconds = parsed;
    header.nanoseconds = parsedNanoseconds;
  }
  if (isThere(Known.ATIME) && !parseKnownTime(Known.ATIME)) return valueProblem(Known.ATIME);
  if (isThere(Known.CTIME) && !parseKnownTime(Known.CTIME)) return valueProblem(Known.CTIME);
  return readAll;
}

@inline
export function isThere(known: u32): bool {
  return knownRecord(known) !== 0;
}

@inline
export function parseKnownDecimal(known: u32): bool {
  return parseDecimal(knownValue(known), knownValue(known) + knownValueBytes(known));
}

@inline
function parseKnownTime(known: u32): bool {
  return parsePaxTime(knownValue(known), knownValue(known) + knownValueBytes(known));
}

function valueProblem(known: u32): i32 {
  const code = entryProblem(wrongRecordValue);
  const record = knownRecord(known);
  withKey(code, <usize>load<u32>(record), <usize>load<u32>(record, KEY_BYTES_AT));
  return withText(code, knownValue(known), knownValueBytes(known));
}

/** Address of the key of record `index`. The next functions return its size, and the address and size of the value. */
@inline
export function recordKey(index: u32): usize {
  return <usize>load<u32>(recordAt(index));
}

@inline
export function recordKeyBytes(index: u32): u32 {
  return load<u32>(recordAt(index), KEY_BYTES_AT);
}

@inline
export function recordValue(index: u32): usize {
  return <usize>load<u32>(recordAt(index), VALUE_AT);
}

@inline
export function recordValueBytes(index: u32): u32 {
  return load<u32>(recordAt(index), VALUE_BYTES_AT);
}
