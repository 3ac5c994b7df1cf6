// The list of a tar's entries, packed: a layer may have a million, and as objects they would take a gigabyte.
import type { EntryType, PaxRecord, TarEntry } from '../tar/entry.ts';

/** Entries lie in chunks of this size; one that is larger has a chunk of its own. */
const chunkBytes = 1024 * 1024;

const entryTypes: readonly EntryType[] = ['reg', 'hardlink', 'symlink', 'char', 'block', 'dir', 'fifo'];

// An entry in its chunk, little endian. Each byte string is a u32 length and its bytes.
const offsetAt = 0; // f64: uncompressedOffset
const sizeAt = 8; // i64: uncompressedSize
const modeAt = 16; // i64
const deviceMajorAt = 24; // i64
const deviceMinorAt = 32; // i64
const uidAt = 40; // u32
const gidAt = 44; // u32
const paxRecordsAt = 48; // u32: how many
const typeAt = 52; // u8: index in entryTypes
const stringsAt = 53; // name, linkName, userName, groupName, modificationTime, then key and value of each PAX record
const lengthBytes = 4;
const stringsOfEveryEntry = 5;

const nothing = new Uint8Array(0);
const tarBlockBytes = 512;

/** An entry as it lies in the list: its time as the bytes of its text. */
export interface PackedEntry extends Omit<TarEntry, 'modificationTime'> {
  readonly modificationTime: Uint8Array;
}

export class TableOfContents {
  readonly #chunks: DataView[] = [];
  #chunkUsedBytes = 0;
  /** Place of entry i, as chunk number * chunkBytes + byte in it. */
  readonly #places: number[] = [];
  #stringBytes = 0;
  #paxRecordCount = 0;

  /** Appends a copy of an entry: its arrays may be reused afterwards. */
  add(entry: TarEntry): void {
    let strings =
      entry.name.length +
      entry.linkName.length +
      entry.userName.length +
      entry.groupName.length +
      entry.modificationTime.length;
    for (const record of entry.paxRecords) strings += record.key.length + record.value.length;
    const stringCount = stringsOfEveryEntry + 2 * entry.paxRecords.length;
    const chunk = this.#reserve(stringsAt + stringCount * lengthBytes + strings);
    const start = this.#chunkUsedBytes;
    this.#places.push((this.#chunks.length - 1) * chunkBytes + start);
    this.#stringBytes += strings;
    this.#paxRecordCount += entry.paxRecords.length;

    chunk.setFloat64(start + offsetAt, entry.uncompressedOffset, true);
    chunk.setBigInt64(start + sizeAt, entry.uncompressedSize, true);
    chunk.setBigInt64(start + modeAt, entry.mode, true);
    chunk.setBigInt64(start + deviceMajorAt, entry.deviceMajor, true);
    chunk.setBigInt64(start + deviceMinorAt, entry.deviceMinor, true);
    chunk.setUint32(start + uidAt, entry.uid, true);
    chunk.setUint32(start + gidAt, entry.gid, true);
    chunk.setUint32(start + paxRecordsAt, entry.paxRecords.length, true);
    chunk.setUint8(start + typeAt, entryTypes.indexOf(entry.type));
    let next = start + stringsAt;
    next = writeBytes(chunk, next, entry.name);
    next = writeBytes(chunk, next, entry.linkName);
    next = writeBytes(chunk, next, entry.userName);
    next = writeBytes(chunk, next, entry.groupName);
    next = writeText(chunk, next, entry.modificationTime);
    for (const record of entry.paxRecords) {
      next = writeBytes(chunk, next, record.key);
      next = writeBytes(chunk, next, record.value);
    }
    this.#chunkUsedBytes = next;
  }

  get length(): number {
    return this.#places.length;
  }

  /** Bytes of all names, times and PAX records together. */
  get stringBytes(): number {
    return this.#stringBytes;
  }

  get paxRecordCount(): number {
    return this.#paxRecordCount;
  }

  /** Entry `index`, in the order of the tar. Its arrays are views: not to be written to. */
  at(index: number): TarEntry {
    const entry = this.packedAt(index);
    return { ...entry, modificationTime: String.fromCharCode(...entry.modificationTime) };
  }

  /** The same at less cost, for a hundred thousand entries in turn. */
  packedAt(index: number): PackedEntry {
    const [chunk, start] = this.#find(index);
    const strings = new StringReader(chunk, start + stringsAt);
    return {
      uncompressedOffset: chunk.getFloat64(start + offsetAt, true),
      uncompressedSize: chunk.getBigInt64(start + sizeAt, true),
      mode: chunk.getBigInt64(start + modeAt, true),
      deviceMajor: chunk.getBigInt64(start + deviceMajorAt, true),
      deviceMinor: chunk.getBigInt64(start + deviceMinorAt, true),
      uid: chunk.getUint32(start + uidAt, true),
      gid: chunk.getUint32(start + gidAt, true),
      type: entryTypes[chunk.getUint8(start + typeAt)]!,
      name: strings.readBytes(),
      linkName: strings.readBytes(),
      userName: strings.readBytes(),
      groupName: strings.readBytes(),
      modificationTime: strings.readBytes(),
      paxRecords: strings.readPaxRecords(chunk.getUint32(start + paxRecordsAt, true)),
    };
  }

  *[Symbol.iterator](): Iterator<TarEntry> {
    for (let index = 0; index < this.length; index++) yield this.at(index);
  }

  /**
   * The first entry that begins before the end of the one in front of it. The reference's builder makes such a zTOC (from
   * a size on a link or directory, or from sparse files), but its snapshotter refuses it when it is mounted.
   */
  findOverlap(): TarEntry | undefined {
    let previousEnd = 0;
    for (let index = 0; index < this.length; index++) {
      const [chunk, start] = this.#find(index);
      const offset = chunk.getFloat64(start + offsetAt, true);
      if (offset < previousEnd) return this.at(index);
      // A size beyond 2^53 is not exact, but no offset lies that far.
      const end = offset + Number(chunk.getBigInt64(start + sizeAt, true));
      previousEnd = Math.ceil(end / tarBlockBytes) * tarBlockBytes;
    }
    return undefined;
  }

  /** The chunk that an entry lies in, and where. */
  #find(index: number): readonly [chunk: DataView, start: number] {
    const place = this.#places[index];
    if (place === undefined)
      throw new RangeError(`Expected \`index\` to be below ${this.length}, got ${index}`);
    return [this.#chunks[Math.floor(place / chunkBytes)]!, place % chunkBytes];
  }

  #reserve(bytes: number): DataView {
    const last = this.#chunks.at(-1);
    if (last !== undefined && this.#chunkUsedBytes + bytes <= last.byteLength) return last;
    const chunk = new DataView(new ArrayBuffer(Math.max(chunkBytes, bytes)));
    this.#chunks.push(chunk);
    this.#chunkUsedBytes = 0;
    return chunk;
  }
}

/** @returns Where the next string goes. */
function writeBytes(chunk: DataView, at: number, bytes: Uint8Array): number {
  chunk.setUint32(at, bytes.length, true);
  const start = at + lengthBytes;
  if (bytes.length > 0) new Uint8Array(chunk.buffer, start, bytes.length).set(bytes);
  return start + bytes.length;
}

function writeText(chunk: DataView, at: number, ascii: string): number {
  chunk.setUint32(at, ascii.length, true);
  const start = at + lengthBytes;
  for (let index = 0; index < ascii.length; index++) chunk.setUint8(start + index, ascii.charCodeAt(index));
  return start + ascii.length;
}

class StringReader {
  constructor(
    private readonly chunk: DataView,
    private next: number,
  ) {}

  readBytes(): Uint8Array {
    const length = this.chunk.getUint32(this.next, true);
    const start = this.next + lengthBytes;
    this.next = start + length;
    return length === 0 ? nothing : new Uint8Array(this.chunk.buffer, start, length);
  }

  readPaxRecords(count: number): readonly PaxRecord[] {
    const records: PaxRecord[] = [];
    for (let index = 0; index < count; index++)
      records.push({ key: this.readBytes(), value: this.readBytes() });
    return records;
  }
}
