// Reads a tar that is completely in memory.
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import type { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { TarReader } from '../../lambda-src/core/tar/tar-reader.ts';
import { TarWriter } from './tar-writer.ts';

/** Pushes the archive in pieces, from memory that is overwritten after each push. @throws As `TarReader`. */
export function readTar(
  archive: Uint8Array,
  pieceBytes = Math.max(archive.length, 1),
): { readonly entries: PackedEntries; readonly end: number } {
  const reader = new TarReader();
  const memory = new Uint8Array(pieceBytes);
  try {
    for (let at = 0; at < archive.length; at += pieceBytes) {
      const piece = memory.subarray(0, Math.min(pieceBytes, archive.length - at));
      piece.set(archive.subarray(at, at + pieceBytes));
      reader.push(piece);
      memory.fill(0xee);
    }
    return reader.finish();
  } finally {
    reader.release();
  }
}

/** The last entry of an archive, which may lack its end marker. */
export function readLastEntry(archive: Uint8Array | TarWriter): TarEntry {
  const { entries } = readTar(archive instanceof TarWriter ? archive.bytes() : archive);
  return entries.at(entries.length - 1);
}
