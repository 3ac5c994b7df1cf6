// One entry of a tar archive. Names are bytes, not strings: a tar does not say their encoding, and a zTOC keeps them as they
// are.

/** The types of entries that a SOCI index can describe. */
export type EntryType = 'reg' | 'hardlink' | 'symlink' | 'char' | 'block' | 'dir' | 'fifo';

/** The types, in the order of their characters in a tar: 0 to 6. */
export const entryTypes: readonly EntryType[] = [
  'reg',
  'hardlink',
  'symlink',
  'char',
  'block',
  'dir',
  'fifo',
];

/** One PAX record. The value may hold any byte. */
export interface PaxRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** An entry as the table of contents of a zTOC describes it. */
export interface TarEntry {
  /** As in the archive: not cleaned, may start with `/` or `./`, or contain `..`. */
  readonly name: Uint8Array;
  readonly type: EntryType;
  /** Where the entry's data begins in the uncompressed stream, right after its last header block, in bytes. */
  readonly uncompressedOffset: number;
  /** The size field in bytes, whether or not the type has data. 64 bits; negative only where it has none. */
  readonly uncompressedSize: bigint;
  readonly linkName: Uint8Array;
  /** All bits of the mode field, unmasked. */
  readonly mode: bigint;
  /** The low 32 bits. */
  readonly uid: number;
  /** The low 32 bits. */
  readonly gid: number;
  readonly userName: Uint8Array;
  readonly groupName: Uint8Array;
  /** RFC 3339 in UTC, e.g. `2023-11-14T22:13:21.25Z`; empty where the year is not within 0 to 9999. */
  readonly modificationTime: string;
  readonly deviceMajor: bigint;
  readonly deviceMinor: bigint;
  /** Every PAX record of the entry, sorted by key bytewise, each key once. */
  readonly paxRecords: readonly PaxRecord[];
  /** What only the archive itself says; undefined of an entry that was read from a zTOC. */
  readonly inArchive?: EntryInArchive;
}

/** What an archive says of an entry, and a zTOC has no room for. */
export interface EntryInArchive {
  /** Where its first header block begins, be it of its PAX records or of a long name. */
  readonly headerOffset: number;
  /** Bytes of its data in the archive: not `uncompressedSize` where a sparse file has holes, and 0 for types without data. */
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
  /** To be added to the seconds: 0 to 999,999,999. */
  readonly nanoseconds: number;
}
