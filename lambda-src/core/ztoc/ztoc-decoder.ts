// Reads a zTOC back. Its bytes are not trusted: whatever they are, the end is a zTOC or a FormatError, soon, and in
// memory that the size of the bytes bounds.
import { ByteBuffer } from 'flatbuffers';
import { FormatError } from '../errors.ts';
import { type Digest, isDigest } from '../oci/descriptor.ts';
import { quoteText } from '../oci/quotation.ts';
import type { EntryType, PaxRecord } from '../tar/entry.ts';
import { decodeGzipSpanIndex, decodeTarSpanIndex } from './checkpoints.ts';
import { FlatTable } from './flat-table.ts';
import { TableOfContents } from './table-of-contents.ts';
import { countUncompressedSpans } from './uncompressed-spans.ts';
import type { SpanIndex, Ztoc } from './ztoc.ts';
import { ztocVersion } from './ztoc.ts';
import {
  compressionAlgorithms,
  compressionInfoSlots,
  fileSlots,
  tocSlots,
  xattrSlots,
  ztocSlots,
} from './ztoc-encoder.ts';

const utf8 = new TextDecoder();

/** A table with two offsets, and its place in the vector. */
const smallestPaxRecordBytes = 16;

/** A table with the offset of its type, and its place in the vector; the type with its length and NUL. */
const smallestFileBytes = 12 + 8;

/** The text with its length, and its place in the vector. */
const smallestSpanDigestBytes = 71 + 8;

const entryTypes: ReadonlySet<string> = new Set<EntryType>([
  'reg',
  'hardlink',
  'symlink',
  'char',
  'block',
  'dir',
  'fifo',
]);

/** @throws FormatError if the bytes are no zTOC of the one version there is, or contradict themselves. */
export function decodeZtoc(bytes: Uint8Array): Ztoc {
  const root = FlatTable.root(new ByteBuffer(bytes));
  const version = utf8.decode(root.readBytes(ztocSlots.version));
  if (version !== ztocVersion) {
    throw new FormatError('ztoc', `its version is ${quoteText(version)}, not "${ztocVersion}"`);
  }
  const compressionInfo = root.readTable(ztocSlots.compressionInfo);
  const compressedSize = root.readSize(ztocSlots.compressedArchiveSize);
  const spans = readSpanIndex(compressionInfo);
  const spanDigests = readSpanDigests(compressionInfo, bytes.length);
  const spanCount =
    spans.compression === 'gzip'
      ? spans.checkpoints.length
      : countUncompressedSpans(spans.layerBytes, spans.spanSizeBytes);
  const maxSpanId = compressionInfo.readInt32(compressionInfoSlots.maxSpanId);
  if (spanDigests.length !== spanCount || maxSpanId !== spanCount - 1) {
    throw new FormatError(
      'ztoc',
      `it has ${spanCount} spans, but ${spanDigests.length} digests, and ${maxSpanId} as the last span's number`,
    );
  }
  const lastCheckpoint = spans.compression === 'gzip' ? spans.checkpoints.at(-1) : undefined;
  if (lastCheckpoint !== undefined && lastCheckpoint.compressedOffset >= compressedSize) {
    throw new FormatError('ztoc', `its last checkpoint lies behind its layer of ${compressedSize} bytes`);
  }
  return {
    buildToolIdentifier: utf8.decode(root.readBytes(ztocSlots.buildToolIdentifier)),
    compressedSize,
    uncompressedSize: root.readSize(ztocSlots.uncompressedArchiveSize),
    spanDigests,
    spans,
    contents: readContents(root.readTable(ztocSlots.toc), bytes.length),
  };
}

function readSpanIndex(compressionInfo: FlatTable): SpanIndex {
  const algorithm = compressionInfo.readInt8(
    compressionInfoSlots.compressionAlgorithm,
    compressionAlgorithms.gzip,
  );
  const blob = compressionInfo.readBytes(compressionInfoSlots.checkpoints);
  if (algorithm === compressionAlgorithms.gzip) return decodeGzipSpanIndex(blob);
  if (algorithm === compressionAlgorithms.uncompressed) return decodeTarSpanIndex(blob);
  throw new FormatError('ztoc', `its compression algorithm is number ${algorithm}`);
}

function readSpanDigests(compressionInfo: FlatTable, ztocBytes: number): readonly Digest[] {
  const digests: Digest[] = [];
  for (const string of compressionInfo.readStrings(compressionInfoSlots.spanDigests)) {
    const digest = utf8.decode(string);
    if (!isDigest(digest)) throw new FormatError('ztoc', `the digest of span ${digests.length} is no digest`);
    digests.push(digest);
    if (digests.length * smallestSpanDigestBytes > ztocBytes) throw sharedParts();
  }
  return digests;
}

function readContents(toc: FlatTable, ztocBytes: number): TableOfContents {
  const contents = new TableOfContents();
  for (const file of toc.readTables(tocSlots.metadata)) {
    const type = utf8.decode(file.readBytes(fileSlots.type));
    if (!isEntryType(type)) {
      throw new FormatError('ztoc', `file ${contents.length} is of type ${quoteText(type)}`);
    }
    const paxRecords: PaxRecord[] = [];
    let paxBytes = 0;
    for (const xattr of file.readTables(fileSlots.xattrs)) {
      if ((contents.paxRecordCount + paxRecords.length) * smallestPaxRecordBytes > ztocBytes)
        throw sharedParts();
      const record = { key: xattr.readBytes(xattrSlots.key), value: xattr.readBytes(xattrSlots.value) };
      paxRecords.push(record);
      paxBytes += record.key.length + record.value.length;
      if (paxBytes > ztocBytes) throw sharedParts();
    }
    contents.add({
      name: file.readBytes(fileSlots.name),
      type,
      uncompressedOffset: file.readSize(fileSlots.uncompressedOffset),
      uncompressedSize: file.readInt64(fileSlots.uncompressedSize),
      linkName: file.readBytes(fileSlots.linkName),
      mode: file.readInt64(fileSlots.mode),
      uid: file.readUint32(fileSlots.uid),
      gid: file.readUint32(fileSlots.gid),
      userName: file.readBytes(fileSlots.userName),
      groupName: file.readBytes(fileSlots.groupName),
      modificationTime: readTime(file.readBytes(fileSlots.modificationTime), contents.length),
      deviceMajor: file.readInt64(fileSlots.deviceMajor),
      deviceMinor: file.readInt64(fileSlots.deviceMinor),
      paxRecords,
    });
    if (contents.stringBytes > ztocBytes || contents.length * smallestFileBytes > ztocBytes)
      throw sharedParts();
  }
  return contents;
}

/** RFC 3339, as Go writes it, in any zone; or nothing. */
const timePattern = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?$/;

/** Of the longest time, and one byte more. */
const lookedAtTimeBytes = 36;

function readTime(bytes: Uint8Array, file: number): string {
  const time = String.fromCharCode(...bytes.subarray(0, lookedAtTimeBytes));
  if (!timePattern.test(time)) throw new FormatError('ztoc', `the modification time of file ${file} is none`);
  return time;
}

/** Builders share no files, strings, records or digests. Whoever does could make a few bytes stand for gigabytes. */
function sharedParts(): FormatError {
  return new FormatError('ztoc', 'its files share strings or PAX records, or its spans digests');
}

function isEntryType(text: string): text is EntryType {
  return entryTypes.has(text);
}
