// The leaves of a layer: hashes of the paths of its entries that are not directories, in the order of the tar. Most layers
// never look one up, and appending is several times cheaper than inserting into a hash table. AssemblyScript.
//
// The list is located after the table of paths (path-table.ts), which moves it when it grows.
import { LEAF_LIST_STATE } from '../memory-layout';

// A leaf: the hash of its path, and its inode (screening.ts).
@inline const LEAF_BYTES: usize = 16;
@inline const INODE_AT: usize = 8;
/** 64 MiB. */
@inline const MAXIMUM_LEAVES: u32 = 1 << 22;
/** Memory grows by at least a MiB. */
@inline const MINIMUM_GROWTH_BYTES: usize = 1 << 20;

@unmanaged
class LeafListState {
  start: usize;
  count: u32;
}

const leaves: LeafListState = changetype<LeafListState>(LEAF_LIST_STATE);

/** Creates an empty list. */
export function resetLeaves(start: usize): void {
  leaves.start = start;
  leaves.count = 0;
}

@inline
export function leafCount(): u32 {
  return leaves.count;
}

@inline
export function leafPath(index: u32): u64 {
  return load<u64>(leafAt(index));
}

@inline
export function leafInode(index: u32): u64 {
  return load<u64>(leafAt(index), INODE_AT);
}

@inline
function leafAt(index: u32): usize {
  return leaves.start + <usize>index * LEAF_BYTES;
}

@inline
export function leavesEnd(): usize {
  return leafAt(leaves.count);
}

/** @returns False if there is no room. */
export function addLeaf(path: u64, inode: u64): bool {
  const leaf = leavesEnd();
  if (leaf + LEAF_BYTES > <usize>memory.size() << 16) {
    const growth = max(MINIMUM_GROWTH_BYTES, (leaf - leaves.start) >> 1);
    if (leaves.count >= MAXIMUM_LEAVES || !ensureMemory(leaf + growth)) return false;
  }
  store<u64>(leaf, path);
  store<u64>(leaf, inode, INODE_AT);
  leaves.count++;
  return true;
}

/** The caller has ensured that there is room. */
export function moveLeaves(start: usize): void {
  memory.copy(start, leaves.start, leavesEnd() - leaves.start);
  leaves.start = start;
}

/** Grows the memory to `end` if necessary. @returns False if that is too much. */
export function ensureMemory(end: usize): bool {
  const missingBytes = <isize>end - (<isize>memory.size() << 16);
  return missingBytes <= 0 || memory.grow(<i32>((missingBytes + 0xffff) >> 16)) >= 0;
}
