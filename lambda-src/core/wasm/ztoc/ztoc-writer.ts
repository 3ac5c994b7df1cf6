// Writes a zTOC as the FlatBuffer that the reference writes, byte for byte: the schema's tables, in its order. AssemblyScript.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/ztoc_marshaler.go
//
// ../../ztoc/ztoc-encoder.ts drives it, and takes what has been written, which lies between writtenStart() and writtenEnd(),
// after each call: it goes in front of what was taken before. Offsets that come out are given back where something refers to
// what lies there.
import { ENTRIES, ENTRIES_CAPACITY, FILE_OFFSETS, FLAT_END, LARGEST_ENTRY, PAX_RECORDS_CAPACITY, PLACES, PLACES_CAPACITY } from '../memory-layout';
import { entryBytesAt, paxRecordCountAt } from '../../tar/packed-entry-layout';
import {
  checkpointsSlot,
  compressionAlgorithmSlot,
  compressionInfoSlots,
  gzipAlgorithm,
  maxSpanIdSlot,
  spanDigestsSlot,
  tarZinfoSizeSlot,
  tarZinfoSlots,
  tarZinfoSpanSizeSlot,
  tarZinfoVersion,
  tarZinfoVersionSlot,
  tocMetadataSlot,
  tocSlots,
  ztocBuildToolIdentifierSlot,
  ztocCompressedArchiveSizeSlot,
  ztocCompressionInfoSlot,
  ztocSlots,
  ztocTocSlot,
  ztocUncompressedArchiveSizeSlot,
  ztocVersionSlot,
} from '../../ztoc/ztoc-schema';
import { putFile } from './file-table';
import {
  addInt32,
  addInt64,
  addInt8,
  addReference,
  align,
  beginFlatBuffer,
  beginTable,
  endFlatBuffer,
  endTable,
  flatOffset,
  flatStart,
  putReference,
  putString,
  putUint32,
  releaseFlat,
  roomInFlat,
} from './flat-builder';

/** Entries of the present chunk that have not been written. */
let entriesLeft: u32 = 0;

/** Begins a FlatBuffer. */
export function resetZtocWriter(): void {
  beginFlatBuffer();
  entriesLeft = 0;
}

export function writtenStart(): usize {
  return flatStart();
}

export function writtenEnd(): usize {
  return FLAT_END;
}

/** What was written has been taken, and `otherBytes` that did not come from here were put in front of it. */
export function releaseWritten(otherBytes: u32): void {
  releaseFlat(otherBytes);
}

/** Where a chunk of entries, or a text, is to be put, at most so many bytes of it. */
export function chunkAddress(): usize {
  return ENTRIES;
}

export function chunkCapacity(): usize {
  return ENTRIES_CAPACITY + LARGEST_ENTRY;
}

/** Where offsets come out and go in: u32 each, at most so many. */
export function offsetsAddress(): usize {
  return FILE_OFFSETS;
}

export function offsetsCapacity(): usize {
  return PLACES_CAPACITY;
}

/** A text of so many bytes is a string of the buffer. @returns Its offset. */
export function writeText(bytes: u32): u32 {
  return putString(ENTRIES, bytes);
}

/**
 * A chunk of so many bytes has been put.
 *
 * @returns How many entries it has; -1 if one has more PAX records than a tar can have.
 */
export function beginEntries(bytes: usize): i32 {
  const end = ENTRIES + bytes;
  let count: u32 = 0;
  for (let entry = ENTRIES; entry < end; entry += load<u32>(entry, entryBytesAt)) {
    if (load<u32>(entry, paxRecordCountAt) > PAX_RECORDS_CAPACITY) return -1;
    store<u32>(PLACES + (<usize>count << 2), <u32>entry);
    count++;
  }
  entriesLeft = count;
  return count;
}

/**
 * Writes entries of the chunk, the last first, as many as there is room for. Where each of them lies comes out at its place in
 * the offsets.
 *
 * @returns How many are left.
 */
export function writeEntries(): u32 {
  while (entriesLeft > 0 && roomInFlat() > 2 * LARGEST_ENTRY) {
    entriesLeft--;
    const place = <usize>entriesLeft << 2;
    store<u32>(FILE_OFFSETS + place, putFile(<usize>load<u32>(PLACES + place)));
  }
  return entriesLeft;
}

/** A vector of references: begun, written from its last to its first, and ended. */
export function beginVector(count: u32): void {
  align(4, count << 2);
}

/** To what lies at the first `count` of the offsets. */
export function writeReferences(count: u32): void {
  for (let index = count; index-- > 0; ) putReference(load<u32>(FILE_OFFSETS + (<usize>index << 2)));
}

/** @returns The offset of a vector of so many elements, which have been written. */
export function endVector(count: u32): u32 {
  putUint32(count);
  return flatOffset();
}

/** A vector of bytes, which the driver puts into the buffer by itself before it ends it. */
export function beginByteVector(bytes: u32): void {
  align(4, bytes);
}

export function writeToc(metadata: u32): u32 {
  beginTable(tocSlots);
  addReference(tocMetadataSlot, metadata);
  return endTable(tocSlots);
}

export function writeCompressionInfo(algorithm: u8, maxSpanId: i32, spanDigests: u32, checkpoints: u32): u32 {
  beginTable(compressionInfoSlots);
  addInt32(maxSpanIdSlot, maxSpanId);
  addReference(spanDigestsSlot, spanDigests);
  addReference(checkpointsSlot, checkpoints);
  // The default is left out.
  if (algorithm !== gzipAlgorithm) addInt8(compressionAlgorithmSlot, algorithm);
  return endTable(compressionInfoSlots);
}

/** The root table, and the end of the buffer. */
export function writeZtoc(
  version: u32,
  buildToolIdentifier: u32,
  toc: u32,
  compressionInfo: u32,
  compressedSize: f64,
  uncompressedSize: f64,
): void {
  beginTable(ztocSlots);
  addReference(ztocVersionSlot, version);
  addReference(ztocBuildToolIdentifierSlot, buildToolIdentifier);
  addReference(ztocTocSlot, toc);
  addInt64(ztocCompressedArchiveSizeSlot, <i64>compressedSize);
  addInt64(ztocUncompressedArchiveSizeSlot, <i64>uncompressedSize);
  addReference(ztocCompressionInfoSlot, compressionInfo);
  endFlatBuffer(endTable(ztocSlots));
}

/** A whole buffer: what a plain tar has in place of checkpoints. */
export function writeTarZinfo(spanSizeBytes: f64, layerBytes: f64): void {
  beginTable(tarZinfoSlots);
  addInt32(tarZinfoVersionSlot, tarZinfoVersion);
  addInt64(tarZinfoSpanSizeSlot, <i64>spanSizeBytes);
  addInt64(tarZinfoSizeSlot, <i64>layerBytes);
  endFlatBuffer(endTable(tarZinfoSlots));
}
