// The entries of a tar in packed form (packed-entry-layout.ts). A layer may have a million entries, which would take a gigabyte
// as objects.
import { entryTypes, type EntryType, type PaxRecord, type TarEntry, type TarTime } from './entry.ts';
import {
  chunkBytes,
  dataOffsetAt,
  deviceMajorAt,
  deviceMinorAt,
  entryBytesAt,
  gidAt,
  groupNameBytesAt,
  headerOffsetAt,
  linkNameBytesAt,
  modeAt,
  nameBytesAt,
  nanosecondsAt,
  noTime,
  overlapsPrevious,
  paxRecordCountAt,
  paxRecordHeadBytes,
  peculiaritiesAt,
  secondsAt,
  sizeAt,
  storedSizeAt,
  stringsAt,
  typeAt,
  uidAt,
  userNameBytesAt,
} from './packed-entry-layout.ts';
import { formatRfc3339, parseRfc3339 } from './time.ts';

const nothing = new Uint8Array(0);
const tarBlockBytes = 512;
/** Minimum size of a chunk for entries that are added one by one. */
const smallestChunkBytes = 8 * 1024;

/** Means that the offset of an entry's header is unknown. */
const noHeaderOffset = -1;
/** For an entry that was not screened, which may have any peculiarity. */
const everyPeculiarity = 0xffff;

interface Chunk {
  readonly bytes: Uint8Array;
  usedBytes: number;
  /** Index of its first entry. */
  readonly firstIndex: number;
  entryCount: number;
}

/** Entries in the order of their tar. */
export class PackedEntries {
  readonly #chunks: Chunk[] = [];
  /** Positions of the entries in each chunk, determined when an entry is first accessed by its index. */
  readonly #places = new Map<Chunk, Uint32Array>();
  #length = 0;
  #paxRecordCount = 0;
  #stringBytes = 0;
  #peculiarities = 0;
  /**
   * The result of screening all entries: bits of packed-entry-layout.ts. Undefined if they were not screened.
   */
  screening: number | undefined;

  get length(): number {
    return this.#length;
  }

  get paxRecordCount(): number {
    return this.#paxRecordCount;
  }

  /** Bytes of all names and PAX records together. */
  get stringBytes(): number {
    return this.#stringBytes;
  }

  /** The peculiarities of all entries together: bits of packed-entry-layout.ts. All bits if they were not screened. */
  get peculiarities(): number {
    return this.#peculiarities;
  }

  /** The bytes of the chunks, each with whole entries. */
  get chunks(): readonly Uint8Array[] {
    return this.#chunks.map(({ bytes, usedBytes }) => bytes.subarray(0, usedBytes));
  }

  /** Appends packed entries. The bytes are kept, not copied. */
  addChunk(bytes: Uint8Array, entryCount: number, paxRecordCount: number, peculiarities: number): void {
    this.#chunks.push({ bytes, usedBytes: bytes.length, firstIndex: this.#length, entryCount });
    this.#length += entryCount;
    this.#paxRecordCount += paxRecordCount;
    this.#stringBytes += bytes.length - entryCount * stringsAt - paxRecordCount * paxRecordHeadBytes;
    this.#peculiarities |= peculiarities;
    this.screening = undefined;
  }

  /** Appends a copy of an entry. Its arrays may be reused afterwards. */
  add(entry: TarEntry): void {
    const { inArchive, paxRecords } = entry;
    let strings = entry.name.length + entry.linkName.length + entry.userName.length + entry.groupName.length;
    for (const { key, value } of paxRecords) strings += key.length + value.length;
    const entryBytes = stringsAt + strings + paxRecords.length * paxRecordHeadBytes;
    const chunk = this.#chunkWithRoom(entryBytes);
    const { bytes, usedBytes: start } = chunk;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const time = inArchive?.time ?? parseTime(entry.modificationTime);
    view.setUint32(start + entryBytesAt, entryBytes, true);
    view.setUint32(start + paxRecordCountAt, paxRecords.length, true);
    view.setFloat64(start + dataOffsetAt, entry.uncompressedOffset, true);
    view.setFloat64(start + headerOffsetAt, inArchive?.headerOffset ?? noHeaderOffset, true);
    view.setBigInt64(start + sizeAt, entry.uncompressedSize, true);
    view.setBigInt64(start + storedSizeAt, inArchive?.storedSize ?? 0n, true);
    view.setBigInt64(start + modeAt, entry.mode, true);
    view.setBigInt64(start + uidAt, inArchive?.uid ?? BigInt(entry.uid), true);
    view.setBigInt64(start + gidAt, inArchive?.gid ?? BigInt(entry.gid), true);
    view.setBigInt64(start + secondsAt, time?.seconds ?? 0n, true);
    view.setBigInt64(start + deviceMajorAt, entry.deviceMajor, true);
    view.setBigInt64(start + deviceMinorAt, entry.deviceMinor, true);
    view.setUint32(start + nanosecondsAt, time?.nanoseconds ?? noTime, true);
    view.setUint16(start + peculiaritiesAt, everyPeculiarity, true);
    view.setUint8(start + typeAt, entryTypes.indexOf(entry.type));
    view.setUint32(start + nameBytesAt, entry.name.length, true);
    view.setUint32(start + linkNameBytesAt, entry.linkName.length, true);
    view.setUint32(start + userNameBytesAt, entry.userName.length, true);
    view.setUint32(start + groupNameBytesAt, entry.groupName.length, true);
    let next = start + stringsAt;
    for (const string of [entry.name, entry.linkName, entry.userName, entry.groupName]) {
      bytes.set(string, next);
      next += string.length;
    }
    for (const { key, value } of paxRecords) {
      view.setUint32(next, key.length, true);
      view.setUint32(next + 4, value.length, true);
      bytes.set(key, next + paxRecordHeadBytes);
      bytes.set(value, next + paxRecordHeadBytes + key.length);
      next += paxRecordHeadBytes + key.length + value.length;
    }
    chunk.usedBytes = next;
    chunk.entryCount++;
    this.#length++;
    this.#paxRecordCount += paxRecords.length;
    this.#stringBytes += strings;
    this.#peculiarities = everyPeculiarity;
    this.screening = undefined;
  }

  /** Entry `index`. Its arrays are read-only views. */
  at(index: number): TarEntry {
    if (!(index >= 0 && index < this.#length))
      throw new RangeError(`Expected \`index\` to be below ${this.#length}, got ${index}`);
    const chunk = this.#findChunk(index);
    const cursor = new EntryCursor();
    cursor.enter(chunk.bytes);
    cursor.moveTo(this.#placesOf(chunk)[index - chunk.firstIndex]!);
    return cursor.toEntry();
  }

  *[Symbol.iterator](): Iterator<TarEntry> {
    for (const cursor of this.walk()) yield cursor.toEntry();
  }

  /** Iterates over all entries with a single cursor that moves along, instead of an object for each entry. */
  *walk(): Generator<EntryCursor, void, undefined> {
    const cursor = new EntryCursor();
    for (const { bytes, usedBytes } of this.#chunks) {
      cursor.enter(bytes);
      for (let place = 0; place < usedBytes; place += cursor.entryBytes) {
        cursor.moveTo(place);
        yield cursor;
      }
    }
  }

  /**
   * The first entry that begins before the previous one ends. The reference's builder creates such a zTOC (if a link or
   * directory has a size, or for sparse files), but its snapshotter refuses to mount it.
   */
  findOverlap(): TarEntry | undefined {
    if ((this.#peculiarities & overlapsPrevious) === 0) return undefined;
    let previousEnd = 0;
    for (const cursor of this.walk()) {
      const offset = cursor.uncompressedOffset;
      if (offset < previousEnd) return cursor.toEntry();
      // A size beyond 2^53 is not exact, but no offset is that large.
      const end = offset + Number(cursor.uncompressedSize);
      previousEnd = Math.ceil(end / tarBlockBytes) * tarBlockBytes;
    }
    return undefined;
  }

  #findChunk(index: number): Chunk {
    let low = 0;
    let high = this.#chunks.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#chunks[middle]!.firstIndex <= index) low = middle;
      else high = middle;
    }
    return this.#chunks[low]!;
  }

  #placesOf(chunk: Chunk): Uint32Array {
    const known = this.#places.get(chunk);
    if (known?.length === chunk.entryCount) return known;
    const places = new Uint32Array(chunk.entryCount);
    const cursor = new EntryCursor();
    cursor.enter(chunk.bytes);
    for (let index = 1; index < places.length; index++) {
      cursor.moveTo(places[index - 1]!);
      places[index] = places[index - 1]! + cursor.entryBytes;
    }
    this.#places.set(chunk, places);
    return places;
  }

  #chunkWithRoom(entryBytes: number): Chunk {
    const last = this.#chunks.at(-1);
    if (last !== undefined && last.usedBytes + entryBytes <= last.bytes.length) return last;
    // Each chunk has as much room as all previous ones together, so that small layers use little memory.
    const usual = Math.min(chunkBytes, Math.max(smallestChunkBytes, 2 * (last?.bytes.length ?? 0)));
    const bytes = new Uint8Array(Math.max(usual, entryBytes));
    const chunk = { bytes, usedBytes: 0, firstIndex: this.#length, entryCount: 0 };
    this.#chunks.push(chunk);
    return chunk;
  }
}

/**
 * A position among packed entries, with access to the fields of the entry there. Arrays are read-only views of the packed
 * bytes.
 */
export class EntryCursor {
  #bytes: Uint8Array = nothing;
  #view: DataView = new DataView(nothing.buffer);
  #start = 0;

  /** @param chunk Whole entries. */
  enter(chunk: Uint8Array): void {
    this.#bytes = chunk;
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }

  /** @param place Position of an entry in the chunk. */
  moveTo(place: number): void {
    this.#start = place;
  }

  /** Size of the packed entry. The next one follows directly. */
  get entryBytes(): number {
    return this.#uint32(entryBytesAt);
  }

  /** Bits of packed-entry-layout.ts. */
  get peculiarities(): number {
    return this.#view.getUint16(this.#start + peculiaritiesAt, true);
  }

  get type(): EntryType {
    return entryTypes[this.#view.getUint8(this.#start + typeAt)]!;
  }

  get uncompressedOffset(): number {
    return this.#view.getFloat64(this.#start + dataOffsetAt, true);
  }

  get uncompressedSize(): bigint {
    return this.#int64(sizeAt);
  }

  /** As in `EntryInArchive`, like `storedSize`; -1 for an entry from a zTOC. */
  get headerOffset(): number {
    return this.#view.getFloat64(this.#start + headerOffsetAt, true);
  }

  get storedSize(): bigint {
    return this.#int64(storedSizeAt);
  }

  get mode(): bigint {
    return this.#int64(modeAt);
  }

  /** 64 bits; only the low 32 for an entry from a zTOC. */
  get uid(): bigint {
    return this.#int64(uidAt);
  }

  /** Like `uid`. */
  get gid(): bigint {
    return this.#int64(gidAt);
  }

  /** Modification time in seconds since 1970. */
  get seconds(): bigint {
    return this.#int64(secondsAt);
  }

  /** Added to the seconds. Undefined for an entry of a zTOC without a time. */
  get nanoseconds(): number | undefined {
    const nanoseconds = this.#uint32(nanosecondsAt);
    return nanoseconds === noTime ? undefined : nanoseconds;
  }

  get modificationTime(): string {
    const { nanoseconds } = this;
    return nanoseconds === undefined ? '' : formatRfc3339({ seconds: this.seconds, nanoseconds });
  }

  get deviceMajor(): bigint {
    return this.#int64(deviceMajorAt);
  }

  get deviceMinor(): bigint {
    return this.#int64(deviceMinorAt);
  }

  get name(): Uint8Array {
    return this.#string(0, this.#uint32(nameBytesAt));
  }

  get linkName(): Uint8Array {
    return this.#string(this.#uint32(nameBytesAt), this.#uint32(linkNameBytesAt));
  }

  get userName(): Uint8Array {
    const before = this.#uint32(nameBytesAt) + this.#uint32(linkNameBytesAt);
    return this.#string(before, this.#uint32(userNameBytesAt));
  }

  get groupName(): Uint8Array {
    const bytes = this.#uint32(groupNameBytesAt);
    return this.#string(this.#stringBytesOfHeader() - bytes, bytes);
  }

  get paxRecordCount(): number {
    return this.#uint32(paxRecordCountAt);
  }

  get paxRecords(): readonly PaxRecord[] {
    const records: PaxRecord[] = [];
    let head = this.#stringBytesOfHeader();
    for (let left = this.paxRecordCount; left > 0; left--) {
      const keyBytes = this.#uint32(stringsAt + head);
      const valueBytes = this.#uint32(stringsAt + head + 4);
      const key = head + paxRecordHeadBytes;
      records.push({ key: this.#string(key, keyBytes), value: this.#string(key + keyBytes, valueBytes) });
      head = key + keyBytes + valueBytes;
    }
    return records;
  }

  /** The whole entry. Its arrays are also views. */
  toEntry(): TarEntry {
    const { headerOffset, nanoseconds, uid, gid } = this;
    return {
      name: this.name,
      type: this.type,
      uncompressedOffset: this.uncompressedOffset,
      uncompressedSize: this.uncompressedSize,
      linkName: this.linkName,
      mode: this.mode,
      uid: lowBits(uid),
      gid: lowBits(gid),
      userName: this.userName,
      groupName: this.groupName,
      modificationTime: this.modificationTime,
      deviceMajor: this.deviceMajor,
      deviceMinor: this.deviceMinor,
      paxRecords: this.paxRecords,
      ...(headerOffset !== noHeaderOffset && {
        inArchive: {
          headerOffset,
          storedSize: this.storedSize,
          uid,
          gid,
          time: { seconds: this.seconds, nanoseconds: nanoseconds ?? 0 },
        },
      }),
    };
  }

  #uint32(field: number): number {
    return this.#view.getUint32(this.#start + field, true);
  }

  #int64(field: number): bigint {
    return this.#view.getBigInt64(this.#start + field, true);
  }

  /** All strings except the PAX records. */
  #stringBytesOfHeader(): number {
    return (
      this.#uint32(nameBytesAt) +
      this.#uint32(linkNameBytesAt) +
      this.#uint32(userNameBytesAt) +
      this.#uint32(groupNameBytesAt)
    );
  }

  /** @param from Offset relative to the first string. */
  #string(from: number, bytes: number): Uint8Array {
    if (bytes === 0) return nothing;
    const start = this.#start + stringsAt + from;
    return this.#bytes.subarray(start, start + bytes);
  }
}

function parseTime(text: string): TarTime | undefined {
  const time = parseRfc3339(text);
  return time === 'malformed' ? undefined : time;
}

/** The low 32 bits, unsigned, as in a zTOC. */
function lowBits(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}
