// Finds the peculiarities of an entry: unusual properties, which ../../tar/packed-entry-layout.ts describes. They are a first
// screening for the judgement whether a layer is the same when unpacked and when mounted. AssemblyScript.
import {
  hasOddOwner,
  hasOddTime,
  hasSetgidDirectory,
  hasSizeWithoutData,
  hasTypeBitsInMode,
  hasUncleanName,
  hasWhiteoutName,
  hasXattrs,
  isHardLink,
  isSparse,
  isSymbolicLink,
  overlapsPrevious,
} from '../../tar/packed-entry-layout';
import { recordKey, recordKeyBytes } from './pax-records';
import { BLOCK_BYTES, header, tar } from './tar-state';

@inline const PERMISSION_BITS: i64 = 0o7777;
@inline const SETGID_BIT: i64 = 0o2000;
@inline const REGULAR_FILE_BIT: i64 = 0o100000;
/** The largest usable ID: 2^32 - 1 means "unchanged". */
@inline const LARGEST_OWNER: u64 = 0xfffffffe;
/** The last second that signed 64-bit nanoseconds can represent, but only in part. */
@inline const LATEST_SECOND: u64 = 9223372036;
@inline const LATEST_NANOSECOND: u32 = 854775807;

@inline const DOT: u32 = 0x2e;
@inline const SLASH: u32 = 0x2f;
/** `.wh.`, and the first 13 bytes of `SCHILY.xattr.`, lowest byte first. */
@inline const WHITEOUT_PREFIX: u32 = 0x2e68772e;
@inline const XATTR_PREFIX_0: u64 = 0x782e594c49484353;
@inline const XATTR_PREFIX_5: u64 = 0x2e72747461782e59;
@inline const XATTR_PREFIX_BYTES: u32 = 13;

// Types as in a packed entry.
@inline const REGULAR: u32 = 0;
@inline const HARD_LINK: u32 = 1;
@inline const SYMBOLIC_LINK: u32 = 2;
@inline const DIRECTORY: u32 = 5;

/** The peculiarities of the entry in `header`, whose data begins at `tar.position`. */
export function findPeculiarities(type: u32, storedBytes: u64): u32 {
  let found: u32 = 0;
  if (tar.position < tar.previousEnd) found |= overlapsPrevious;
  tar.previousEnd = (tar.position + <u64>max(header.size, 0) + (BLOCK_BYTES - 1)) & ~(<u64>BLOCK_BYTES - 1);
  if (type === REGULAR) {
    if (storedBytes !== <u64>header.size) found |= isSparse;
  } else if (header.size !== 0) found |= hasSizeWithoutData;
  const otherBits = header.mode & ~PERMISSION_BITS;
  if (otherBits !== 0 && otherBits !== REGULAR_FILE_BIT) found |= hasTypeBitsInMode;
  if (<u64>header.userId > LARGEST_OWNER || <u64>header.groupId > LARGEST_OWNER) found |= hasOddOwner;
  if (<u64>header.seconds >= LATEST_SECOND) {
    if (<u64>header.seconds > LATEST_SECOND || header.nanoseconds > LATEST_NANOSECOND) found |= hasOddTime;
  }
  if (type === HARD_LINK) found |= isHardLink;
  else if (type === SYMBOLIC_LINK) found |= isSymbolicLink;
  else if (type === DIRECTORY && (header.mode & SETGID_BIT) !== 0) found |= hasSetgidDirectory;
  if (tar.hasRecords && hasXattrRecord()) found |= hasXattrs;
  return found | judgeName(header.name, header.nameBytes);
}

function hasXattrRecord(): bool {
  for (let index: u32 = 0; index < tar.recordCount; index++) {
    const key = recordKey(index);
    const isXattr =
      recordKeyBytes(index) >= XATTR_PREFIX_BYTES &&
      load<u64>(key) === XATTR_PREFIX_0 &&
      load<u64>(key, 5) === XATTR_PREFIX_5;
    if (isXattr) return true;
  }
  return false;
}

/** Judges only parts that begin with a dot or are empty. Few names have one, so 16 bytes are searched at a time. */
function judgeName(name: usize, bytes: usize): u32 {
  if (bytes === 0) return hasUncleanName;
  const end = name + bytes;
  let at = name;
  // A leading slash or `./` is usual.
  if (load<u8>(at) === SLASH) at++;
  else if (load<u8>(at) === DOT && (bytes === 1 || load<u8>(at, 1) === SLASH)) at += min(bytes, 2);
  let found = judgePart(at, end);
  for (; at < end; at += 16) {
    const slashes = i8x16.eq(v128.load(at), i8x16.splat(<i8>SLASH));
    const next = v128.load(at, 1);
    const ends = v128.or(i8x16.eq(next, i8x16.splat(<i8>SLASH)), i8x16.eq(next, i8x16.splat(<i8>DOT)));
    let places = <u32>i8x16.bitmask(v128.and(slashes, ends));
    for (; places !== 0; places &= places - 1) {
      const part = at + ctz<u32>(places) + 1;
      if (part < end) found |= judgePart(part, end);
    }
  }
  return found;
}

/** The peculiarities of the part of a name that begins at `part`. */
function judgePart(part: usize, end: usize): u32 {
  const bytes = end - part;
  if (bytes === 0) return 0;
  if (load<u8>(part) === SLASH) return hasUncleanName;
  if (load<u8>(part) !== DOT) return 0;
  if (bytes === 1 || load<u8>(part, 1) === SLASH) return hasUncleanName;
  if (load<u8>(part, 1) === DOT && (bytes === 2 || load<u8>(part, 2) === SLASH)) return hasUncleanName;
  return bytes >= 4 && load<u32>(part) === WHITEOUT_PREFIX ? hasWhiteoutName : 0;
}
