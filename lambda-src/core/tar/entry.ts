// One entry of a tar archive. Names are bytes, not strings, because a tar does not define their encoding, and a zTOC stores them
// unchanged.

/** The types of entries that a SOCI index can describe. */
export type EntryType = 'reg' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo';

/** The types, in the order of their characters in a tar, 0 to 6. */
export const entryTypes: readonly EntryType[] = [
  'reg',
  'hardlink',
  'symlink',
  'char',
  'block',
  'dir',
  'fifo',
];

/** One PAX record. The value may contain any byte. */
export interface PaxRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** An entry as in the table of contents of a zTOC. */
export interface TarEntry {
  /** As in the archive: not cleaned, may start with `/` or `./`, or contain `..`. */
  readonly name: Uint8Array;
  readonly type: EntryType;
  /** Offset of the entry's data in the uncompressed stream, right after its last header block, in bytes. */
  readonly uncompressedOffset: number;
  /** The size field in bytes, even for types without data. 64 bits; negative only for types without data. */
  readonly uncompressedSize: bigint;
  readonly linkName: Uint8Array;
  /** All bits of the mode field. */
  readonly mode: bigint;
  /** The low 32 bits. */
  readonly uid: number;
  /** The low 32 bits. */
  readonly gid: number;
  readonly userName: Uint8Array;
  readonly groupName: Uint8Array;
  /** RFC 3339 in UTC, e.g. `2023-11-14T22:13:21.25Z`; empty if the year is not between 0 and 9999. */
  readonly modificationTime: string;
  readonly deviceMajor: bigint;
  readonly deviceMinor: bigint;
  /** All PAX records of the entry, sorted by the bytes of their keys, with each key once. */
  readonly paxRecords: readonly PaxRecord[];
  /** Facts from the archive; undefined for an entry from a zTOC. */
  readonly inArchive?: EntryInArchive;
}

/** Facts about an entry that an archive contains and a zTOC does not. */
export interface EntryInArchive {
  /** Offset of its first header block, including those of PAX records and long names. */
  readonly headerOffset: number;
  /**
   * Size of its data in the archive: less than `uncompressedSize` for a sparse file with holes, and 0 for types without data.
   */
  readonly storedSize: bigint;
  /** 64 bits. */
  readonly uid: bigint;
  /** 64 bits. */
  readonly gid: bigint;
  readonly time: TarTime;
}

export interface TarTime {
  /** Since 1970-01-01T00:00:00Z, rounded down. 64 bits, signed. */
  readonly seconds: bigint;
  /** Added to the seconds: 0 to 999,999,999. */
  readonly nanoseconds: number;
}
