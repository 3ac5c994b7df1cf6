// Decodes a zTOC. Its bytes are untrusted. The result is always a zTOC or a FormatError, within a short time and with memory
// proportional to the number of bytes.
import { ByteBuffer } from 'flatbuffers';
import { FormatError } from '../errors.ts';
import { type Digest, isDigest } from '../oci/descriptor.ts';
import { quoteText } from '../oci/quotation.ts';
import { entryTypes, type EntryType, type PaxRecord } from '../tar/entry.ts';
import { PackedEntries } from '../tar/packed-entries.ts';
import { parseRfc3339 } from '../tar/time.ts';
import { decodeGzipSpanIndex, decodeTarSpanIndex } from './checkpoints.ts';
import { FlatTable } from './flat-table.ts';
import { countUncompressedSpans } from './uncompressed-spans.ts';
import type { SpanIndex, Ztoc } from './ztoc.ts';
import { ztocVersion } from './ztoc.ts';
import * as schema from './ztoc-schema.ts';

const utf8 = new TextDecoder();

/** Its table with two offsets, and its slot in the vector. */
const minimumPaxRecordBytes = 16;

/** Its table with the offset of its type, and its slot in the vector; the type with its length and NUL. */
const smallestFileBytes = 12 + 8;

/** The text with its length, and its slot in the vector. */
const smallestSpanDigestBytes = 71 + 8;

/** @throws FormatError if the bytes are not a zTOC of the supported version, or are inconsistent. */
export function decodeZtoc(bytes: Uint8Array): Ztoc {
  const root = FlatTable.root(new ByteBuffer(bytes));
  const version = utf8.decode(root.readBytes(schema.ztocVersionSlot));
  if (version !== ztocVersion) {
    throw new FormatError('ztoc', `its version is ${quoteText(version)}, not "${ztocVersion}"`);
  }
  const compressionInfo = root.readTable(schema.ztocCompressionInfoSlot);
  const compressedSize = root.readSize(schema.ztocCompressedArchiveSizeSlot);
  const spans = readSpanIndex(compressionInfo);
  const spanDigests = readSpanDigests(compressionInfo, bytes.length);
  const spanCount =
    spans.compression === 'gzip'
      ? spans.checkpoints.length
      : countUncompressedSpans(spans.layerBytes, spans.spanSizeBytes);
  const maxSpanId = compressionInfo.readInt32(schema.maxSpanIdSlot);
  if (spanDigests.length !== spanCount || maxSpanId !== spanCount - 1) {
    throw new FormatError(
      'ztoc',
      `it has ${spanCount} spans, but ${spanDigests.length} digests, and its last span has number ${maxSpanId}`,
    );
  }
  const lastCheckpoint = spans.compression === 'gzip' ? spans.checkpoints.at(-1) : undefined;
  if (lastCheckpoint !== undefined && lastCheckpoint.compressedOffset >= compressedSize) {
    throw new FormatError(
      'ztoc',
      `its last checkpoint is beyond the end of its layer of ${compressedSize} bytes`,
    );
  }
  return {
    buildToolIdentifier: utf8.decode(root.readBytes(schema.ztocBuildToolIdentifierSlot)),
    compressedSize,
    uncompressedSize: root.readSize(schema.ztocUncompressedArchiveSizeSlot),
    spanDigests,
    spans,
    contents: readContents(root.readTable(schema.ztocTocSlot), bytes.length),
  };
}

function readSpanIndex(compressionInfo: FlatTable): SpanIndex {
  const algorithm = compressionInfo.readInt8(schema.compressionAlgorithmSlot, schema.gzipAlgorithm);
  const blob = compressionInfo.readBytes(schema.checkpointsSlot);
  if (algorithm === schema.gzipAlgorithm) return decodeGzipSpanIndex(blob);
  if (algorithm === schema.uncompressedAlgorithm) return decodeTarSpanIndex(blob);
  throw new FormatError('ztoc', `its compression algorithm ${algorithm} is unknown`);
}

function readSpanDigests(compressionInfo: FlatTable, ztocBytes: number): readonly Digest[] {
  const digests: Digest[] = [];
  for (const string of compressionInfo.readStrings(schema.spanDigestsSlot)) {
    const digest = utf8.decode(string);
    if (!isDigest(digest)) throw new FormatError('ztoc', `the digest of span ${digests.length} is invalid`);
    digests.push(digest);
    if (digests.length * smallestSpanDigestBytes > ztocBytes) throw sharedParts();
  }
  return digests;
}

function readContents(toc: FlatTable, ztocBytes: number): PackedEntries {
  const contents = new PackedEntries();
  for (const file of toc.readTables(schema.tocMetadataSlot)) {
    const type = utf8.decode(file.readBytes(schema.fileTypeSlot));
    if (!isEntryType(type)) {
      throw new FormatError('ztoc', `file ${contents.length} is of type ${quoteText(type)}`);
    }
    const paxRecords: PaxRecord[] = [];
    let paxBytes = 0;
    for (const xattr of file.readTables(schema.fileXattrsSlot)) {
      if ((contents.paxRecordCount + paxRecords.length) * minimumPaxRecordBytes > ztocBytes)
        throw sharedParts();
      const record = {
        key: xattr.readBytes(schema.xattrKeySlot),
        value: xattr.readBytes(schema.xattrValueSlot),
      };
      paxRecords.push(record);
      paxBytes += record.key.length + record.value.length;
      if (paxBytes > ztocBytes) throw sharedParts();
    }
    contents.add({
      name: file.readBytes(schema.fileNameSlot),
      type,
      uncompressedOffset: file.readSize(schema.fileUncompressedOffsetSlot),
      uncompressedSize: file.readInt64(schema.fileUncompressedSizeSlot),
      linkName: file.readBytes(schema.fileLinkNameSlot),
      mode: file.readInt64(schema.fileModeSlot),
      uid: file.readUint32(schema.fileUidSlot),
      gid: file.readUint32(schema.fileGidSlot),
      userName: file.readBytes(schema.fileUserNameSlot),
      groupName: file.readBytes(schema.fileGroupNameSlot),
      modificationTime: readTime(file.readBytes(schema.fileModificationTimeSlot), contents.length),
      deviceMajor: file.readInt64(schema.fileDeviceMajorSlot),
      deviceMinor: file.readInt64(schema.fileDeviceMinorSlot),
      paxRecords,
    });
    if (contents.stringBytes > ztocBytes || contents.length * smallestFileBytes > ztocBytes)
      throw sharedParts();
  }
  return contents;
}

/** The maximum length of a time, plus one byte. */
const lookedAtTimeBytes = 36;

function readTime(bytes: Uint8Array, file: number): string {
  const time = String.fromCharCode(...bytes.subarray(0, lookedAtTimeBytes));
  if (time !== '' && parseRfc3339(time) === 'malformed')
    throw new FormatError('ztoc', `the modification time of file ${file} is invalid`);
  return time;
}

/**
 * No builder shares files, strings, records or digests. If sharing were accepted, a few bytes could expand to gigabytes.
 */
function sharedParts(): FormatError {
  return new FormatError('ztoc', 'its files share strings or PAX records, or its spans share digests');
}

function isEntryType(text: string): text is EntryType {
  return (entryTypes as readonly string[]).includes(text);
}
