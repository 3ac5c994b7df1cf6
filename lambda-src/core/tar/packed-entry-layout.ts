// How an entry of a tar lies in memory: the AssemblyScript that reads tars writes it (wasm/tar/entry-packer.ts), the one that
// writes zTOCs reads it, and so does packed-entries.ts. Both languages compile this file, so that the layout is drawn once.
//
// Little endian, not aligned. A fixed part, then bytes of strings, one behind the other without anything between them:
//
//   fixed part | name | link name | user name | group name | PAX records: each its head, key, value
//
// Entries follow each other in chunks of any size; one is never split.

// The fixed part: where each field begins.
/** u32: bytes of the whole entry. The next one follows. */
export const entryBytesAt = 0;
/** u32: how many PAX records there are. */
export const paxRecordCountAt = 4;
/** f64: where the entry's data begins in the uncompressed stream, right after its last header block. */
export const dataOffsetAt = 8;
/** f64: where the first of its headers begins: those of PAX records and long names are in front of its own. */
export const headerOffsetAt = 16;
/** i64: the size of the file; of a sparse one with its holes. */
export const sizeAt = 24;
/** i64: bytes of its data in the archive. 0 for types that have none, whatever their size says. */
export const storedSizeAt = 32;
/** i64 */
export const modeAt = 40;
/** i64, as all numbers of a tar; a zTOC keeps the low 32 bits. */
export const uidAt = 48;
/** i64 */
export const gidAt = 56;
/** i64: modification time, seconds since 1970, rounded down. */
export const secondsAt = 64;
/** i64 */
export const deviceMajorAt = 72;
/** i64 */
export const deviceMinorAt = 80;
/** u32: to be added to the seconds; `noTime` where a zTOC tells no time. */
export const nanosecondsAt = 88;
/** u16: its peculiarities. */
export const peculiaritiesAt = 92;
/** u8: its type, as a place in `entryTypes`. */
export const typeAt = 94;
// One byte is not used.
/** u32 each: bytes of the strings that follow. */
export const nameBytesAt = 96;
export const linkNameBytesAt = 100;
export const userNameBytesAt = 104;
export const groupNameBytesAt = 108;
/** The strings. */
export const stringsAt = 112;

/** The head of a PAX record: u32 bytes of its key, u32 bytes of its value. */
export const paxRecordHeadBytes = 8;

/** Nanoseconds of a time that is not there. */
export const noTime = 0xffffffff;

// Peculiarities: what one look at an entry finds that most entries have not. An entry without any means the same to all who
// unpack or mount it; a list of entries has those of all of them.
/** It begins before the previous one ends, as those who count a size for every type see it. */
export const overlapsPrevious = 0x1;
/** Its type has no data, but its size is not 0. */
export const hasSizeWithoutData = 0x2;
/** A sparse file that is stored with fewer or more bytes than it has. */
export const isSparse = 0x4;
/** Its mode has other bits than permissions, but for that of a regular file. */
export const hasTypeBitsInMode = 0x8;
/** Its uid or gid is not within 0 to 2^32 - 2. */
export const hasOddOwner = 0x10;
/** Its time is before 1970, or after what 64 bits of nanoseconds can say, in 2262. */
export const hasOddTime = 0x20;
/** It has extended attributes (`SCHILY.xattr.`). */
export const hasXattrs = 0x40;
/** A part of its name begins with `.wh.`: a whiteout, or none in spite of it. */
export const hasWhiteoutName = 0x80;
/** Its name is not clean: it has `..`, `//` or `/./` in it, or is empty. `./` at its start and `/` at both ends are usual. */
export const hasUncleanName = 0x100;
/** It is a hard link. */
export const isHardLink = 0x200;
/** It is a symbolic link. */
export const isSymbolicLink = 0x400;
/** A directory whose group is passed on to what is made in it. */
export const hasSetgidDirectory = 0x800;

// What one look at all entries of a layer says together, in the order of their tar (fidelity/screening.ts).
export const screenedDiffers = 0x1;
export const screenedDependsOnLowers = 0x2;
export const screenedHasWhiteouts = 0x4;

/** Bytes that a chunk has at least before another one is begun. */
export const chunkBytes = 0x80000;
/** No entry that a tar reader packs is larger: of its strings each may have 1 MiB, and so may all PAX records together. */
export const maximumEntryBytes = 0x700000;
/** Records that 1 MiB can hold, of 5 bytes each, and one that is made of others. */
export const maximumPaxRecordCount = 209716;
