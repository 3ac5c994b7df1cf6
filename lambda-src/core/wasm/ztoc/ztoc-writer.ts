// Writes a zTOC as the same FlatBuffer as the reference, byte for byte: the schema's tables, in the same order. AssemblyScript.
// https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/ztoc_marshaler.go
//
// The driver is ../../ztoc/ztoc-encoder.ts. After each call, it takes the written bytes between writtenStart() and writtenEnd()
// and places them in front of those taken before. Functions return offsets, which the driver passes back to write references.
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

/** Number of entries in the current chunk that are not yet written. */
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

/** Called after the written bytes were taken, and `otherBytes` bytes from elsewhere were placed in front of them. */
export function releaseWritten(otherBytes: u32): void {
  releaseFlat(otherBytes);
}

/** Address for a chunk of entries or a text, of at most chunkCapacity() bytes. */
export function chunkAddress(): usize {
  return ENTRIES;
}

export function chunkCapacity(): usize {
  return ENTRIES_CAPACITY + LARGEST_ENTRY;
}

/** Address of offsets, u32 each, at most offsetsCapacity(): output of writeEntries, input of writeReferences. */
export function offsetsAddress(): usize {
  return FILE_OFFSETS;
}

export function offsetsCapacity(): usize {
  return PLACES_CAPACITY;
}

/** Writes the text at chunkAddress() as a string. @returns Its offset. */
export function writeText(bytes: u32): u32 {
  return putString(ENTRIES, bytes);
}

/**
 * Begins the chunk of this many bytes at chunkAddress().
 *
 * @returns Its number of entries; -1 if one has more PAX records than a tar can have.
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
 * Writes entries of the chunk, last one first, until there is no more room. Stores the offset of entry `i` as number `i` at
 * offsetsAddress().
 *
 * @returns The number of entries left.
 */
export function writeEntries(): u32 {
  while (entriesLeft > 0 && roomInFlat() > 2 * LARGEST_ENTRY) {
    entriesLeft--;
    const place = <usize>entriesLeft << 2;
    store<u32>(FILE_OFFSETS + place, putFile(<usize>load<u32>(PLACES + place)));
  }
  return entriesLeft;
}

/** Begins a vector of references, which are written from the last to the first. endVector completes it. */
export function beginVector(count: u32): void {
  align(4, count << 2);
}

/** Writes references to the first `count` offsets at offsetsAddress(). */
export function writeReferences(count: u32): void {
  for (let index = count; index-- > 0; ) putReference(load<u32>(FILE_OFFSETS + (<usize>index << 2)));
}

/** Completes a vector whose `count` elements are written. @returns Its offset. */
export function endVector(count: u32): u32 {
  putUint32(count);
  return flatOffset();
}

/** Begins a vector of bytes. The driver inserts the bytes itself before it calls endVector. */
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
  // The default is omitted.
  if (algorithm !== gzipAlgorithm) addInt8(compressionAlgorithmSlot, algorithm);
  return endTable(compressionInfoSlots);
}

/** Writes the root table and completes the buffer. */
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

/** Writes a complete buffer, which a plain tar has instead of checkpoints. */
export function writeTarZinfo(spanSizeBytes: f64, layerBytes: f64): void {
  beginTable(tarZinfoSlots);
  addInt32(tarZinfoVersionSlot, tarZinfoVersion);
  addInt64(tarZinfoSpanSizeSlot, <i64>spanSizeBytes);
  addInt64(tarZinfoSizeSlot, <i64>layerBytes);
  endFlatBuffer(endTable(tarZinfoSlots));
}
