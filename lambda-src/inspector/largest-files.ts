// Finds the largest files of a layer without sorting all of them, because there may be a million.
import type { EntryType } from '../core/tar/entry.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';

export interface LargeFile {
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Offset of its data in the layer's tar. */
  readonly offset: number;
  readonly type: EntryType;
}

/** The `count` largest files, largest first; files of equal size in layer order. */
export function findLargestFiles(contents: PackedEntries, count: number): readonly LargeFile[] {
  const largest: { readonly index: number; readonly size: number }[] = [];
  let index = -1;
  for (const entry of contents.walk()) {
    index++;
    const size = Number(entry.uncompressedSize);
    if (largest.length === count && size <= largest.at(-1)!.size) continue;
    const place = largest.findIndex((other) => other.size < size);
    largest.splice(place < 0 ? largest.length : place, 0, { index, size });
    if (largest.length > count) largest.pop();
  }
  return largest.map(({ index, size }) => {
    const { name, uncompressedOffset, type } = contents.at(index);
    return { name: Buffer.from(name).toString(), size, offset: uncompressedOffset, type };
  });
}
