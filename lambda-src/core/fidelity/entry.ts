// A layer's entries in order, from a tar reader or a zTOC: the input of unpacking (unpacked-layer.ts) and showing
// (shown-layer.ts).
import type { EntryType, TarEntry } from '../tar/entry.ts';

/**
 * The fields of an entry that determine how it is unpacked and shown. Without `inArchive`, its numbers are assumed to be in
 * the usual range.
 */
export type LayerEntry = Omit<TarEntry, 'userName' | 'groupName'>;

/**
 * The entries of a layer in the order of its tar. `PackedEntries` implements this for entries from a tar or a zTOC.
 */
export interface EntryList {
  readonly length: number;
  /** Entry `index`. Its arrays are views that stay valid as long as the list. */
  at(index: number): LayerEntry;
}

/** Whether entries of the type have data in the archive, whatever their size field contains. */
export function hasData(type: EntryType): boolean {
  return type === 'reg';
}

/** Prefix of PAX keys for extended attributes. */
const xattrPrefix = Buffer.from('SCHILY.xattr.');

/** Calls `visit` with each extended attribute of an entry, as strings of one character per byte. */
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

/** A string with one character per byte. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
