// Numbers for the parts of paths. The trees of all layers share them, so they store and compare numbers only. Names are bytes.

import { hashSeed } from './hash-seed.ts';

const { imul } = Math;

const initialNames = 1024;

/** Prefix of whiteouts and opaque markers. */
const whiteoutPrefix = Buffer.from('.wh.');
const opaqueMarker = Buffer.from('.wh..wh..opq');
const stateDirectory = Buffer.from('.soci-snapshotter');

/*
 * State:
 *   bytes, starts    all names, concatenated; name i is bytes[starts[i], starts[i + 1])
 *   hashes           the hash of each name, so that the table can grow without reading names again
 *   slots            name + 1, or 0: open addressing with linear probing, size a power of two, at most half full
 */
export class NameTable {
  #bytes = new Uint8Array(16 * initialNames);
  #starts = new Uint32Array(initialNames + 1);
  #hashes = new Int32Array(initialNames);
  #slots = new Int32Array(2 * initialNames);
  #count = 0;

  /** `.wh..wh..opq`, which makes its directory opaque. */
  readonly opaqueMarker = this.intern(opaqueMarker, 0, opaqueMarker.length);
  /** The snapshotter's state directory in the root of a layer. */
  readonly stateDirectory = this.intern(stateDirectory, 0, stateDirectory.length);

  /** The number of the name `bytes[start, end)`. Equal names have equal numbers. */
  intern(bytes: Uint8Array, start: number, end: number): number {
    let hash = hashSeed;
    for (let at = start; at < end; at++) hash = imul(hash ^ bytes[at]!, 0x01000193);
    hash = imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash ^= hash >>> 13;
    let slot = hash & (this.#slots.length - 1);
    for (;;) {
      const found = this.#slots[slot]! - 1;
      if (found < 0) break;
      if (this.#hashes[found] === hash && this.#equals(found, bytes, start, end)) return found;
      slot = (slot + 1) & (this.#slots.length - 1);
    }
    return this.#add(hash, slot, bytes, start, end);
  }

  /** A read-only view. */
  bytesOf(name: number): Uint8Array {
    return this.#bytes.subarray(this.#starts[name], this.#starts[name + 1]);
  }

  lengthOf(name: number): number {
    return this.#starts[name + 1]! - this.#starts[name]!;
  }

  /** Whether the name starts with `.wh.`. */
  hasWhiteoutPrefix(name: number): boolean {
    const start = this.#starts[name]!;
    return (
      this.#starts[name + 1]! - start >= whiteoutPrefix.length &&
      whiteoutPrefix.every((byte, at) => this.#bytes[start + at] === byte)
    );
  }

  /** The name after the first `.wh.`; undefined if that is empty, `.` or `..`. */
  withoutWhiteoutPrefix(name: number): number | undefined {
    const rest = this.bytesOf(name).slice(whiteoutPrefix.length);
    const dots = rest.every((byte) => byte === 0x2e);
    return dots && rest.length <= 2 ? undefined : this.intern(rest, 0, rest.length);
  }

  #equals(name: number, bytes: Uint8Array, start: number, end: number): boolean {
    const from = this.#starts[name]!;
    if (this.#starts[name + 1]! - from !== end - start) return false;
    for (let at = start; at < end; at++) if (this.#bytes[from + at - start] !== bytes[at]) return false;
    return true;
  }

  #add(hash: number, slot: number, bytes: Uint8Array, start: number, end: number): number {
    const name = this.#count++;
    const from = this.#starts[name]!;
    const to = from + end - start;
    if (to > this.#bytes.length) {
      const larger = new Uint8Array(2 * to);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    if (name === this.#hashes.length) {
      const hashes = new Int32Array(2 * name);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
      const starts = new Uint32Array(2 * name + 1);
      starts.set(this.#starts);
      this.#starts = starts;
    }
    for (let at = start; at < end; at++) this.#bytes[from + at - start] = bytes[at]!;
    this.#starts[name + 1] = to;
    this.#hashes[name] = hash;
    this.#slots[slot] = name + 1;
    if (2 * this.#count > this.#slots.length) this.#growSlots();
    return name;
  }

  #growSlots(): void {
    const slots = new Int32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let name = 0; name < this.#count; name++) {
      let slot = this.#hashes[name]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = name + 1;
    }
    this.#slots = slots;
  }
}
