// Decodes one 512-byte tar header block of any dialect. The reader handles what further blocks contain (PAX records, GNU
// long names). AssemblyScript.
// The rules, including which malformed headers are accepted, are those of Go's archive/tar, which the SOCI snapshotter uses:
// https://github.com/golang/go/blob/go1.26.0/src/archive/tar/reader.go
import { JOINED_NAME } from '../memory-layout';
import {
  fieldAtime,
  fieldCtime,
  fieldDeviceMajor,
  fieldDeviceMinor,
  fieldGid,
  fieldMode,
  fieldMtime,
  fieldSize,
  fieldUid,
  readAll,
  wrongChecksum,
  wrongField,
} from '../../tar/tar-problem-layout';
import { decodeNumericField, decodeOctal, parsed } from './numbers';
import { problemAt, showName, withNumbers, withText } from './problem';
import { BLOCK_BYTES, header, tar } from './tar-state';

// Positions and lengths of the fields.
@inline const NAME_AT: usize = 0;
@inline const NAME_BYTES: usize = 100;
@inline const MODE_AT: usize = 100;
@inline const UID_AT: usize = 108;
@inline const GID_AT: usize = 116;
@inline const SIZE_AT: usize = 124;
@inline const MTIME_AT: usize = 136;
@inline const CHECKSUM_AT: usize = 148;
@inline const TYPE_AT: usize = 156;
@inline const LINK_NAME_AT: usize = 157;
@inline const MAGIC_AT: usize = 257;
@inline const USER_NAME_AT: usize = 265;
@inline const GROUP_NAME_AT: usize = 297;
@inline const DEVICE_MAJOR_AT: usize = 329;
@inline const DEVICE_MINOR_AT: usize = 337;
@inline const PREFIX_AT: usize = 345;
@inline const USTAR_PREFIX_BYTES: usize = 155;
@inline const STAR_PREFIX_BYTES: usize = 131;
@inline const STAR_ATIME_AT: usize = 476;
@inline const STAR_CTIME_AT: usize = 488;
@inline const STAR_TRAILER_AT: usize = 508;
@inline const GNU_CTIME_AT: usize = 357;
@inline const OWNER_NAME_BYTES: usize = 32;
@inline const SHORT_NUMBER_BYTES: usize = 8;
@inline const LONG_NUMBER_BYTES: usize = 12;

@inline const SPACE: i32 = 0x20;
@inline const SLASH: u32 = 0x2f;

namespace Dialect {
  @inline export const V7: u32 = 0;
  @inline export const USTAR: u32 = 1;
  @inline export const STAR: u32 = 2;
  @inline export const GNU: u32 = 3;
}

export function isZeroBlock(block: usize): bool {
  // A header begins with its name.
  if (load<u64>(block) !== 0) return false;
  let all = v128.load(block);
  for (let at: usize = 16; at < BLOCK_BYTES; at += 16) all = v128.or(all, v128.load(block + at));
  return !v128.any_true(all);
}

/** Decodes the header block at `block`, which is not all zero, into `header`. Texts are views of the block. */
export function decodeHeader(block: usize): i32 {
  const sum = sumOfBytes(block);
  if (!decodeOctal(block + CHECKSUM_AT, SHORT_NUMBER_BYTES) || !isSum(parsed, sum, block)) {
    const code = problemAt(wrongChecksum, tar.headerStart);
    withText(code, block + CHECKSUM_AT, SHORT_NUMBER_BYTES);
    return withNumbers(code, sum);
  }
  const dialect = detectDialect(block);
  header.typeFlag = load<u8>(block, TYPE_AT);
  header.name = block + NAME_AT;
  header.nameBytes = textBytes(block + NAME_AT, NAME_BYTES);
  header.linkName = block + LINK_NAME_AT;
  header.linkNameBytes = textBytes(block + LINK_NAME_AT, NAME_BYTES);
  if (!decodeNumericField(block + SIZE_AT, LONG_NUMBER_BYTES)) return badField(fieldSize, block + SIZE_AT, LONG_NUMBER_BYTES);
  header.size = parsed;
  if (!decodeNumericField(block + MODE_AT, SHORT_NUMBER_BYTES)) return badField(fieldMode, block + MODE_AT, SHORT_NUMBER_BYTES);
  header.mode = parsed;
  if (!decodeNumericField(block + UID_AT, SHORT_NUMBER_BYTES)) return badField(fieldUid, block + UID_AT, SHORT_NUMBER_BYTES);
  header.userId = parsed;
  if (!decodeNumericField(block + GID_AT, SHORT_NUMBER_BYTES)) return badField(fieldGid, block + GID_AT, SHORT_NUMBER_BYTES);
  header.groupId = parsed;
  if (!decodeNumericField(block + MTIME_AT, LONG_NUMBER_BYTES)) return badField(fieldMtime, block + MTIME_AT, LONG_NUMBER_BYTES);
  header.seconds = parsed;
  header.nanoseconds = 0;
  header.userNameBytes = 0;
  header.groupNameBytes = 0;
  header.deviceMajor = 0;
  header.deviceMinor = 0;
  if (dialect === Dialect.V7) return readAll;

  header.userName = block + USER_NAME_AT;
  header.userNameBytes = textBytes(block + USER_NAME_AT, OWNER_NAME_BYTES);
  header.groupName = block + GROUP_NAME_AT;
  header.groupNameBytes = textBytes(block + GROUP_NAME_AT, OWNER_NAME_BYTES);
  if (!decodeNumericField(block + DEVICE_MAJOR_AT, SHORT_NUMBER_BYTES)) return badField(fieldDeviceMajor, block + DEVICE_MAJOR_AT, SHORT_NUMBER_BYTES);
  header.deviceMajor = parsed;
  if (!decodeNumericField(block + DEVICE_MINOR_AT, SHORT_NUMBER_BYTES)) return badField(fieldDeviceMinor, block + DEVICE_MINOR_AT, SHORT_NUMBER_BYTES);
  header.deviceMinor = parsed;
  let prefixBytes: usize = 0;
  if (dialect === Dialect.USTAR) {
    prefixBytes = textBytes(block + PREFIX_AT, USTAR_PREFIX_BYTES);
  } else if (dialect === Dialect.GNU) {
    prefixBytes = gnuPrefixBytes(block);
  } else {
    // A zTOC does not contain these fields, but a header with an invalid one is invalid.
    if (!decodeNumericField(block + STAR_ATIME_AT, LONG_NUMBER_BYTES)) return badField(fieldAtime, block + STAR_ATIME_AT, LONG_NUMBER_BYTES);
    if (!decodeNumericField(block + STAR_CTIME_AT, LONG_NUMBER_BYTES)) return badField(fieldCtime, block + STAR_CTIME_AT, LONG_NUMBER_BYTES);
    prefixBytes = textBytes(block + PREFIX_AT, STAR_PREFIX_BYTES);
  }
  if (prefixBytes > 0) joinPrefix(block + PREFIX_AT, prefixBytes);
  return readAll;
}

function badField(field: i32, start: usize, length: usize): i32 {
  const code = problemAt(wrongField, tar.headerStart);
  showName(header.name, header.nameBytes);
  withText(code, start, length);
  return withNumbers(code, field);
}

/** The sum of the block's bytes, with the checksum field counted as spaces. */
@inline
function sumOfBytes(block: usize): i32 {
  let sums = i32x4.splat(0);
  for (let at: usize = 0; at < BLOCK_BYTES; at += 16) {
    sums = i32x4.add(sums, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(v128.load(block + at))));
  }
  let sum =
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3);
  for (let at: usize = 0; at < SHORT_NUMBER_BYTES; at++) sum += SPACE - <i32>load<u8>(block + at, CHECKSUM_AT);
  return sum;
}

/**
 * POSIX sums unsigned bytes. Old tars summed signed ones, where each byte with its highest bit set counts 256 less.
 */
@inline
function isSum(found: i64, sum: i32, block: usize): bool {
  return found === <i64>sum || found === <i64>(sum - 256 * countHighBytes(block));
}

function countHighBytes(block: usize): i32 {
  let count: i32 = 0;
  for (let at: usize = 0; at < BLOCK_BYTES; at++) {
    if (at < CHECKSUM_AT || at >= CHECKSUM_AT + SHORT_NUMBER_BYTES) count += load<u8>(block + at) >> 7;
  }
  return count;
}

/** USTAR has `ustar` and a NUL; STAR has, in addition, `tar` and a NUL at the end of the block; GNU has `ustar`, two spaces and a NUL. */
@inline
function detectDialect(block: usize): u32 {
  // "usta", "r".
  if (load<u32>(block, MAGIC_AT) !== 0x61747375 || load<u8>(block, MAGIC_AT + 4) !== 0x72) return Dialect.V7;
  if (load<u8>(block, MAGIC_AT + 5) === 0) {
    return load<u32>(block, STAR_TRAILER_AT) === 0x00726174 ? Dialect.STAR : Dialect.USTAR;
  }
  const isGnu = load<u16>(block, MAGIC_AT + 5) === 0x2020 && load<u8>(block, MAGIC_AT + 7) === 0;
  return isGnu ? Dialect.GNU : Dialect.V7;
}

/**
 * GNU headers have times where USTAR headers have the prefix. Go's writer before 1.8 put a prefix there, too, so a value that
 * is not a time and looks like a path is a prefix: https://github.com/golang/go/issues/12594
 */
function gnuPrefixBytes(block: usize): usize {
  const hasTimes =
    (load<u8>(block, PREFIX_AT) === 0 || decodeNumericField(block + PREFIX_AT, LONG_NUMBER_BYTES)) &&
    (load<u8>(block, GNU_CTIME_AT) === 0 || decodeNumericField(block + GNU_CTIME_AT, LONG_NUMBER_BYTES));
  if (hasTimes) return 0;
  const bytes = textBytes(block + PREFIX_AT, USTAR_PREFIX_BYTES);
  for (let at: usize = 0; at < bytes; at++) {
    if (load<u8>(block + at, PREFIX_AT) >= 0x80) return 0;
  }
  return bytes;
}

function joinPrefix(prefix: usize, prefixBytes: usize): void {
  memory.copy(JOINED_NAME, prefix, prefixBytes);
  store<u8>(JOINED_NAME + prefixBytes, SLASH);
  memory.copy(JOINED_NAME + prefixBytes + 1, header.name, header.nameBytes);
  header.name = JOINED_NAME;
  header.nameBytes += prefixBytes + 1;
}

/** A text field ends at its first NUL, or at its end. */
@inline
export function textBytes(start: usize, length: usize): usize {
  let at: usize = 0;
  while (at < length && load<u8>(start + at) !== 0) at++;
  return at;
}
