// The path of an entry, cleaned as in containerd and the snapshotter: "./a", "/a", "x/../a", "a//" and "../a" are all
// "a". Its parts are numbers from a NameTable.
import type { NameTable } from './name-table.ts';

const slash = 0x2f;
const dot = 0x2e;

/** Represents `..` in the parts of an uncleaned path. */
export const parentPart = -2;

/**
 * State: `parts[0, depth)` is the latest path. Consecutive entries are usually in the same directory, so the bytes up to
 * the last slash are kept. If the next name starts with the same bytes, only its last part is looked up.
 */
export class EntryPath {
  parts = new Int32Array(64);
  /** Number of parts; 0 for the root. */
  depth = 0;
  /** Whether all parts except the last equal those of the previous path. */
  hasSameParent = false;

  readonly #names: NameTable;
  #parentBytes = new Uint8Array(256);
  #parentLength = -1;

  constructor(names: NameTable) {
    this.#names = names;
  }

  set(name: Uint8Array): void {
    let end = name.length;
    while (end > 0 && name[end - 1] === slash) end--;
    const baseStart = end === 0 ? 0 : name.lastIndexOf(slash, end - 1) + 1;
    if (isDots(name, baseStart, end)) {
      this.#parentLength = -1;
      this.#setAll(name);
      return;
    }
    this.hasSameParent = this.#isParent(name, baseStart);
    if (this.hasSameParent) {
      this.parts[this.depth - 1] = this.#names.intern(name, baseStart, end);
      return;
    }
    this.#setAll(name.subarray(0, baseStart));
    this.#push(this.#names.intern(name, baseStart, end));
    this.#keepParent(name, baseStart);
  }

  #setAll(name: Uint8Array): void {
    this.hasSameParent = false;
    this.depth = 0;
    forEachPart(name, (start, end) => {
      if (!isDots(name, start, end)) this.#push(this.#names.intern(name, start, end));
      else if (end - start === 2) this.depth = Math.max(0, this.depth - 1);
    });
  }

  #push(part: number): void {
    if (this.depth === this.parts.length) {
      const larger = new Int32Array(2 * this.depth);
      larger.set(this.parts);
      this.parts = larger;
    }
    this.parts[this.depth++] = part;
  }

  #isParent(name: Uint8Array, length: number): boolean {
    if (length !== this.#parentLength) return false;
    for (let at = 0; at < length; at++) if (name[at] !== this.#parentBytes[at]) return false;
    return true;
  }

  #keepParent(name: Uint8Array, length: number): void {
    if (length > this.#parentBytes.length) this.#parentBytes = new Uint8Array(2 * length);
    for (let at = 0; at < length; at++) this.#parentBytes[at] = name[at]!;
    this.#parentLength = length;
  }
}

/** The parts of an uncleaned path. `..` becomes `parentPart`; empty parts and `.` are dropped. */
export function splitPath(path: Uint8Array, names: NameTable): number[] {
  const parts: number[] = [];
  forEachPart(path, (start, end) => {
    if (!isDots(path, start, end)) parts.push(names.intern(path, start, end));
    else if (end - start === 2) parts.push(parentPart);
  });
  return parts;
}

function forEachPart(path: Uint8Array, visit: (start: number, end: number) => void): void {
  let start = 0;
  while (start < path.length) {
    let end = start;
    while (end < path.length && path[end] !== slash) end++;
    if (end > start) visit(start, end);
    start = end + 1;
  }
}

/** Whether `path[start, end)` is empty, `.` or `..`. */
function isDots(path: Uint8Array, start: number, end: number): boolean {
  const length = end - start;
  return length === 0 || (length <= 2 && path[start] === dot && path[end - 1] === dot);
}
