// Screens packed entries, in a single pass, to decide whether a layer can differ at all between unpacking and lazy loading.
// Hardly any layer can. Only those are compared in detail (../../fidelity/); for all others, the comparison would find no
// difference. AssemblyScript.
//
// The tar reader screens entries as it packs them. Entries of a zTOC, which no tar reader has screened, are passed in chunks.
import { ENTRIES, SCREENING_STATE } from '../memory-layout';
import {
  entryBytesAt,
  gidAt,
  groupNameBytesAt,
  headerOffsetAt,
  linkNameBytesAt,
  modeAt,
  nameBytesAt,
  nanosecondsAt,
  noTime,
  paxRecordCountAt,
  paxRecordHeadBytes,
  peculiaritiesAt,
  screenedDependsOnLowers,
  screenedDiffers,
  screenedHasWhiteouts,
  secondsAt,
  sizeAt,
  storedSizeAt,
  stringsAt,
  typeAt,
  uidAt,
  userNameBytesAt,
} from '../../tar/packed-entry-layout';
import {
  addPath,
  findPath,
  hashSeed,
  hasLeafConflict,
  isRoot,
  lookForWhiteout,
  mix,
  mixBytes,
  paths,
  PathValue,
  resetPaths,
} from './path-table';

/** 2^32 - 1 means "unchanged". */
@inline const UNCHANGED_ID: u64 = 0xffffffff;
@inline const PERMISSION_BITS: i64 = 0o7777;
@inline const SETGID_BIT: i64 = 0o2000;
@inline const REGULAR_FILE_BIT: i64 = 0o100000;
/** The last second that unpacking preserves, but only in part. */
@inline const LATEST_SECOND: u64 = 9223372036;
@inline const LONGEST_NAME_BYTES: u32 = 255;
@inline const LONGEST_TARGET_BYTES: u32 = 4095;

/** `SCHILY.xattr.`, `user.` and `security.capability`, lowest byte first; a number in a name is the position in the text. */
@inline const XATTR_PREFIX_0: u64 = 0x782e594c49484353;
@inline const XATTR_PREFIX_5: u64 = 0x2e72747461782e59;
@inline const XATTR_PREFIX_BYTES: u32 = 13;
@inline const USER_0: u32 = 0x72657375;
@inline const USER_BYTES: u32 = 5;
@inline const SECURITY_0: u64 = 0x7974697275636573;
@inline const SECURITY_BYTES: u32 = 9;
@inline const CAPABILITY_8: u64 = 0x6c6962617061632e;
@inline const CAPABILITY_15: u32 = 0x7974696c;
@inline const CAPABILITY_BYTES: u32 = 19;
@inline const DOT: u32 = 0x2e;

// Types as in a packed entry.
@inline const REGULAR: u32 = 0;
@inline const HARD_LINK: u32 = 1;
@inline const SYMBOLIC_LINK: u32 = 2;
@inline const DIRECTORY: u32 = 5;

// An inode as in the path table: a hash of its metadata, and these two bits.
@inline const INODE_BIT: u64 = 1;
/** Set for a symbolic link, whose mode is not visible. */
@inline const SYMBOLIC_LINK_BIT: u64 = 2;

/*
 *   differs             an entry was not ordinary; further entries are searched for whiteouts only
 *   hasUnlikeLinks      the metadata of a hard link differs from that of its target
 *   hasSetgidDirectory  new entries inherit the group of a directory
 */
@unmanaged
class ScreeningState {
  differs: bool;
  hasUnlikeLinks: bool;
  hasSetgidDirectory: bool;
}

const screening: ScreeningState = changetype<ScreeningState>(SCREENING_STATE);

/** Prepares for the entries of another layer. */
export function resetScreening(): void {
  screening.differs = false;
  screening.hasUnlikeLinks = false;
  screening.hasSetgidDirectory = false;
  resetPaths();
}

/** The result for all entries so far: bits of packed-entry-layout.ts. */
export function screeningResult(): u32 {
  const inheritsGroup = paths.hasImplicitDirectories && screening.hasSetgidDirectory;
  let result: u32 = 0;
  if (screening.differs || screening.hasUnlikeLinks || inheritsGroup || hasLeafConflict()) result |= screenedDiffers;
  if (paths.hasImplicitDirectories) result |= screenedDependsOnLowers;
  if (paths.hasWhiteouts) result |= screenedHasWhiteouts;
  return result;
}

/** Screens a chunk of this many bytes at chunkAddress(). */
export function screenChunk(bytes: usize): void {
  const end = ENTRIES + bytes;
  for (let entry = ENTRIES; entry < end; entry += load<u32>(entry, entryBytesAt)) screenEntry(entry);
}

export function screenEntry(entry: usize): void {
  const name = entry + stringsAt;
  const nameBytes = <usize>load<u32>(entry, nameBytesAt);
  if (screening.differs) {
    lookForWhiteout(name, nameBytes);
    return;
  }
  if (load<u16>(entry, peculiaritiesAt) !== 0) {
    if (isSetgidDirectory(entry)) screening.hasSetgidDirectory = true;
    if (!hasOrdinaryFields(entry)) {
      screening.differs = true;
      return;
    }
  }
  if (!hasOrdinaryPath(entry, name, nameBytes)) screening.differs = true;
}

@inline
function isSetgidDirectory(entry: usize): bool {
  const isSetgid = (load<i64>(entry, modeAt) & SETGID_BIT) !== 0;
  return load<u8>(entry, typeAt) === DIRECTORY && isSetgid && load<i64>(entry, gidAt) !== 0;
}

/** Whether the entry's path, and that of a hard link's target, have only one interpretation. */
function hasOrdinaryPath(entry: usize, name: usize, nameBytes: usize): bool {
  const type = <u32>load<u8>(entry, typeAt);
  let value = PathValue.EXPLICIT_DIRECTORY;
  if (type === HARD_LINK) {
    value = findPath(name + nameBytes, load<u32>(entry, linkNameBytesAt));
    if ((value & INODE_BIT) === 0) return false;
    const isSymbolicLink = (value & SYMBOLIC_LINK_BIT) !== 0;
    if (value !== inodeOf(entry, isSymbolicLink)) screening.hasUnlikeLinks = true;
  }
  if (isRoot(name, nameBytes)) {
    return type === DIRECTORY && load<i64>(entry, uidAt) === 0 && load<i64>(entry, gidAt) === 0;
  }
  if (type !== DIRECTORY && type !== HARD_LINK) value = inodeOf(entry, type === SYMBOLIC_LINK);
  return addPath(name, nameBytes, value);
}

/** The inode with its metadata. A hard link entry sets it again, so it must be equal. IDs and time are in the usual range here. */
function inodeOf(entry: usize, isSymbolicLink: bool): u64 {
  let hash = mix(hashSeed(), load<u64>(entry, uidAt) | (load<u64>(entry, gidAt) << 32));
  hash = mix(hash, load<u64>(entry, secondsAt) | (<u64>load<u32>(entry, nanosecondsAt) << 34));
  if (!isSymbolicLink) hash = mix(hash, load<u64>(entry, modeAt));
  if (load<u32>(entry, paxRecordCountAt) > 0) hash = mixXattrs(hash, entry);
  const bits = isSymbolicLink ? INODE_BIT | SYMBOLIC_LINK_BIT : INODE_BIT;
  return (hash & ~(INODE_BIT | SYMBOLIC_LINK_BIT)) | bits;
}

function mixXattrs(start: u64, entry: usize): u64 {
  let hash = start;
  let record = recordsOf(entry);
  for (let left = load<u32>(entry, paxRecordCountAt); left > 0; left--) {
    const keyBytes = load<u32>(record);
    const valueBytes = load<u32>(record, 4);
    const key = record + paxRecordHeadBytes;
    if (isXattr(key, keyBytes)) {
      hash = mixBytes(mix(hash, keyBytes), key, keyBytes);
      hash = mixBytes(mix(hash, valueBytes), key + keyBytes, valueBytes);
    }
    record = key + keyBytes + valueBytes;
  }
  return hash;
}

function hasOrdinaryFields(entry: usize): bool {
  if (load<u64>(entry, uidAt) >= UNCHANGED_ID || load<u64>(entry, gidAt) >= UNCHANGED_ID) return false;
  // As an unsigned number, a time before 1970 is large, too.
  if (load<u32>(entry, nanosecondsAt) === <u32>noTime || load<u64>(entry, secondsAt) >= LATEST_SECOND) return false;
  const type = <u32>load<u8>(entry, typeAt);
  const size = load<i64>(entry, sizeAt);
  if (type !== REGULAR && size !== 0) return false;
  const isFromZtoc = load<f64>(entry, headerOffsetAt) < 0;
  if (!isFromZtoc && load<i64>(entry, storedSizeAt) !== size) return false;
  const typeBits = load<i64>(entry, modeAt) & ~PERMISSION_BITS;
  if (type === REGULAR && typeBits !== 0 && typeBits !== REGULAR_FILE_BIT) return false;
  if (type === SYMBOLIC_LINK) {
    const targetBytes = load<u32>(entry, linkNameBytesAt);
    if (targetBytes === 0 || targetBytes > LONGEST_TARGET_BYTES) return false;
  }
  return load<u32>(entry, paxRecordCountAt) === 0 || hasOrdinaryXattrs(entry, type);
}

/** Whether all attributes are shown as they are set. False for a capability, because a malformed one cannot be unpacked. */
function hasOrdinaryXattrs(entry: usize, type: u32): bool {
  const hasUserXattrs = type === REGULAR || type === DIRECTORY || type === HARD_LINK;
  let count: u32 = 0;
  let hasEmpty = false;
  let record = recordsOf(entry);
  for (let left = load<u32>(entry, paxRecordCountAt); left > 0; left--) {
    const keyBytes = load<u32>(record);
    const valueBytes = load<u32>(record, 4);
    const key = record + paxRecordHeadBytes;
    if (isXattr(key, keyBytes)) {
      const nameBytes = keyBytes - XATTR_PREFIX_BYTES;
      if (!isOrdinaryXattr(key + XATTR_PREFIX_BYTES, nameBytes, hasUserXattrs)) return false;
      count++;
      if (valueBytes === 0) hasEmpty = true;
    }
    record = key + keyBytes + valueBytes;
  }
  return !hasEmpty || count === 1;
}

function isOrdinaryXattr(name: usize, bytes: u32, hasUserXattrs: bool): bool {
  if (bytes > LONGEST_NAME_BYTES) return false;
  const isUser = bytes > USER_BYTES && load<u32>(name) === USER_0 && load<u8>(name, 4) === DOT;
  if (isUser) return hasUserXattrs;
  if (bytes <= SECURITY_BYTES || load<u64>(name) !== SECURITY_0 || load<u8>(name, 8) !== DOT) return false;
  const isCapability =
    bytes === CAPABILITY_BYTES && load<u64>(name, 8) === CAPABILITY_8 && load<u32>(name, 15) === CAPABILITY_15;
  return !isCapability;
}

@inline
function isXattr(key: usize, keyBytes: u32): bool {
  return keyBytes >= XATTR_PREFIX_BYTES && load<u64>(key) === XATTR_PREFIX_0 && load<u64>(key, 5) === XATTR_PREFIX_5;
}

/** Address of a packed entry's first PAX record. */
@inline
function recordsOf(entry: usize): usize {
  const nameBytes = <usize>load<u32>(entry, nameBytesAt) + <usize>load<u32>(entry, linkNameBytesAt);
  const ownerBytes = <usize>load<u32>(entry, userNameBytesAt) + <usize>load<u32>(entry, groupNameBytesAt);
  return entry + stringsAt + nameBytes + ownerBytes;
}
