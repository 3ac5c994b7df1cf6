// Reads a tar in place, in the inflater's output, and packs its entries. Their data is never inspected. AssemblyScript.
// Accepts and rejects the same archives as Go's archive/tar, because the SOCI snapshotter reads layers with it:
// https://github.com/golang/go/blob/go1.26.0/src/archive/tar/reader.go
//
// The driver is ../../tar/tar-reader.ts. In one round, it calls readTar with the addresses of the next bytes of the tar. When
// readTar returns entriesFull, and at the end, it takes the packed entries.
import {
  ENTRIES,
  ENTRIES_CAPACITY,
  KEPT_NAME,
  KEPT_NAME_BYTES,
  LONG_LINK_NAME,
  LONG_NAME,
  METADATA_CAPACITY,
  PAX_AREA,
  PROBLEM,
  TAR_BLOCK,
} from '../memory-layout';
import {
  dataCutOff,
  entriesFull,
  headerCutOff,
  loneZeroBlock,
  metadataTooLong,
  negativeSize,
  readAll,
  sparseMapCutOff,
  sparseOfOtherType,
  typeNotDescribable,
} from '../../tar/tar-problem-layout';
import { packEntry } from './entry-packer';
import { decodeHeader, isZeroBlock, textBytes } from './header-block';
import { applyPaxRecords, parsePaxRecords } from './pax-records';
import { entryProblem, problemAt, withNumbers } from './problem';
import {
  addSparseMapBlock,
  applySparseRecords,
  beginSparseMap,
  checkSparseMapRecord,
  findSparseMap,
  isSparseMapComplete,
  MapPlace,
  nextSparseMapBlock,
} from './sparse-map';
import { resetScreening } from './screening';
import { BLOCK_BYTES, header, Stage, tar, TypeFlag } from './tar-state';

@inline const SLASH: u32 = 0x2f;

// Types as in a packed entry, in the order of the characters 0 to 6.
@inline const REGULAR: i32 = 0;
@inline const DIRECTORY: i32 = 5;
@inline const NO_TYPE: i32 = -1;

/** Prepares for a new tar. */
export function resetTar(): void {
  tar.position = 0;
  tar.headerStart = 0;
  tar.entryStart = 0;
  tar.dataStart = 0;
  tar.dataBytes = 0;
  tar.resumeAt = 0;
  tar.hasRecords = false;
  tar.mayBeSparse = false;
  tar.isEntryBegun = false;
  tar.longNameBytes = 0;
  tar.longLinkNameBytes = 0;
  tar.totalEntries = 0;
  tar.totalPaxRecords = 0;
  tar.totalBytes = 0;
  tar.previousEnd = 0;
  tar.peculiarities = 0;
  header.name = KEPT_NAME;
  header.nameBytes = 0;
  releaseEntries();
  resetScreening();
  collect(Stage.HEADER, TAR_BLOCK, BLOCK_BYTES, 0);
}

/** Number of bytes read from the uncompressed stream, up to the end marker. */
export function tarPosition(): f64 {
  return <f64>tar.position;
}

/** Whether the end marker, two blocks of zeros, was read. Bytes after it are ignored. */
export function hasTarEnded(): bool {
  return tar.stage === Stage.ENDED;
}

/** Number of the next bytes that are data or padding, and may be skipped. */
export function skippableBytes(): f64 {
  return tar.stage === Stage.ENDED || tar.position >= tar.collectFrom ? 0 : <f64>(tar.collectFrom - tar.position);
}

/** Skips the next bytes instead of passing them to readTar. `bytes` is at most skippableBytes(). */
export function skipTar(bytes: f64): void {
  tar.position += <u64>bytes;
}

export function entriesStart(): usize {
  return ENTRIES;
}

export function entriesEnd(): usize {
  return tar.entriesEnd;
}

export function packedEntryCount(): u32 {
  return tar.packedEntries;
}

/** Called after the packed entries were taken. */
export function releaseEntries(): void {
  tar.entriesEnd = ENTRIES;
  tar.packedEntries = 0;
}

// Totals of all entries so far, including those that were taken: their number, their PAX records, their packed bytes, and
// their peculiarities.
export function totalEntryCount(): u32 {
  return tar.totalEntries;
}

export function totalPaxRecordCount(): u32 {
  return tar.totalPaxRecords;
}

export function totalEntryBytes(): f64 {
  return <f64>tar.totalBytes;
}

export function entryPeculiarities(): u32 {
  return tar.peculiarities;
}

/** The details of an error (../../tar/tar-problem-layout.ts). */
export function problemAddress(): usize {
  return PROBLEM;
}

/**
 * Reads the bytes of the uncompressed stream from address `from` to `to`. After entriesFull, the same bytes must be passed
 * again; those that were already read are not read twice.
 *
 * @returns readAll, entriesFull, or an error, after which the reader can no longer be used.
 */
export function readTar(from: usize, to: usize): i32 {
  let at = tar.resumeAt !== 0 ? tar.resumeAt : from;
  tar.resumeAt = 0;
  while (at < to && tar.stage !== Stage.ENDED) {
    const available = to - at;
    if (tar.position < tar.collectFrom) {
      const left = tar.collectFrom - tar.position;
      const skipped = left < <u64>available ? <usize>left : available;
      at += skipped;
      tar.position += skipped;
      continue;
    }
    if (tar.entriesEnd - ENTRIES >= ENTRIES_CAPACITY) {
      tar.resumeAt = at;
      return entriesFull;
    }
    let area = tar.collectTo;
    // A header that is complete in this input is read in place, unless it is a sparse file's, which is needed for longer.
    const isInPlace = tar.stage === Stage.HEADER && tar.collected === 0 && available >= BLOCK_BYTES && !tar.mayBeSparse;
    if (isInPlace) {
      area = at;
      at += BLOCK_BYTES;
      tar.position += BLOCK_BYTES;
    } else {
      const taken = min(available, tar.wantedBytes - tar.collected);
      memory.copy(area + tar.collected, at, taken);
      at += taken;
      tar.position += taken;
      tar.collected += taken;
      if (tar.collected < tar.wantedBytes) continue;
    }
    const code = readCollected(area);
    if (code !== readAll) return code;
  }
  keepName();
  return readAll;
}

/** There are no more bytes. The end marker and the last padding may be missing. @returns readAll or an error. */
export function finishTar(): i32 {
  if (tar.stage === Stage.ENDED) return readAll;
  // Metadata and a sparse map are data too.
  if (tar.position < tar.dataStart + tar.dataBytes) {
    return withNumbers(entryProblem(dataCutOff), tar.position - tar.dataStart, tar.dataBytes);
  }
  if (tar.collected > 0) {
    return withNumbers(problemAt(headerCutOff, tar.position - tar.collected), tar.collected);
  }
  return readAll;
}

/** Keeps the start of the name before the output is overwritten, for an error message if the tar ends too early. */
function keepName(): void {
  if (header.name === KEPT_NAME) return;
  const isDataComplete = tar.position >= tar.dataStart + tar.dataBytes;
  if (isDataComplete || tar.stage === Stage.SPARSE_MAP) return;
  memory.copy(KEPT_NAME, header.name, min(header.nameBytes, KEPT_NAME_BYTES));
  header.name = KEPT_NAME;
}

/** Starts collecting `bytes` bytes from offset `from` into the area at `to`. */
@inline
function collect(stage: u32, to: usize, bytes: usize, from: u64): void {
  tar.stage = stage;
  tar.collectTo = to;
  tar.wantedBytes = bytes;
  tar.collected = 0;
  tar.collectFrom = from;
}

function readCollected(area: usize): i32 {
  switch (tar.stage) {
    case Stage.HEADER:
      if (!isZeroBlock(area)) return readHeader(area);
      collect(Stage.END_MARKER, TAR_BLOCK, BLOCK_BYTES, tar.position);
      return readAll;
    case Stage.END_MARKER:
      tar.collected = 0;
      if (!isZeroBlock(area)) return problemAt(loneZeroBlock, tar.position - BLOCK_BYTES);
      tar.stage = Stage.ENDED;
      return readAll;
    case Stage.METADATA:
      return readMetadata();
    default: {
      const code = addSparseMapBlock();
      if (code !== readAll) return code;
      return isSparseMapComplete() ? endEntry(REGULAR) : collectSparseMapBlock();
    }
  }
}

function readHeader(block: usize): i32 {
  tar.headerStart = tar.position - BLOCK_BYTES;
  if (!tar.isEntryBegun) tar.entryStart = tar.headerStart;
  tar.isEntryBegun = true;
  const code = decodeHeader(block);
  if (code !== readAll) return code;
  // The size must be valid even if a PAX record will replace it.
  const hasData = header.typeFlag < TypeFlag.HARD_LINK || header.typeFlag > TypeFlag.FIFO;
  const sizeCode = beginData(hasData);
  if (sizeCode !== readAll) return sizeCode;
  switch (header.typeFlag) {
    case TypeFlag.PAX_HEADER:
      return beginMetadata(PAX_AREA);
    case TypeFlag.GNU_LONG_NAME:
      return beginMetadata(LONG_NAME);
    case TypeFlag.GNU_LONG_LINK_NAME:
      return beginMetadata(LONG_LINK_NAME);
    default:
      return readEntry();
  }
}

@inline
function beginData(hasData: bool): i32 {
  if (hasData && header.size < 0) return entryProblem(negativeSize, header.size);
  tar.dataStart = tar.position;
  tar.dataBytes = hasData ? <u64>header.size : 0;
  return readAll;
}

/** The next header follows the data, at a block boundary. */
@inline
function expectHeader(): void {
  const dataEnd = tar.dataStart + tar.dataBytes;
  collect(Stage.HEADER, TAR_BLOCK, BLOCK_BYTES, (dataEnd + (BLOCK_BYTES - 1)) & ~(<u64>BLOCK_BYTES - 1));
}

function beginMetadata(area: usize): i32 {
  if (tar.dataBytes > METADATA_CAPACITY) {
    return withNumbers(entryProblem(metadataTooLong), tar.dataBytes, METADATA_CAPACITY);
  }
  collect(Stage.METADATA, area, <usize>tar.dataBytes, tar.position);
  return tar.dataBytes === 0 ? readMetadata() : readAll;
}

/** Metadata replaces earlier metadata of the same kind for the same entry, even if it is empty. */
function readMetadata(): i32 {
  const bytes = <usize>tar.dataBytes;
  if (tar.collectTo === PAX_AREA) {
    const code = parsePaxRecords(bytes);
    if (code !== readAll) return code;
    tar.hasRecords = true;
  } else if (tar.collectTo === LONG_NAME) tar.longNameBytes = textBytes(LONG_NAME, bytes);
  else tar.longLinkNameBytes = textBytes(LONG_LINK_NAME, bytes);
  expectHeader();
  return readAll;
}

function readEntry(): i32 {
  if (tar.hasRecords) {
    const code = applyPaxRecords();
    if (code !== readAll) return code;
  }
  if (tar.longNameBytes > 0) {
    header.name = LONG_NAME;
    header.nameBytes = tar.longNameBytes;
  }
  if (tar.longLinkNameBytes > 0) {
    header.linkName = LONG_LINK_NAME;
    header.linkNameBytes = tar.longLinkNameBytes;
  }
  const type = findType();
  if (type === NO_TYPE) return entryProblem(typeNotDescribable, header.typeFlag);
  const sizeCode = beginData(type === REGULAR);
  if (sizeCode !== readAll) return sizeCode;
  const mapPlace = tar.hasRecords && tar.mayBeSparse ? findSparseMap() : MapPlace.NOWHERE;
  if (mapPlace === MapPlace.NOWHERE) return endEntry(type);
  if (type !== REGULAR) return entryProblem(sparseOfOtherType, type);
  const recordsCode = applySparseRecords();
  if (recordsCode !== readAll) return recordsCode;
  if (mapPlace === MapPlace.BEFORE_DATA) {
    beginSparseMap();
    return collectSparseMapBlock();
  }
  const mapCode = checkSparseMapRecord();
  return mapCode === readAll ? endEntry(type) : mapCode;
}

/** The type as in a packed entry; NO_TYPE if a zTOC cannot represent it. */
@inline
function findType(): i32 {
  const typeFlag = header.typeFlag;
  if (typeFlag === TypeFlag.OLD_REGULAR_FILE) {
    // The oldest archives have no type for directories.
    const hasSlash = header.nameBytes > 0 && load<u8>(header.name + header.nameBytes - 1) === SLASH;
    return hasSlash ? DIRECTORY : REGULAR;
  }
  const isKnown = typeFlag >= TypeFlag.REGULAR_FILE && typeFlag <= TypeFlag.FIFO;
  return isKnown ? <i32>(typeFlag - TypeFlag.REGULAR_FILE) : NO_TYPE;
}

function collectSparseMapBlock(): i32 {
  if (tar.position + BLOCK_BYTES > tar.dataStart + tar.dataBytes) return entryProblem(sparseMapCutOff);
  collect(Stage.SPARSE_MAP, nextSparseMapBlock(), BLOCK_BYTES, tar.position);
  return readAll;
}

/** Packs the entry whose data begins here. */
function endEntry(type: i32): i32 {
  packEntry(type, tar.dataStart + tar.dataBytes - tar.position);
  tar.hasRecords = false;
  tar.mayBeSparse = false;
  tar.isEntryBegun = false;
  tar.longNameBytes = 0;
  tar.longLinkNameBytes = 0;
  expectHeader();
  return readAll;
}
