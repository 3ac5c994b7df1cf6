// What the machines read of a layer: its entries in order, as its table of contents has them, and the few numbers that
// a zTOC has no room for.
import type { EntryType } from '../tar/entry.ts';
import type { PackedEntry } from '../ztoc/table-of-contents.ts';

/** The part of an entry that decides how it is unpacked and shown. */
export type LayerEntry = Omit<PackedEntry, 'userName' | 'groupName'>;

/** The entries of a layer in the order of its tar. A `TableOfContents` is one, whether built from a tar or read back. */
export interface EntryList {
  readonly length: number;
  /** Entry `index`. Its arrays are views and stay valid while the list does. */
  packedAt(index: number): LayerEntry;
}

/** What a tar says of an entry and a zTOC does not. */
export interface OddNumbers {
  /** Bytes of data in the archive, if they are not the size: only the holes of a sparse file make a difference. */
  readonly storedBytes?: number;
  /** Whether the uid or the gid is negative or does not fit in 32 bits. */
  readonly hasWideId?: boolean;
}

/** By index of the entry; nearly every layer has none. */
export type OddEntries = ReadonlyMap<number, OddNumbers>;

/** Which types have data in the archive, whatever their size field says. */
export function hasData(type: EntryType): boolean {
  return type === 'reg';
}

/** A key of PAX records that carries an extended attribute starts so. */
const xattrPrefix = Buffer.from('SCHILY.xattr.');

/** Calls `visit` with each extended attribute of an entry, both as one character a byte. */
export function forEachXattr(
  entry: Pick<LayerEntry, 'paxRecords'>,
  visit: (key: string, value: string) => void,
): void {
  for (const { key, value } of entry.paxRecords) {
    if (startsWith(key, xattrPrefix)) visit(latin1(key.subarray(xattrPrefix.length)), latin1(value));
  }
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let at = 0; at < prefix.length; at++) if (bytes[at] !== prefix[at]) return false;
  return true;
}

/** One character a byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
