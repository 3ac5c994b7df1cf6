// The paths of a layer's entries as 64-bit hashes, to tell whether a parent has had an entry and whether a path has had
// one before. Only paths that everybody reads alike are taken: without `..`, empty parts, and names that are whiteouts
// in the wrong place.
import { randomBytes } from 'node:crypto';
import { hashSeed } from './hash-seed.ts';

const { imul } = Math;

const slash = 0x2f;
const dot = 0x2e;
const whiteoutPrefix = Buffer.from('.wh.');
const opaqueMarker = Buffer.from('.wh..wh..opq');
const stateDirectory = Buffer.from('.soci-snapshotter');
const longestNameBytes = 255;

// The second hash begins elsewhere, and multiplies by another prime.
const secondSeed = randomBytes(4).readInt32LE();
const prime = 0x01000193;
const secondPrime = 0x5bd1e995;

/** What a path is; from 0 on the entry of its inode. */
const implicitDirectory = -1;
const explicitDirectory = -2;
const whiteout = -3;
const missing = -4;

const initialSlots = 1 << 12;

/*
 * State:
 *   slots        three numbers each: both hashes of a path, and what it is; open addressing, at most three quarters
 *                full. Free: all zero, and so no path is what 0 would be: values are kept as `value + 5`
 *   first, second   hashes of what was hashed last
 *   parentBytes  the bytes up to the last slash of the latest path, which mostly are those of the next, and their hashes
 */
export class PathTable {
  hasImplicitDirectories = false;
  hasWhiteouts = false;

  #slots = new Int32Array(3 * initialSlots);
  #slotCount = initialSlots;
  #count = 0;
  #first = 0;
  #second = 0;
  #parentBytes = new Uint8Array(256);
  #parentLength = -1;
  #parentFirst = 0;
  #parentSecond = 0;

  /** Whether the name is the root's: `/`, `.`, `./`, or nothing. */
  isRoot(name: Uint8Array): boolean {
    return name.length <= 2 && trimmedStart(name) >= trimmedEnd(name);
  }

  /**
   * Takes the path of the next entry; parents that have had none become implicit directories.
   *
   * @returns False if the path is not plain, had an entry before, or leads through what is no directory.
   */
  add(name: Uint8Array, isDirectory: boolean, inode: number): boolean {
    const start = trimmedStart(name);
    const end = trimmedEnd(name);
    const baseStart = lastSlash(name, end) + 1;
    if (!this.#enterParent(name, start, baseStart)) return false;
    if (!isPlainPart(name, baseStart, end, baseStart <= start)) {
      return this.#addWhiteout(name, baseStart, end);
    }
    this.#hash(name, baseStart, end);
    const old = this.#find();
    if (old === missing) {
      this.#set(isDirectory ? explicitDirectory : inode);
      return true;
    }
    if (old !== implicitDirectory || !isDirectory) return false;
    this.#set(explicitDirectory);
    return true;
  }

  /** The entry of the inode that a plain path names; undefined if there is none, or a directory. */
  findEntry(name: Uint8Array): number | undefined {
    const start = trimmedStart(name);
    this.#first = hashSeed;
    this.#second = secondSeed;
    let partStart = start;
    while (partStart < name.length) {
      const slashAt = name.indexOf(slash, partStart);
      const partEnd = slashAt < 0 ? name.length : slashAt;
      if (!isPlainPart(name, partStart, partEnd, partStart === start)) return undefined;
      if (partStart > start) this.#hashByte(slash);
      this.#hash(name, partStart, partEnd);
      if (slashAt === name.length - 1) return undefined;
      partStart = partEnd + 1;
    }
    const found = this.#find();
    return found >= 0 ? found : undefined;
  }

  /** For a layer whose paths are of no more interest. */
  lookForWhiteout(name: Uint8Array): void {
    if (this.hasWhiteouts) return;
    const baseStart = lastSlash(name, trimmedEnd(name)) + 1;
    this.hasWhiteouts = hasPrefix(name, baseStart, name.length, whiteoutPrefix);
  }

  /** Leaves the hashes of the parent, with its slash, in `first` and `second`. */
  #enterParent(name: Uint8Array, start: number, baseStart: number): boolean {
    if (!this.#isLatestParent(name, baseStart)) {
      if (!this.#makeParents(name, start, baseStart)) {
        this.#parentLength = -1;
        return false;
      }
      this.#keepParent(name, baseStart);
    }
    this.#first = this.#parentFirst;
    this.#second = this.#parentSecond;
    return true;
  }

  #makeParents(name: Uint8Array, start: number, baseStart: number): boolean {
    this.#first = hashSeed;
    this.#second = secondSeed;
    let partStart = start;
    while (partStart < baseStart) {
      const partEnd = name.indexOf(slash, partStart);
      if (!isPlainPart(name, partStart, partEnd, partStart === start)) return false;
      this.#hash(name, partStart, partEnd);
      const found = this.#find();
      if (found === missing) {
        this.hasImplicitDirectories = true;
        this.#set(implicitDirectory);
      } else if (found !== implicitDirectory && found !== explicitDirectory) {
        return false;
      }
      this.#hashByte(slash);
      partStart = partEnd + 1;
    }
    return true;
  }

  /** A whiteout of what the layer has cannot be unpacked; other names with its prefix are not shown as they are. */
  #addWhiteout(name: Uint8Array, baseStart: number, end: number): boolean {
    if (!hasPrefix(name, baseStart, end, whiteoutPrefix)) return false;
    this.hasWhiteouts = true;
    const length = end - baseStart;
    if (length === opaqueMarker.length && hasPrefix(name, baseStart, end, opaqueMarker)) return true;
    const hiddenStart = baseStart + whiteoutPrefix.length;
    if (!isPlainPart(name, hiddenStart, end, false)) return false;
    this.#hash(name, hiddenStart, end);
    if (this.#find() !== missing) return false;
    this.#set(whiteout);
    return true;
  }

  #isLatestParent(name: Uint8Array, length: number): boolean {
    if (length !== this.#parentLength) return false;
    const known = this.#parentBytes;
    for (let at = 0; at < length; at++) if (name[at] !== known[at]) return false;
    return true;
  }

  #keepParent(name: Uint8Array, length: number): void {
    if (length > this.#parentBytes.length) this.#parentBytes = new Uint8Array(2 * length);
    for (let at = 0; at < length; at++) this.#parentBytes[at] = name[at]!;
    this.#parentLength = length;
    this.#parentFirst = this.#first;
    this.#parentSecond = this.#second;
  }

  #hash(bytes: Uint8Array, start: number, end: number): void {
    let first = this.#first;
    let second = this.#second;
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      first = imul(first ^ byte, prime);
      second = imul(second + byte, secondPrime);
      second ^= second >>> 15;
    }
    this.#first = first;
    this.#second = second;
  }

  #hashByte(byte: number): void {
    this.#first = imul(this.#first ^ byte, prime);
    this.#second = imul(this.#second + byte, secondPrime);
    this.#second ^= this.#second >>> 15;
  }

  /** What the path hashed last is. */
  #find(): number {
    const value = this.#slots[this.#findSlot(this.#first, this.#second) + 2]!;
    return value === 0 ? missing : value - 5;
  }

  #findSlot(first: number, second: number): number {
    const mask = this.#slotCount - 1;
    let slot = (first ^ (first >>> 15) ^ second) & mask;
    for (;;) {
      const at = 3 * slot;
      if (this.#slots[at + 2] === 0) return at;
      if (this.#slots[at] === first && this.#slots[at + 1] === second) return at;
      slot = (slot + 1) & mask;
    }
  }

  #set(value: number): void {
    const at = this.#findSlot(this.#first, this.#second);
    if (this.#slots[at + 2] === 0) this.#count++;
    this.#slots[at] = this.#first;
    this.#slots[at + 1] = this.#second;
    this.#slots[at + 2] = value + 5;
    if (4 * this.#count > 3 * this.#slotCount) this.#grow();
  }

  #grow(): void {
    const old = this.#slots;
    this.#slotCount *= 2;
    this.#slots = new Int32Array(3 * this.#slotCount);
    for (let at = 0; at < old.length; at += 3) {
      if (old[at + 2] === 0) continue;
      const to = this.#findSlot(old[at]!, old[at + 1]!);
      this.#slots[to] = old[at]!;
      this.#slots[to + 1] = old[at + 1]!;
      this.#slots[to + 2] = old[at + 2]!;
    }
  }
}

/** Behind one leading `/` or `./`, which most archivers write. */
function trimmedStart(name: Uint8Array): number {
  if (name[0] === slash) return 1;
  if (name[0] === dot && (name.length === 1 || name[1] === slash)) return Math.min(2, name.length);
  return 0;
}

/** In front of one trailing slash. */
function trimmedEnd(name: Uint8Array): number {
  return name.length > 0 && name[name.length - 1] === slash ? name.length - 1 : name.length;
}

function lastSlash(name: Uint8Array, end: number): number {
  let at = end - 1;
  while (at >= 0 && name[at] !== slash) at--;
  return at;
}

/** Whether it is a name like any other: not empty, `.`, `..`, too long, a whiteout, or the snapshotter's own at the root. */
function isPlainPart(name: Uint8Array, start: number, end: number, isAtRoot: boolean): boolean {
  const length = end - start;
  if (length === 0 || length > longestNameBytes) return false;
  if (name[start] !== dot) return true;
  if (length <= 2 && name[end - 1] === dot) return false;
  if (hasPrefix(name, start, end, whiteoutPrefix)) return false;
  return !isAtRoot || length !== stateDirectory.length || !hasPrefix(name, start, end, stateDirectory);
}

function hasPrefix(name: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (name[start + at] !== prefix[at]) return false;
  return true;
}
