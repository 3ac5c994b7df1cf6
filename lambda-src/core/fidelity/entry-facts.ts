// Derived facts about an entry: its time as numbers, and its extended attributes as a set.
import { parseRfc3339 } from '../tar/time.ts';
import type { LayerEntry } from './entry.ts';
import { forEachXattr } from './entry.ts';
import { noXattrs } from './xattr-sets.ts';
import type { XattrSets } from './xattr-sets.ts';

/** 2262-04-11T23:47:16.854775807Z, the latest time in 63 bits of nanoseconds. */
const latestSeconds = 9_223_372_036;
const latestNanoseconds = 854_775_807;

/** Go's zero time: 0001-01-01T00:00:00Z. */
const zeroSeconds = -62_135_596_800;

/** The times of a layer's entries, by index. */
export class EntryTimes {
  /** Seconds since 1970; NaN if the year is not between 0 and 9999. */
  readonly #seconds: Float64Array;
  readonly #nanoseconds: Uint32Array;

  constructor(count: number) {
    this.#seconds = new Float64Array(count);
    this.#nanoseconds = new Uint32Array(count);
  }

  set(index: number, entry: LayerEntry): void {
    const time = parseRfc3339(entry.modificationTime);
    const isKnown = time !== undefined && time !== 'malformed';
    this.#seconds[index] = isKnown ? Number(time.seconds) : NaN;
    this.#nanoseconds[index] = isKnown ? time.nanoseconds : 0;
  }

  /** Whether RFC 3339, and therefore a zTOC, can represent the time. */
  isWritable(index: number): boolean {
    return !Number.isNaN(this.#seconds[index]!);
  }

  /** Whether unpacking preserves the time: from 1970 to 2262. Any other time becomes 1970-01-01. */
  isUnpackable(index: number): boolean {
    const seconds = this.#seconds[index]!;
    const nanoseconds = this.#nanoseconds[index]!;
    return (
      seconds >= 0 &&
      (seconds < latestSeconds || (seconds === latestSeconds && nanoseconds <= latestNanoseconds))
    );
  }

  /** Whether the snapshotter treats the time as missing. */
  isZero(index: number): boolean {
    return this.#seconds[index] === zeroSeconds && this.#nanoseconds[index] === 0;
  }

  /** Whether unpacking entry `left` results in the time that is shown for entry `right`. */
  isSame(left: number, right: number): boolean {
    const isKept = this.isUnpackable(left);
    const seconds = isKept ? this.#seconds[left] : 0;
    const nanoseconds = isKept ? this.#nanoseconds[left] : 0;
    return seconds === this.#seconds[right] && nanoseconds === this.#nanoseconds[right];
  }
}

/** The extended attributes of an entry, in all namespaces. */
export function xattrsOf(entry: LayerEntry, sets: XattrSets): number {
  if (entry.paxRecords.length === 0) return noXattrs;
  const values = new Map<string, string>();
  forEachXattr(entry, (key, value) => values.set(key, value));
  return values.size === 0 ? noXattrs : sets.numberOf(values);
}

/** The mode without the file type. */
export function permissionsOf(entry: LayerEntry): number {
  return Number(entry.mode & 0o7777n);
}

/**
 * The device number as in `stat`, with major and minor number combined: the kernel keeps 12 and 20 bits of what Go's
 * `unix.Mkdev` packs into the low 32 bits.
 */
export function deviceOf(entry: LayerEntry): number {
  const major = Number(BigInt.asUintN(32, entry.deviceMajor));
  const minor = Number(BigInt.asUintN(32, entry.deviceMinor));
  const packed = ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
  return packed;
}
