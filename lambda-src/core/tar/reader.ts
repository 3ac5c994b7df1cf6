// Reads a tar from bytes that are pushed in, and hands out its entries with the offsets of their data. The data itself
// is never looked at.
// What passes and what does not is what Go's archive/tar decides, since the SOCI snapshotter reads layers with it:
// https://github.com/golang/go/blob/go1.26.0/src/archive/tar/reader.go
import { FormatError } from '../errors.ts';
import type { EntryType, ReadTarEntry } from './entry.ts';
import { blockBytes, decodeHeader, isZeroBlock, noBytes } from './header.ts';
import type { TarHeader } from './header.ts';
import { applyPaxRecords, parsePaxRecords, sortPaxRecords } from './pax.ts';
import type { PaxRecords } from './pax.ts';
import { quoteBytes } from './quote.ts';
import { SparseMapBlocks, applySparseRecords, checkSparseMapRecord, findSparseMap } from './sparse.ts';
import { formatRfc3339 } from './time.ts';

/** PAX records or a long name of more bytes than this are refused. */
const longestMetadataBytes = 1 << 20;

const slash = 0x2f;

// Types of entries, as the codes of their characters.
const oldRegularFile = 0x00;
const regularFile = 0x30; // 0
const hardLink = 0x31; // 1
const symbolicLink = 0x32; // 2
const characterDevice = 0x33; // 3
const blockDevice = 0x34; // 4
const directory = 0x35; // 5
const fifo = 0x36; // 6
const gnuLongLinkName = 0x4b; // K
const gnuLongName = 0x4c; // L
const gnuSparseFile = 0x53; // S
const paxGlobalHeader = 0x67; // g
const paxHeader = 0x78; // x

const noRecords: ReadTarEntry['paxRecords'] = [];

/** What the block or area that is being collected will be. */
type Stage =
  | { readonly kind: 'header' | 'end marker' | 'ended' }
  | { readonly kind: 'metadata'; readonly header: TarHeader }
  | { readonly kind: 'sparse map'; readonly header: TarHeader; readonly map: SparseMapBlocks };

/*
 * State of the reading:
 *   position     how many bytes have been pushed, up to the end marker
 *   dataStart    where the data of the latest entry begins, and
 *   dataBytes    how many there are: 2^63 - 1 at most, 0 for types without data
 *   collectFrom  the next offset that matters; what comes before is data or padding, and skipped by arithmetic alone
 *   collected    the block or area that is filled from there: a block, but for metadata, which has its own size
 *   stage        what it will be
 * Offsets are doubles. Beyond 2^53 they are not exact, but no stream ever gets there: such an end is only an end that
 * never comes.
 */
export class TarReader {
  readonly #onEntry: (entry: ReadTarEntry) => void;
  readonly #block = new Uint8Array(blockBytes);

  #position = 0;
  #dataStart = 0;
  #dataBytes = 0n;
  #collectFrom = 0;
  #collected: Uint8Array = this.#block;
  #collectedBytes = 0;
  #stage: Stage = { kind: 'header' };

  /** The latest header. Its names stay whole while its data is skipped, as views of the block or of metadata. */
  #header: TarHeader | undefined;
  #headerOffset = 0;
  readonly #metadataAreas = new Map<number, Uint8Array>();
  // What entries of metadata have said about the entry to come.
  #paxRecords: PaxRecords | undefined;
  #longName: Uint8Array = noBytes;
  #longLinkName: Uint8Array = noBytes;

  /**
   * @param onEntry Called for each entry as soon as its headers have come. The byte arrays of an entry, also those of
   *   its PAX records, are views that are valid only during the call: who keeps them must copy them.
   */
  constructor(onEntry: (entry: ReadTarEntry) => void) {
    this.#onEntry = onEntry;
  }

  /** Whether the end marker, two blocks of zeros, has been read. Whatever is pushed after it is ignored. */
  get ended(): boolean {
    return this.#stage.kind === 'ended';
  }

  /**
   * Reads on. No reference to `bytes` is kept, and data of entries is not copied: bytes that lie wholly within it cost
   * next to nothing, however many.
   *
   * @throws FormatError if the archive is malformed or has an entry that no SOCI index can describe. The reader is of
   *   no use after that.
   */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length && !this.ended) {
      const available = bytes.length - at;
      if (this.#position < this.#collectFrom) {
        const skipped = Math.min(available, this.#collectFrom - this.#position);
        at += skipped;
        this.#position += skipped;
        continue;
      }
      const taken = Math.min(available, this.#collected.length - this.#collectedBytes);
      this.#collected.set(bytes.subarray(at, at + taken), this.#collectedBytes);
      at += taken;
      this.#position += taken;
      this.#collectedBytes += taken;
      if (this.#collectedBytes === this.#collected.length) {
        this.#readCollected();
      }
    }
  }

  /**
   * Says that no more bytes come. The end marker may be missing, and the last padding too.
   *
   * @returns How far the archive reaches, in bytes: just after the end marker, or without one to the end of the input.
   * @throws FormatError if the input ends within a header or within data.
   */
  finish(): number {
    if (this.ended) {
      return this.#position;
    }
    // Metadata and a sparse map are data too.
    if (this.#header !== undefined && this.#position < this.#dataEnd) {
      const found = this.#position - this.#dataStart;
      throw this.#entryError(
        this.#header,
        `the archive ends after ${found} of its ${this.#dataBytes.toString()} bytes`,
      );
    }
    if (this.#collectedBytes > 0) {
      throw new FormatError(
        'tar',
        `the archive ends after ${this.#collectedBytes} bytes of a header block`,
        this.#position - this.#collectedBytes,
      );
    }
    return this.#position;
  }

  get #dataEnd(): number {
    return this.#dataStart + Number(this.#dataBytes);
  }

  /** Fills `area` with what comes from offset `from` on; it will be read as `stage` says. */
  #collect(stage: Stage, area: Uint8Array, from: number): void {
    this.#stage = stage;
    this.#collected = area;
    this.#collectedBytes = 0;
    this.#collectFrom = from;
  }

  #readCollected(): void {
    switch (this.#stage.kind) {
      case 'header':
        if (isZeroBlock(this.#block)) {
          this.#collect({ kind: 'end marker' }, this.#block, this.#position);
        } else {
          this.#readHeader();
        }
        return;
      case 'end marker':
        this.#readEndMarker();
        return;
      case 'metadata':
        this.#readMetadata(this.#stage.header, this.#collected);
        return;
      case 'sparse map':
        this.#readSparseMapBlock(this.#stage.header, this.#stage.map, this.#collected);
        return;
      case 'ended':
        return;
    }
  }

  #readEndMarker(): void {
    if (!isZeroBlock(this.#block)) {
      const offset = this.#position - blockBytes;
      throw new FormatError(
        'tar',
        'one block of zeros, where two would end the archive, is followed by more',
        offset,
      );
    }
    this.#stage = { kind: 'ended' };
  }

  #readHeader(): void {
    this.#headerOffset = this.#position - blockBytes;
    const header = decodeHeader(this.#block, this.#headerOffset);
    this.#header = header;
    // The size must make sense even where a PAX record is going to replace it.
    this.#beginData(header, !isTypeWithoutData(header.typeFlag));
    switch (header.typeFlag) {
      case paxHeader:
      case gnuLongName:
      case gnuLongLinkName:
        this.#beginMetadata(header);
        return;
      default:
        this.#readEntry(header);
    }
  }

  #beginData(header: TarHeader, hasData: boolean): void {
    if (hasData && header.size < 0n) {
      throw this.#entryError(header, `its size is ${header.size.toString()}`);
    }
    this.#dataStart = this.#position;
    this.#dataBytes = hasData ? header.size : 0n;
  }

  /** The next header follows the data, at the next whole block. */
  #expectHeader(): void {
    this.#collect({ kind: 'header' }, this.#block, Math.ceil(this.#dataEnd / blockBytes) * blockBytes);
  }

  #beginMetadata(header: TarHeader): void {
    if (this.#dataBytes > longestMetadataBytes) {
      const length = this.#dataBytes.toString();
      throw this.#entryError(header, `${length} bytes of metadata are more than ${longestMetadataBytes}`);
    }
    const metadata = this.#findMetadataArea(header.typeFlag, Number(this.#dataBytes));
    if (metadata.length === 0) {
      this.#readMetadata(header, metadata);
    } else {
      this.#collect({ kind: 'metadata', header }, metadata, this.#position);
    }
  }

  /** Room for metadata. A kind of metadata has its own, which is used again: what is new replaces what was there. */
  #findMetadataArea(typeFlag: number, length: number): Uint8Array {
    let area = this.#metadataAreas.get(typeFlag);
    if (area === undefined || area.length < length) {
      area = new Uint8Array(Math.max(2 * length, blockBytes));
      this.#metadataAreas.set(typeFlag, area);
    }
    return area.subarray(0, length);
  }

  /** Of two entries of metadata of the same kind the later one replaces the earlier one, also if it is empty. */
  #readMetadata(header: TarHeader, metadata: Uint8Array): void {
    switch (header.typeFlag) {
      case paxHeader:
        this.#paxRecords = parsePaxRecords(metadata, this.#headerOffset);
        break;
      case gnuLongName:
        this.#longName = cutAtNul(metadata);
        break;
      case gnuLongLinkName:
        this.#longLinkName = cutAtNul(metadata);
        break;
    }
    this.#expectHeader();
  }

  #readEntry(header: TarHeader): void {
    const records = this.#paxRecords;
    if (records !== undefined) {
      applyPaxRecords(header, records, this.#headerOffset);
    }
    if (this.#longName.length > 0) {
      header.name = this.#longName;
    }
    if (this.#longLinkName.length > 0) {
      header.linkName = this.#longLinkName;
    }
    const type = findEntryType(header);
    if (type === undefined) {
      throw this.#entryError(header, `a SOCI index cannot describe ${describeTypeFlag(header.typeFlag)}`);
    }
    this.#beginData(header, type === 'reg');
    const sparseMapPlace = records === undefined ? undefined : findSparseMap(records);
    if (records === undefined || sparseMapPlace === undefined) {
      this.#emitEntry(header, type);
      return;
    }
    if (type !== 'reg') {
      throw this.#entryError(header, `it is of type ${type}, but has records of a sparse file`);
    }
    applySparseRecords(header, records, this.#headerOffset);
    if (sparseMapPlace === 'in the records') {
      checkSparseMapRecord(header, records, this.#headerOffset);
      this.#emitEntry(header, type);
    } else {
      this.#collectSparseMapBlock(header, new SparseMapBlocks(header, this.#headerOffset));
    }
  }

  #collectSparseMapBlock(header: TarHeader, map: SparseMapBlocks): void {
    if (this.#position + blockBytes > this.#dataEnd) {
      throw this.#entryError(header, 'its data ends before its sparse map does');
    }
    // Not into #block: the header's names are still there.
    this.#collect({ kind: 'sparse map', header, map }, new Uint8Array(blockBytes), this.#position);
  }

  #readSparseMapBlock(header: TarHeader, map: SparseMapBlocks, block: Uint8Array): void {
    if (map.push(block)) {
      this.#emitEntry(header, 'reg');
    } else {
      this.#collectSparseMapBlock(header, map);
    }
  }

  /** Hands out the entry whose data begins here. */
  #emitEntry(header: TarHeader, type: EntryType): void {
    const records = this.#paxRecords;
    this.#paxRecords = undefined;
    this.#longName = noBytes;
    this.#longLinkName = noBytes;
    this.#expectHeader();
    this.#onEntry({
      name: header.name,
      type,
      uncompressedOffset: this.#position,
      uncompressedSize: header.size,
      linkName: header.linkName,
      mode: header.mode,
      uid: lowBits(header.userId),
      gid: lowBits(header.groupId),
      userName: header.userName,
      groupName: header.groupName,
      modificationTime: formatRfc3339(header.modificationTime),
      deviceMajor: header.deviceMajor,
      deviceMinor: header.deviceMinor,
      paxRecords: records === undefined ? noRecords : sortPaxRecords(records),
      storedBytes: this.#dataEnd - this.#position,
      hasWideId: !fitsIn32Bits(header.userId) || !fitsIn32Bits(header.groupId),
    });
  }

  #entryError(header: TarHeader, problem: string): FormatError {
    return new FormatError('tar', `entry ${quoteBytes(header.name)}: ${problem}`, this.#headerOffset);
  }
}

/** Links, devices, directories and pipes have no data, whatever their size says. */
function isTypeWithoutData(typeFlag: number): boolean {
  return typeFlag >= hardLink && typeFlag <= fifo;
}

/** Undefined for a type that a zTOC has no word for. */
function findEntryType({ typeFlag, name }: TarHeader): EntryType | undefined {
  switch (typeFlag) {
    case oldRegularFile:
      // The oldest archives know no type for a directory.
      return name[name.length - 1] === slash ? 'dir' : 'reg';
    case regularFile:
      return 'reg';
    case hardLink:
      return 'hardlink';
    case symbolicLink:
      return 'symlink';
    case characterDevice:
      return 'char';
    case blockDevice:
      return 'block';
    case directory:
      return 'dir';
    case fifo:
      return 'fifo';
    default:
      return undefined;
  }
}

function describeTypeFlag(typeFlag: number): string {
  switch (typeFlag) {
    case paxGlobalHeader:
      return "a PAX global header (type 'g', as `git archive` writes it)";
    case gnuSparseFile:
      return "a sparse file in the old GNU format (type 'S')";
    default:
      return `an entry of type ${quoteBytes(Uint8Array.of(typeFlag))}`;
  }
}

function cutAtNul(text: Uint8Array): Uint8Array {
  const end = text.indexOf(0);
  return end < 0 ? text : text.subarray(0, end);
}

/** The low 32 bits, unsigned: all that a zTOC has room for. */
function lowBits(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

function fitsIn32Bits(value: bigint): boolean {
  return value >= 0n && value < 0x1_0000_0000n;
}
