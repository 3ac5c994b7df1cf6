// Writes a zTOC with Google's own FlatBuffers runtime in the reference's order, as an independent check of our writer.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/fbs/ztoc.fbs and ztoc/ztoc_marshaler.go
import { Builder } from 'flatbuffers';
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import type { SpanIndex, Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';

export function encodeZtocByFlatbuffers(ztoc: Ztoc): Uint8Array {
  const builder = new Builder(1024);
  const version = builder.createString('0.9');
  const buildToolIdentifier = builder.createString(ztoc.buildToolIdentifier);
  const files = [...ztoc.contents].reverse().map((entry) => writeFile(builder, entry));
  builder.startVector(4, files.length, 4);
  for (const file of files) builder.addOffset(file);
  const metadata = builder.endVector();
  builder.startObject(1);
  builder.addFieldOffset(0, metadata, 0);
  const toc = builder.endObject();
  const compressionInfo = writeCompressionInfo(builder, ztoc);

  builder.startObject(6);
  builder.addFieldOffset(0, version, 0);
  builder.addFieldOffset(1, buildToolIdentifier, 0);
  builder.addFieldOffset(4, toc, 0);
  builder.addFieldInt64(2, BigInt(ztoc.compressedSize), 0n);
  builder.addFieldInt64(3, BigInt(ztoc.uncompressedSize), 0n);
  builder.addFieldOffset(5, compressionInfo, 0);
  builder.finish(builder.endObject());
  return builder.asUint8Array();
}

function writeFile(builder: Builder, entry: TarEntry): number {
  const name = builder.createString(entry.name);
  const type = builder.createString(entry.type);
  const linkName = builder.createString(entry.linkName);
  const userName = builder.createString(entry.userName);
  const groupName = builder.createString(entry.groupName);
  const modificationTime = builder.createString(entry.modificationTime);
  const records = entry.paxRecords.map(({ key, value }) => {
    const keyOffset = builder.createString(key);
    const valueOffset = builder.createString(value);
    builder.startObject(2);
    builder.addFieldOffset(0, keyOffset, 0);
    builder.addFieldOffset(1, valueOffset, 0);
    return builder.endObject();
  });
  builder.startVector(4, records.length, 4);
  for (const record of records.reverse()) builder.addOffset(record);
  const xattrs = builder.endVector();

  builder.startObject(14);
  builder.addFieldOffset(0, name, 0);
  builder.addFieldOffset(1, type, 0);
  builder.addFieldInt64(2, BigInt(entry.uncompressedOffset), 0n);
  builder.addFieldInt64(3, entry.uncompressedSize, 0n);
  builder.addFieldOffset(4, linkName, 0);
  builder.addFieldInt64(5, entry.mode, 0n);
  builder.addFieldInt32(6, entry.uid, 0);
  builder.addFieldInt32(7, entry.gid, 0);
  builder.addFieldOffset(8, userName, 0);
  builder.addFieldOffset(9, groupName, 0);
  builder.addFieldOffset(10, modificationTime, 0);
  builder.addFieldInt64(11, entry.deviceMajor, 0n);
  builder.addFieldInt64(12, entry.deviceMinor, 0n);
  builder.addFieldOffset(13, xattrs, 0);
  return builder.endObject();
}

function writeCompressionInfo(builder: Builder, { spans, spanDigests }: Ztoc): number {
  const checkpoints = builder.createByteVector(encodeSpanIndex(spans));
  const digests = spanDigests.map((digest) => builder.createString(digest));
  builder.startVector(4, digests.length, 4);
  for (const digest of digests.reverse()) builder.addOffset(digest);
  const digestVector = builder.endVector();
  builder.startObject(4);
  builder.addFieldInt32(1, spanDigests.length - 1, 0);
  builder.addFieldOffset(2, digestVector, 0);
  builder.addFieldOffset(3, checkpoints, 0);
  builder.addFieldInt8(0, spans.compression === 'gzip' ? 1 : 2, 1);
  return builder.endObject();
}

function encodeSpanIndex(spans: SpanIndex): Uint8Array {
  if (spans.compression === 'uncompressed') {
    const builder = new Builder(64);
    builder.startObject(3);
    builder.addFieldInt32(0, 2, 0);
    builder.addFieldInt64(1, BigInt(spans.spanSizeBytes), 0n);
    builder.addFieldInt64(2, BigInt(spans.layerBytes), 0n);
    builder.finish(builder.endObject());
    return builder.asUint8Array();
  }
  const head = Buffer.alloc(12);
  head.writeInt32LE(spans.checkpoints.length);
  head.writeBigInt64LE(BigInt(spans.spanSizeBytes), 4);
  const parts: Uint8Array[] = [head];
  for (const { compressedOffset, uncompressedOffset, bits, window } of spans.checkpoints) {
    const fixed = Buffer.alloc(17);
    fixed.writeBigInt64LE(BigInt(compressedOffset));
    fixed.writeBigInt64LE(BigInt(uncompressedOffset), 8);
    fixed.writeUInt8(bits, 16);
    parts.push(fixed, window);
  }
  return Buffer.concat(parts);
}
