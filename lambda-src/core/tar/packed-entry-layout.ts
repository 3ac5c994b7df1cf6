// The memory layout of a packed tar entry. It is written by the AssemblyScript that reads tars (wasm/tar/entry-packer.ts), and
// read by the AssemblyScript that writes zTOCs and by packed-entries.ts. Both languages compile this file, so the layout is
// defined once.
//
// Little endian, not aligned. A fixed part is followed by the bytes of all strings, without gaps:
//
// fixed part | name | link name | user name | group name | PAX records: head, key and value of each
//
// Entries follow each other in chunks of any size; an entry is never split.

// The fixed part, by offset of each field.
/** u32: size of the whole entry. The next one follows directly. */
export const entryBytesAt = 0;
/** u32: number of PAX records. */
export const paxRecordCountAt = 4;
/** f64: offset of the entry's data in the uncompressed stream, right after its last header block. */
export const dataOffsetAt = 8;
/** f64: offset of its first header, including those of PAX records and long names. */
export const headerOffsetAt = 16;
/** i64: size of the file, including the holes of a sparse one. */
export const sizeAt = 24;
/** i64: bytes of its data in the archive. 0 for types without data, whatever their size field contains. */
export const storedSizeAt = 32;
/** i64 */
export const modeAt = 40;
/** i64, like all numbers in a tar; a zTOC stores the low 32 bits. */
export const uidAt = 48;
/** i64 */
export const gidAt = 56;
/** i64: modification time, seconds since 1970, rounded down. */
export const secondsAt = 64;
/** i64 */
export const deviceMajorAt = 72;
/** i64 */
export const deviceMinorAt = 80;
/** u32: added to the seconds; `noTime` if a zTOC has no time. */
export const nanosecondsAt = 88;
/** u16: its peculiarities. */
export const peculiaritiesAt = 92;
/** u8: its type, as an index of `entryTypes`. */
export const typeAt = 94;
// One unused byte.
/** u32 each: sizes of the strings that follow. */
export const nameBytesAt = 96;
export const linkNameBytesAt = 100;
export const userNameBytesAt = 104;
export const groupNameBytesAt = 108;
/** The strings. */
export const stringsAt = 112;

/** The head of a PAX record: u32 size of its key, u32 size of its value. */
export const paxRecordHeadBytes = 8;

/** Nanoseconds of a missing time. */
export const noTime = 0xffffffff;

// Peculiarities: unusual properties of an entry. An entry without any is interpreted in the same way by all programs that unpack
// or mount it. A list of entries has the peculiarities of all its entries.
/** It begins before the previous entry ends, if the size field counts for entries of every type. */
export const overlapsPrevious = 0x1;
/** Its type has no data, but its size is not 0. */
export const hasSizeWithoutData = 0x2;
/** A sparse file whose stored data differs in size from the file. */
export const isSparse = 0x4;
/** Its mode has bits other than permissions, except those of a regular file. */
export const hasTypeBitsInMode = 0x8;
/** Its uid or gid is not between 0 and 2^32 - 2. */
export const hasOddOwner = 0x10;
/** Its time is before 1970, or too late for signed 64-bit nanoseconds, which end in 2262. */
export const hasOddTime = 0x20;
/** It has extended attributes (`SCHILY.xattr.`). */
export const hasXattrs = 0x40;
/** A part of its name begins with `.wh.`: a whiteout, or a name that only looks like one. */
export const hasWhiteoutName = 0x80;
/**
 * Its name is not clean: it contains `..`, `//` or `/./`, or is empty. A leading `./`, and a slash at either end, are usual.
 */
export const hasUncleanName = 0x100;
/** It is a hard link. */
export const isHardLink = 0x200;
/** It is a symbolic link. */
export const isSymbolicLink = 0x400;
/** It is a directory whose group new entries inherit. */
export const hasSetgidDirectory = 0x800;

// The result of screening all entries of a layer, in the order of their tar (fidelity/screening.ts).
export const screenedDiffers = 0x1;
export const screenedDependsOnLowers = 0x2;
export const screenedHasWhiteouts = 0x4;

/** Minimum size of a chunk before the next one is started, in bytes. */
export const chunkBytes = 0x80000;
/** Maximum size of a packed entry: each of its strings may have 1 MiB, and so may all PAX records together. */
export const maximumEntryBytes = 0x700000;
/** Maximum number of records: 1 MiB of records with 5 bytes each, plus one that is joined from others. */
export const maximumPaxRecordCount = 209716;
