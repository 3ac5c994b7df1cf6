// Writes a zTOC as the FlatBuffer that the reference writes, byte for byte: the schema's slots, filled in its order.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/fbs/ztoc.fbs and ztoc/ztoc_marshaler.go
import { Builder } from 'flatbuffers';
import { FormatError } from '../errors.ts';
import type { EntryType, PaxRecord } from '../tar/entry.ts';
import { spanIndexBytes, writeSpanIndex } from './checkpoints.ts';
import type { PackedEntry, TableOfContents } from './table-of-contents.ts';
import { largestZtocBytes, type LayerCompression, type Ztoc, ztocVersion } from './ztoc.ts';

/** Slot numbers of the schema's tables; the reader uses them too. */
export const ztocSlots = {
  version: 0,
  buildToolIdentifier: 1,
  compressedArchiveSize: 2,
  uncompressedArchiveSize: 3,
  toc: 4,
  compressionInfo: 5,
} as const;
export const tocSlots = { metadata: 0 } as const;
export const fileSlots = {
  name: 0,
  type: 1,
  uncompressedOffset: 2,
  uncompressedSize: 3,
  linkName: 4,
  mode: 5,
  uid: 6,
  gid: 7,
  userName: 8,
  groupName: 9,
  modificationTime: 10,
  deviceMajor: 11,
  deviceMinor: 12,
  xattrs: 13,
} as const;
export const xattrSlots = { key: 0, value: 1 } as const;
export const compressionInfoSlots = {
  compressionAlgorithm: 0,
  maxSpanId: 1,
  spanDigests: 2,
  checkpoints: 3,
} as const;

/** The schema's enum. Gzip is the default, and so never written. */
export const compressionAlgorithms: Readonly<Record<LayerCompression, number>> = { gzip: 1, uncompressed: 2 };

// What an entry takes at the most beside its strings: its table with soffset, 14 fields and padding, its vtable, six
// string lengths with NUL and padding, the length of its xattrs vector, its place in the metadata vector.
const bytesPerEntry = 4 + 6 * 8 + 8 * 4 + 8 + 32 + 6 * 8 + 4 + 4;
// A PAX record: its table and vtable, two string lengths with NUL and padding, its place in the xattrs vector.
const bytesPerPaxRecord = 12 + 8 + 2 * 8 + 4;
const bytesPerSpanDigest = 4 + 71 + 1 + 4;
const bytesPerZtoc = 1024;

/**
 * The bytes of a zTOC blob.
 *
 * @throws FormatError if it would be too large for its format (2 GiB: over 200 GiB of layer, or some 8 million files).
 */
export function encodeZtoc(ztoc: Ztoc): Uint8Array {
  const { contents, spanDigests } = ztoc;
  // One allocation, never too small: a builder that grows doubles its buffer, and holds both for a moment.
  const upperBound =
    bytesPerZtoc +
    spanIndexBytes(ztoc.spans) +
    ztoc.buildToolIdentifier.length * 4 +
    spanDigests.length * bytesPerSpanDigest +
    boundContentsBytes(contents);
  if (upperBound > largestZtocBytes) {
    throw new FormatError(
      'ztoc',
      `${contents.length} files and ${spanDigests.length} spans do not fit into 2 GiB`,
    );
  }
  const builder = new Builder(upperBound);
  const version = builder.createString(ztocVersion);
  const buildToolIdentifier = builder.createString(ztoc.buildToolIdentifier);
  const toc = writeContents(builder, contents);
  const compressionInfo = writeCompressionInfo(builder, ztoc);

  builder.startObject(6);
  builder.addFieldOffset(ztocSlots.version, version, 0);
  builder.addFieldOffset(ztocSlots.buildToolIdentifier, buildToolIdentifier, 0);
  builder.addFieldOffset(ztocSlots.toc, toc, 0);
  builder.addFieldInt64(ztocSlots.compressedArchiveSize, BigInt(ztoc.compressedSize), 0n);
  builder.addFieldInt64(ztocSlots.uncompressedArchiveSize, BigInt(ztoc.uncompressedSize), 0n);
  builder.addFieldOffset(ztocSlots.compressionInfo, compressionInfo, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

/** So many bytes of a zTOC its table of contents takes at the most. */
export function boundContentsBytes(contents: TableOfContents): number {
  return contents.length * bytesPerEntry + contents.paxRecordCount * bytesPerPaxRecord + contents.stringBytes;
}

function writeContents(builder: Builder, contents: TableOfContents): number {
  // The last file is written first: a FlatBuffer grows towards its start.
  const files: number[] = [];
  for (let index = contents.length - 1; index >= 0; index--)
    files.push(writeEntry(builder, contents.packedAt(index)));
  builder.startVector(4, files.length, 4);
  for (const file of files) builder.addOffset(file);
  const metadata = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(tocSlots.metadata, metadata, 0);
  return builder.endObject();
}

const ascii = new TextEncoder();
/** The schema's words, encoded once. */
const entryTypeWords: Readonly<Record<EntryType, Uint8Array>> = {
  reg: ascii.encode('reg'),
  hardlink: ascii.encode('hardlink'),
  symlink: ascii.encode('symlink'),
  char: ascii.encode('char'),
  block: ascii.encode('block'),
  dir: ascii.encode('dir'),
  fifo: ascii.encode('fifo'),
};

function writeEntry(builder: Builder, entry: PackedEntry): number {
  const name = builder.createString(entry.name);
  const type = builder.createString(entryTypeWords[entry.type]);
  const linkName = builder.createString(entry.linkName);
  const userName = builder.createString(entry.userName);
  const groupName = builder.createString(entry.groupName);
  const modificationTime = builder.createString(entry.modificationTime);
  const xattrs = writePaxRecords(builder, entry.paxRecords);

  builder.startObject(14);
  builder.addFieldOffset(fileSlots.name, name, 0);
  builder.addFieldOffset(fileSlots.type, type, 0);
  builder.addFieldInt64(fileSlots.uncompressedOffset, BigInt(entry.uncompressedOffset), 0n);
  builder.addFieldInt64(fileSlots.uncompressedSize, entry.uncompressedSize, 0n);
  builder.addFieldOffset(fileSlots.linkName, linkName, 0);
  builder.addFieldInt64(fileSlots.mode, entry.mode, 0n);
  builder.addFieldInt32(fileSlots.uid, entry.uid, 0);
  builder.addFieldInt32(fileSlots.gid, entry.gid, 0);
  builder.addFieldOffset(fileSlots.userName, userName, 0);
  builder.addFieldOffset(fileSlots.groupName, groupName, 0);
  builder.addFieldOffset(fileSlots.modificationTime, modificationTime, 0);
  builder.addFieldInt64(fileSlots.deviceMajor, entry.deviceMajor, 0n);
  builder.addFieldInt64(fileSlots.deviceMinor, entry.deviceMinor, 0n);
  builder.addFieldOffset(fileSlots.xattrs, xattrs, 0);
  return builder.endObject();
}

/** What the schema calls xattrs: every PAX record. They come sorted by key. */
function writePaxRecords(builder: Builder, records: readonly PaxRecord[]): number {
  const tables: number[] = [];
  for (const record of records) {
    const key = builder.createString(record.key);
    const value = builder.createString(record.value);
    builder.startObject(2);
    builder.addFieldOffset(xattrSlots.key, key, 0);
    builder.addFieldOffset(xattrSlots.value, value, 0);
    tables.push(builder.endObject());
  }
  builder.startVector(4, tables.length, 4);
  for (let index = tables.length - 1; index >= 0; index--) builder.addOffset(tables[index]!);
  return builder.endVector();
}

function writeCompressionInfo(builder: Builder, ztoc: Ztoc): number {
  const checkpoints = writeSpanIndex(builder, ztoc.spans);
  const digests = ztoc.spanDigests.map((digest) => builder.createString(digest));
  builder.startVector(4, digests.length, 4);
  for (let index = digests.length - 1; index >= 0; index--) builder.addOffset(digests[index]!);
  const spanDigests = builder.endVector();

  builder.startObject(4);
  builder.addFieldInt32(compressionInfoSlots.maxSpanId, ztoc.spanDigests.length - 1, 0);
  builder.addFieldOffset(compressionInfoSlots.spanDigests, spanDigests, 0);
  builder.addFieldOffset(compressionInfoSlots.checkpoints, checkpoints, 0);
  builder.addFieldInt8(
    compressionInfoSlots.compressionAlgorithm,
    compressionAlgorithms[ztoc.spans.compression],
    compressionAlgorithms.gzip,
  );
  return builder.endObject();
}
