// What the machines read of a layer: its entries in order, as a tar reader gathers them or a zTOC has them.
import type { EntryType, TarEntry } from '../tar/entry.ts';

/** The part of an entry that decides how it is unpacked and shown. Without `inArchive` its numbers are taken to be ordinary. */
export type LayerEntry = Omit<TarEntry, 'userName' | 'groupName'>;

/** The entries of a layer in the order of its tar. `PackedEntries` are one, gathered from a tar or read back from a zTOC. */
export interface EntryList {
  readonly length: number;
  /** Entry `index`. Its arrays are views and stay valid while the list does. */
  at(index: number): LayerEntry;
}

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
