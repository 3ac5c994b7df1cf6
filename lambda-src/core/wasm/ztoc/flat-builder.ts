// Builds a FlatBuffer from its end to its start, byte for byte like Google's runtimes. AssemblyScript.
// https://flatbuffers.dev/internals/
import { FIELD_OFFSETS, FLAT, FLAT_END, VTABLE_BYTES, VTABLES, VTABLES_CAPACITY } from '../memory-layout';

/*
 * The buffer grows from FLAT_END towards lower addresses. The driver takes written bytes from time to time; the builder only
 * counts them. As usual in FlatBuffers, "offset" means the number of bytes from a position to the buffer's end:
 *
 *   space        address of the latest byte
 *   takenBytes   number of bytes taken, which is the offset of FLAT_END
 *   alignment    the largest alignment so far
 *   vtableCount  vtables written so far; a later table with the same vtable refers to the existing one
 *   tableStart   offset at which the current table begins
 */
let space: usize = FLAT_END;
let takenBytes: u32 = 0;
let alignment: u32 = 1;
let vtableCount: u32 = 0;
let tableStart: u32 = 0;

/** A vtable begins with its own size and that of its table, u16 each. */
@inline const VTABLE_HEAD_BYTES: usize = 4;

export function beginFlatBuffer(): void {
  space = FLAT_END;
  takenBytes = 0;
  alignment = 1;
  vtableCount = 0;
}

/** The bytes from here to FLAT_END are written but not yet taken. */
@inline
export function flatStart(): usize {
  return space;
}

/** Called after the written bytes were taken, and `otherBytes` bytes from elsewhere were placed in front of them. */
export function releaseFlat(otherBytes: u32): void {
  takenBytes += <u32>(FLAT_END - space) + otherBytes;
  space = FLAT_END;
}

@inline
export function roomInFlat(): usize {
  return space - FLAT;
}

@inline
export function flatOffset(): u32 {
  return takenBytes + <u32>(FLAT_END - space);
}

/** Writes zeros so that a value of `size` bytes is aligned after another `additionalBytes` bytes. */
@inline
export function align(size: u32, additionalBytes: u32): void {
  if (size > alignment) alignment = size;
  for (let zeros = (0 - (flatOffset() + additionalBytes)) & (size - 1); zeros > 0; zeros--) store<u8>(--space, 0);
}

@inline
export function putUint32(value: u32): void {
  space -= 4;
  store<u32>(space, value);
}

/** Writes a reference to offset `target`. */
@inline
export function putReference(target: u32): void {
  align(4, 0);
  putUint32(flatOffset() + 4 - target);
}

/** Writes a string: its length, its bytes, a NUL. @returns Its offset. */
export function putString(from: usize, bytes: u32): u32 {
  store<u8>(--space, 0);
  align(4, bytes);
  space -= bytes;
  // Short strings are copied from their end. This may overwrite bytes in front of them, which are written later.
  if (bytes > 512) memory.copy(space, from, bytes);
  else for (let left = <isize>bytes; left > 0; left -= 16) v128.store(space + left - 16, v128.load(from + left - 16));
  putUint32(bytes);
  return flatOffset();
}

@inline
export function beginTable(slots: u32): void {
  for (let at: usize = 0; at < <usize>slots << 2; at += 16) v128.store(FIELD_OFFSETS + at, i32x4.splat(0));
  tableStart = flatOffset();
}

/** 0 for an omitted field. */
@inline
function fieldOffset(slot: u32): u32 {
  return load<u32>(FIELD_OFFSETS + (<usize>slot << 2));
}

@inline
function noteField(slot: u32): void {
  store<u32>(FIELD_OFFSETS + (<usize>slot << 2), flatOffset());
}

@inline
export function addReference(slot: u32, target: u32): void {
  putReference(target);
  noteField(slot);
}

/** A field with the value 0 is omitted. */
@inline
export function addInt64(slot: u32, value: i64): void {
  if (value === 0) return;
  align(8, 0);
  space -= 8;
  store<i64>(space, value);
  noteField(slot);
}

@inline
export function addInt32(slot: u32, value: u32): void {
  if (value === 0) return;
  align(4, 0);
  putUint32(value);
  noteField(slot);
}

@inline
export function addInt8(slot: u32, value: u8): void {
  align(1, 0);
  store<u8>(--space, value);
  noteField(slot);
}

/** @param slots As passed to beginTable. @returns The offset of the table. */
export function endTable(slots: u32): u32 {
  align(4, 0);
  space -= 4; // the reference to its vtable
  const table = space;
  const tableOffset = flatOffset();
  // The vtable ends with the last used slot.
  let usedSlots = slots;
  while (usedSlots > 0 && fieldOffset(usedSlots - 1) === 0) usedSlots--;
  for (let slot = usedSlots; slot-- > 0; ) {
    const field = fieldOffset(slot);
    space -= 2;
    store<u16>(space, <u16>(field === 0 ? 0 : tableOffset - field));
  }
  const vtableBytes = VTABLE_HEAD_BYTES + (<usize>usedSlots << 1);
  space -= VTABLE_HEAD_BYTES;
  store<u16>(space, <u16>vtableBytes);
  store<u16>(space, <u16>(tableOffset - tableStart), 2);
  const known = findVtable(vtableBytes);
  if (known !== 0) space = table;
  const vtable = known !== 0 ? known : rememberVtable(vtableBytes);
  // Signed, because a new vtable is in front of its table, and an existing one is after it.
  store<i32>(table, <i32>(vtable - tableOffset));
  return tableOffset;
}

/** The offset of a vtable with the same bytes as the one at `space`; 0 if none exists. */
function findVtable(bytes: usize): u32 {
  // Most tables are files, whose vtables have the full 32 bytes. A shorter vtable is followed by unrelated bytes.
  const low = v128.load(space);
  const high = v128.load(space, 16);
  for (let index: u32 = 0; index < vtableCount; index++) {
    const known = VTABLES + <usize>index * VTABLE_BYTES;
    if (bytes === VTABLE_BYTES - 4) {
      const difference = v128.or(v128.xor(v128.load(known, 4), low), v128.xor(v128.load(known, 20), high));
      if (!v128.any_true(difference)) return load<u32>(known);
    } else {
      let at: usize = 0;
      while (at < bytes && load<u16>(known + at, 4) === load<u16>(space + at)) at += 2;
      if (at === bytes) return load<u32>(known);
    }
  }
  return 0;
}

function rememberVtable(bytes: usize): u32 {
  if (vtableCount === VTABLES_CAPACITY) unreachable();
  const place = VTABLES + <usize>vtableCount * VTABLE_BYTES;
  vtableCount++;
  store<u32>(place, flatOffset());
  memory.copy(place + 4, space, bytes);
  return flatOffset();
}

/** Completes the buffer with a reference to its root table. */
export function endFlatBuffer(root: u32): void {
  align(alignment, 4);
  putReference(root);
}
