// The paths of a layer's entries as 64-bit hashes, to find whether a parent already had an entry, and whether a path is both
// a directory and another entry. Only plain paths are accepted: without `..`, empty parts, and misplaced whiteout names.
// AssemblyScript.
//
// Directories and whiteouts are looked up often, so they are in a hash table. Leaves are in a list (leaf-list.ts): they are
// looked up once, at the end, unless a hard link needs its target; in that case, all of them are moved to the table. Table and list
// are at the end of the memory and are the only parts that grow.
import { HASH_KEYS, LATEST_PARENT, LATEST_PARENT_CAPACITY, PATH_TABLE, PATH_TABLE_SLOTS, PATH_TABLE_STATE } from '../memory-layout';
import {
  addLeaf,
  ensureMemory,
  leafCount,
  leafInode,
  leafPath,
  leavesEnd,
  moveLeaves,
  resetLeaves,
} from './leaf-list';

@inline const SLASH: u32 = 0x2f;
@inline const DOT: u32 = 0x2e;
@inline const LONGEST_NAME_BYTES: usize = 255;
/** A longer path cannot be unpacked. */
@inline const LONGEST_PATH_BYTES: usize = 4095;

/** `.wh.` and the rest of `.wh..wh..opq`, lowest byte first. */
@inline const WHITEOUT_PREFIX: u32 = 0x2e68772e;
@inline const WHITEOUT_PREFIX_BYTES: usize = 4;
@inline const OPAQUE_MARKER_4: u64 = 0x71706f2e2e68772e;
@inline const OPAQUE_MARKER_BYTES: usize = 12;
/** `.soci-snapshotter`: bytes 0 to 7, 8 to 15, and 16. */
@inline const STATE_DIRECTORY_0: u64 = 0x6e732d69636f732e;
@inline const STATE_DIRECTORY_8: u64 = 0x6574746f68737061;
@inline const STATE_DIRECTORY_16: u32 = 0x72;
@inline const STATE_DIRECTORY_BYTES: usize = 17;

/**
 * The kind of a path. Any other value is the inode of an entry that is not a directory: its lowest bit is set
 * (screening.ts). 0 also marks a free slot.
 */
export namespace PathValue {
  @inline export const MISSING: u64 = 0;
  @inline export const IMPLICIT_DIRECTORY: u64 = 2;
  @inline export const EXPLICIT_DIRECTORY: u64 = 4;
  @inline export const WHITEOUT: u64 = 6;
}

// A slot: the hash of a path, and its kind. Open addressing, at most three quarters full.
@inline const SLOT_BYTES: usize = 16;
@inline const VALUE_AT: usize = 8;
/** Up to this many slots, the table grows fourfold; a larger one grows twofold. */
@inline const SLOTS_OF_SMALL_TABLE: u32 = 1 << 18;
/** 128 MiB, for 6 million paths. */
@inline const LARGEST_SLOT_COUNT: u32 = 1 << 23;

/*
 *   slotCount, count   number of slots in the table, and number of used ones
 *   isFull             a path did not fit; results of later lookups have no meaning
 *   hasLeaves          the leaves are in the table too, because a hard link needed its target
 *   parentBytes, parentHash   size and hash of the parent in LATEST_PARENT: the latest path up to its last slash, which is usually
 *                             also the parent of the next path; -1 for none
 */
@unmanaged
export class PathTableState {
  parentHash: u64;
  parentBytes: isize;
  slotCount: u32;
  count: u32;
  isFull: bool;
  hasLeaves: bool;
  hasImplicitDirectories: bool;
  hasWhiteouts: bool;
}

export const paths: PathTableState = changetype<PathTableState>(PATH_TABLE_STATE);

export function resetPaths(): void {
  paths.parentBytes = -1;
  paths.slotCount = PATH_TABLE_SLOTS;
  paths.count = 0;
  paths.isFull = false;
  paths.hasLeaves = false;
  paths.hasImplicitDirectories = false;
  paths.hasWhiteouts = false;
  memory.fill(PATH_TABLE, 0, <usize>PATH_TABLE_SLOTS * SLOT_BYTES);
  resetLeaves(slotAt(PATH_TABLE, PATH_TABLE_SLOTS));
}

/** The secret seed of hashes, so that nobody can craft a layer whose paths all collide. */
@inline
export function hashSeed(): u64 {
  return load<u64>(HASH_KEYS);
}

/**
 * Two multiplications by secret factors: with one alone, the highest bit of a word would change two known bits of the hash.
 */
@inline
export function mix(hash: u64, word: u64): u64 {
  let mixed = (hash ^ word) * (load<u64>(HASH_KEYS, 8) | 1);
  mixed ^= mixed >> 32;
  mixed *= load<u64>(HASH_KEYS, 16) | 1;
  return mixed ^ (mixed >> 29);
}

/**
 * Mixes bytes and their number. The highest byte of the last word is free and holds the low 8 bits of the number. These are
 * enough, because inputs with the same number of words differ in length by fewer than 8 bytes.
 */
export function mixBytes(hash: u64, from: usize, bytes: usize): u64 {
  const end = from + bytes;
  let at = from;
  for (; at + 8 <= end; at += 8) hash = mix(hash, load<u64>(at));
  const lastBits = <u64>(end - at) << 3;
  const last = load<u64>(at) & (((<u64>1) << lastBits) - 1);
  return mix(hash, last | (<u64>bytes << 56));
}

/** Whether the name is the root's: `/`, `.`, `./`, or empty. */
export function isRoot(name: usize, bytes: usize): bool {
  return bytes <= 2 && trimmedStart(name, bytes) >= trimmedEnd(name, bytes);
}

/**
 * Adds the path of the next entry; parents without an entry become implicit directories.
 *
 * @param value Its kind: PathValue.EXPLICIT_DIRECTORY or an inode.
 * @returns False if the path is not plain, already had an entry that matters, or leads through something other than a
 *   directory. Leaves in the list are not checked here, but by hasLeafConflict().
 */
export function addPath(name: usize, bytes: usize, value: u64): bool {
  if (bytes > LONGEST_PATH_BYTES) return false;
  const start = trimmedStart(name, bytes);
  const end = trimmedEnd(name, bytes);
  const baseStart = behindLastSlash(name, end);
  if (!isLatestParent(name, baseStart)) {
    paths.parentBytes = -1;
    paths.parentHash = makeParents(start, baseStart);
    if (hasFailed) return false;
    keepParent(name, baseStart);
  }
  if (!isPlainPart(baseStart, end, baseStart <= start)) return addWhiteout(baseStart, end);
  const hash = mixBytes(paths.parentHash, baseStart, end - baseStart);
  return value === PathValue.EXPLICIT_DIRECTORY || paths.hasLeaves ? addToTable(hash, value) : addLeaf(hash, value);
}

/** @returns False if it already had an entry that matters, or if there is no room. */
function addToTable(hash: u64, value: u64): bool {
  const slot = findSlot(hash);
  const old = load<u64>(slot, VALUE_AT);
  if (old !== PathValue.MISSING && (old !== PathValue.IMPLICIT_DIRECTORY || value !== PathValue.EXPLICIT_DIRECTORY)) {
    return false;
  }
  setSlot(slot, hash, value);
  return !paths.isFull;
}

/**
 * Whether a leaf of the list is also a directory, explicit or implicit, or is hidden by a whiteout. Two leaves with the
 * same path do not conflict: the later one always counts.
 */
export function hasLeafConflict(): bool {
  const count = leafCount();
  for (let index: u32 = 0; index < count; index++) {
    if (load<u64>(findSlot(leafPath(index)), VALUE_AT) !== PathValue.MISSING) return true;
  }
  return false;
}

/** @returns False if two of them have the same path, or if there is no room. */
function moveLeavesToTable(): bool {
  paths.hasLeaves = true;
  const count = leafCount();
  for (let index: u32 = 0; index < count; index++) {
    if (!addToTable(leafPath(index), leafInode(index))) return false;
  }
  resetLeaves(slotAt(PATH_TABLE, paths.slotCount));
  return true;
}

/** The kind of a plain path; MISSING for any other. */
export function findPath(name: usize, bytes: usize): u64 {
  if (bytes > LONGEST_PATH_BYTES) return PathValue.MISSING;
  if (!paths.hasLeaves && !moveLeavesToTable()) return PathValue.MISSING;
  const start = trimmedStart(name, bytes);
  const end = name + bytes;
  let hash = hashSeed();
  for (let part = start; part < end; ) {
    const partEnd = findSlash(part, end);
    if (!isPlainPart(part, partEnd, part === start)) return PathValue.MISSING;
    hash = mixBytes(hash, part, partEnd - part);
    // A path with a trailing slash is not plain either.
    if (partEnd === end - 1) return PathValue.MISSING;
    part = partEnd + 1;
  }
  return load<u64>(findSlot(hash), VALUE_AT);
}

/** Looks only for whiteouts, when the paths of a layer are no longer needed. */
export function lookForWhiteout(name: usize, bytes: usize): void {
  const base = behindLastSlash(name, trimmedEnd(name, bytes));
  if (hasWhiteoutPrefix(base, name + bytes)) paths.hasWhiteouts = true;
}

/** Whether makeParents found a parent that is not plain, or not a directory. */
let hasFailed: bool = false;

/** @returns The hash of the parent from `start` to `end`, which is followed by a slash. */
function makeParents(start: usize, end: usize): u64 {
  let hash = hashSeed();
  hasFailed = false;
  for (let part = start; part < end; ) {
    const partEnd = findSlash(part, end);
    if (!isPlainPart(part, partEnd, part === start)) {
      hasFailed = true;
      return hash;
    }
    hash = mixBytes(hash, part, partEnd - part);
    const slot = findSlot(hash);
    const found = load<u64>(slot, VALUE_AT);
    if (found === PathValue.MISSING) {
      paths.hasImplicitDirectories = true;
      setSlot(slot, hash, PathValue.IMPLICIT_DIRECTORY);
    } else if (found !== PathValue.IMPLICIT_DIRECTORY && found !== PathValue.EXPLICIT_DIRECTORY) {
      hasFailed = true;
      return hash;
    }
    part = partEnd + 1;
  }
  return hash;
}

/**
 * @returns False for a whiteout of a name in the same layer, which cannot be unpacked, and for any other name with the prefix
 *   of whiteouts, which is not shown unchanged.
 */
function addWhiteout(base: usize, end: usize): bool {
  if (!hasWhiteoutPrefix(base, end)) return false;
  paths.hasWhiteouts = true;
  if (end - base === OPAQUE_MARKER_BYTES && load<u64>(base, 4) === OPAQUE_MARKER_4) return true;
  const hidden = base + WHITEOUT_PREFIX_BYTES;
  if (!isPlainPart(hidden, end, false)) return false;
  const hash = mixBytes(paths.parentHash, hidden, end - hidden);
  const slot = findSlot(hash);
  if (load<u64>(slot, VALUE_AT) !== PathValue.MISSING) return false;
  setSlot(slot, hash, PathValue.WHITEOUT);
  return !paths.isFull;
}

function isLatestParent(name: usize, end: usize): bool {
  const bytes = end - name;
  if (<isize>bytes !== paths.parentBytes) return false;
  let at: usize = 0;
  for (; at + 8 <= bytes; at += 8) if (load<u64>(name + at) !== load<u64>(LATEST_PARENT + at)) return false;
  for (; at < bytes; at++) if (load<u8>(name + at) !== load<u8>(LATEST_PARENT + at)) return false;
  return true;
}

/** Remembers the parent, unless it is too long for the buffer; it is then looked up again. */
function keepParent(name: usize, end: usize): void {
  const bytes = end - name;
  if (bytes > LATEST_PARENT_CAPACITY) return;
  memory.copy(LATEST_PARENT, name, bytes);
  paths.parentBytes = <isize>bytes;
}

/** The slot of a path, or a free one for it. */
@inline
function findSlot(hash: u64): usize {
  const mask = paths.slotCount - 1;
  let place = <u32>hash & mask;
  let slot = slotAt(PATH_TABLE, place);
  while (load<u64>(slot, VALUE_AT) !== PathValue.MISSING && load<u64>(slot) !== hash) {
    place = (place + 1) & mask;
    slot = slotAt(PATH_TABLE, place);
  }
  return slot;
}

@inline
function slotAt(table: usize, place: u32): usize {
  return table + <usize>place * SLOT_BYTES;
}

/** @param slot As found for the hash. Slots may have moved afterwards. */
function setSlot(slot: usize, hash: u64, value: u64): void {
  const isNew = load<u64>(slot, VALUE_AT) === PathValue.MISSING;
  store<u64>(slot, hash);
  store<u64>(slot, value, VALUE_AT);
  if (isNew && 4 * ++paths.count > 3 * paths.slotCount && !growTable()) paths.isFull = true;
}

/** Moves the leaves after the larger table, and copies the current table after them. @returns False if there is no room. */
function growTable(): bool {
  const slotCount = paths.slotCount * (paths.slotCount < SLOTS_OF_SMALL_TABLE ? 4 : 2);
  if (slotCount > LARGEST_SLOT_COUNT) return false;
  const oldEnd = slotAt(PATH_TABLE, paths.slotCount);
  const end = slotAt(PATH_TABLE, slotCount);
  const copy = end + (leavesEnd() - oldEnd);
  const copyEnd = copy + (oldEnd - PATH_TABLE);
  if (!ensureMemory(copyEnd)) return false;
  moveLeaves(end);
  memory.copy(copy, PATH_TABLE, oldEnd - PATH_TABLE);
  memory.fill(PATH_TABLE, 0, end - PATH_TABLE);
  paths.slotCount = slotCount;
  for (let from = copy; from < copyEnd; from += SLOT_BYTES) {
    const value = load<u64>(from, VALUE_AT);
    if (value === PathValue.MISSING) continue;
    const hash = load<u64>(from);
    const to = findSlot(hash);
    store<u64>(to, hash);
    store<u64>(to, value, VALUE_AT);
  }
  return true;
}

/** The start without one leading `/` or `./`, which most archivers write. */
@inline
function trimmedStart(name: usize, bytes: usize): usize {
  if (bytes === 0) return name;
  if (load<u8>(name) === SLASH) return name + 1;
  if (load<u8>(name) === DOT && (bytes === 1 || load<u8>(name, 1) === SLASH)) return name + min(<usize>2, bytes);
  return name;
}

/** The end without one trailing slash. */
@inline
function trimmedEnd(name: usize, bytes: usize): usize {
  const end = name + bytes;
  return bytes > 0 && load<u8>(end - 1) === SLASH ? end - 1 : end;
}

/** The address after the last slash before `end`, or the name's start if it has no slash. */
@inline
function behindLastSlash(name: usize, end: usize): usize {
  let at = end;
  while (at > name && load<u8>(at - 1) !== SLASH) at--;
  return at;
}

/** The address of the next slash, or `end` if no slash follows. */
@inline
function findSlash(from: usize, end: usize): usize {
  let at = from;
  while (at < end && load<u8>(at) !== SLASH) at++;
  return at;
}

/** Whether the part is an ordinary name: not empty, `.`, `..`, too long, a whiteout, or the snapshotter's directory at the root. */
function isPlainPart(start: usize, end: usize, isAtRoot: bool): bool {
  const bytes = end - start;
  if (start >= end || bytes > LONGEST_NAME_BYTES) return false;
  if (load<u8>(start) !== DOT) return true;
  if (bytes <= 2 && load<u8>(end - 1) === DOT) return false;
  if (hasWhiteoutPrefix(start, end)) return false;
  if (!isAtRoot || bytes !== STATE_DIRECTORY_BYTES) return true;
  const isState =
    load<u64>(start) === STATE_DIRECTORY_0 &&
    load<u64>(start, 8) === STATE_DIRECTORY_8 &&
    load<u8>(start, 16) === STATE_DIRECTORY_16;
  return !isState;
}

@inline
function hasWhiteoutPrefix(start: usize, end: usize): bool {
  return start + WHITEOUT_PREFIX_BYTES <= end && load<u32>(start) === WHITEOUT_PREFIX;
}
