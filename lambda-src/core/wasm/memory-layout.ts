// Where everything lies in the fixed memory of an instance: nothing is ever allocated, and nothing moves. AssemblyScript.
//
//   0x1000  tables of the inflater and of CRC-32
//   0xb000  state, and small work areas
//   0xc000  input | window | output
//           CRC-32 | tar header | zTOC: places, vtables | entries | zTOC bytes
//           metadata of one entry: large, and used only as far as entries have it (memory that is never touched takes none)
//           table of the paths of a layer: the one thing that grows
import { chunkBytes, maximumEntryBytes, maximumPaxRecordCount, stringsAt } from '../tar/packed-entry-layout';

/** Bytes of output that DEFLATE may refer back to, and that a checkpoint keeps. */
@inline export const WINDOW_BYTES: usize = 32768;

/** Index bits of the main tables. Longer codewords go on in subtables. 10 and 12 for literals measured 2 to 4 % slower. */
@inline export const LITERAL_TABLE_BITS: u32 = 11;
@inline export const DISTANCE_TABLE_BITS: u32 = 8;
/** Code length codes have at most 7 bits, so their table needs no subtables. */
@inline export const LENGTH_CODE_TABLE_BITS: u32 = 7;

// Tables of u32 entries. With subtables, 286 symbols and 11 bits need at most 2342 entries, 30 symbols and 8 bits 402
// (`enough 286 11 15` and `enough 30 8 15` of zlib's examples/enough.c); the fixed codes have 288 and 32 symbols, and
// need no subtables.
@inline export const LITERAL_TABLE: usize = 0x1000; // 4096 places
@inline export const DISTANCE_TABLE: usize = 0x5000; // 1024 places
@inline export const LENGTH_CODE_TABLE: usize = 0x6000; // 128 places

/** What a symbol means, as a table entry without its codeword length (see huffman-table.ts). u32 each. */
@inline export const LITERAL_SYMBOLS: usize = 0x6200; // 288
@inline export const DISTANCE_SYMBOLS: usize = 0x6700; // 32
@inline export const LENGTH_CODE_SYMBOLS: usize = 0x6780; // 19

/** The codeword lengths of a dynamic block: up to 286 + 30, u8 each, and room for one repeat too many. */
@inline export const CODE_LENGTHS: usize = 0x6800;
/** Workspace of the table builder: codewords of each length (u32 x 16), and symbols in the order of their codes (u16). */
@inline export const LENGTH_COUNTS: usize = 0x6a00;
@inline export const LENGTH_OFFSETS: usize = 0x6a40;
@inline export const SORTED_SYMBOLS: usize = 0x6a80; // 288 u16
/** The order in which a dynamic block lists its code length codes. 19 u8. */
@inline export const LENGTH_CODE_ORDER: usize = 0x6d00;

/** For each distance below 16: the v128 shuffle that repeats a pattern of that many bytes, and how far one store gets. */
@inline export const REPEAT_SHUFFLES: usize = 0x6e00; // 16 x 16 bytes
@inline export const REPEAT_STRIDES: usize = 0x6f00; // 16 x u32

/** CRC-32 tables for 16 bytes at a time: 16 x 256 u32. */
@inline export const CRC_TABLES: usize = 0x7000;

/** State of the inflater (inflate/decoder-state.ts), of the tar reader (tar/tar-state.ts), of the zTOC's writer (ztoc/). */
@inline export const STATE: usize = 0xb000;
@inline export const TAR_STATE: usize = 0xb200;
@inline export const TAR_HEADER: usize = 0xb300;
@inline export const PROBLEM: usize = 0xb400;
@inline export const FLAT_STATE: usize = 0xb480;

/** A name that is prefix, slash and name: 155 + 1 + 100 bytes. */
@inline export const JOINED_NAME: usize = 0xb500;
/** The start of a name that a later error may show, and how much is kept of it. */
@inline export const KEPT_NAME: usize = 0xb700;
@inline export const KEPT_NAME_BYTES: usize = 128;
/** The PAX records with a meaning of their own: u32 addresses in PAX_RECORDS, 0 for one that is not there. */
@inline export const KNOWN_RECORDS: usize = 0xb7a0;
/** A zTOC's words for the types of entries, 8 bytes each, and one of its times. */
@inline export const TYPE_WORDS: usize = 0xb800;
@inline export const TIME_TEXT: usize = 0xb840;
/** The vtable of the table that is being written: u32 offsets of its fields, as many as the largest has. */
@inline export const FIELD_OFFSETS: usize = 0xb880;

/** State of the screening (tar/screening.ts), of its table of paths and its list of leaves; three secret u64 that seed its hashes. */
@inline export const SCREENING_STATE: usize = 0xba00;
@inline export const PATH_TABLE_STATE: usize = 0xba40;
@inline export const LEAF_LIST_STATE: usize = 0xba68;
@inline export const HASH_KEYS: usize = 0xba80;
@inline export const HASH_KEYS_BYTES: usize = 24;
/** The path of the directory that the latest entry is in. */
@inline export const LATEST_PARENT: usize = 0xbb00;
@inline export const LATEST_PARENT_CAPACITY: usize = 0x500;

/** Input: what an earlier piece left unread, then one piece. */
@inline export const INPUT: usize = 0xc000;
@inline export const INPUT_CAPACITY: usize = 256 * 1024;
/**
 * The most that can be left unread: a dynamic block's header that has not wholly arrived, which has at most
 * 17 + 19 * 3 + 316 * 14 bits (562 bytes); everything else is consumed as it comes.
 */
@inline export const UNREAD_CAPACITY: usize = 1024;
/** The fast loop reads 8 bytes at once and may so look at bytes behind the input (never use them). */
@inline export const INPUT_OVERREAD: usize = 64;

/** Output: the window before it, so that a match or a checkpoint finds its 32 KiB in one piece, then new bytes. */
@inline export const WINDOW: usize = INPUT + UNREAD_CAPACITY + INPUT_CAPACITY + INPUT_OVERREAD;
@inline export const OUTPUT: usize = WINDOW + WINDOW_BYTES;
@inline export const OUTPUT_CAPACITY: usize = 256 * 1024;
/**
 * A symbol is decoded whole when there is any room at all: the longest match is 258 bytes, and its copy is rounded up
 * to 16-byte stores, two of them at least; three literals may precede it.
 */
@inline export const OUTPUT_LIMIT: usize = OUTPUT + OUTPUT_CAPACITY;
@inline export const OUTPUT_OVERWRITE: usize = 512;

/** CRC-32: the words that those of a block are folded into (crc32.ts), then a block of them. */
@inline export const CRC_WORDS: usize = (OUTPUT_LIMIT + OUTPUT_OVERWRITE + 15) & ~15;
@inline export const CRC_WORDS_CAPACITY: usize = 1500 * 16;

/** A tar's header block, where it cannot be read in place: it lies in two outputs, or is needed after the next one. */
@inline export const TAR_BLOCK: usize = CRC_WORDS + CRC_WORDS_CAPACITY;

/** Reading and writing copy by 16 bytes at once, and may so touch some behind an area. */
@inline const OVERWRITE: usize = 64;

/** Where the entries of a chunk begin, and where each has been written in the zTOC. u32 each. */
@inline export const PLACES: usize = TAR_BLOCK + 512;
@inline export const PLACES_CAPACITY: usize = <usize>chunkBytes / <usize>stringsAt + 2;
@inline export const FILE_OFFSETS: usize = PLACES + PLACES_CAPACITY * 4;
/** The vtables written so far: u32 offset, then up to 32 bytes. */
@inline export const VTABLES: usize = FILE_OFFSETS + PLACES_CAPACITY * 4;
@inline export const VTABLE_BYTES: usize = 4 + 32;
/**
 * A file's table has 7 fields that are left out if they are 0, and may begin at two places of 8 bytes: at most 256 vtables.
 * Five more are those of all other tables.
 */
@inline export const VTABLES_CAPACITY: u32 = 261;

/** Packed entries (tar/packed-entry-layout.ts): those of the reader, or those that are to be written. */
@inline export const ENTRIES: usize = (VTABLES + <usize>VTABLES_CAPACITY * VTABLE_BYTES + 63) & ~63;
@inline export const ENTRIES_CAPACITY: usize = <usize>chunkBytes;
@inline export const LARGEST_ENTRY: usize = <usize>maximumEntryBytes;

/** Bytes of the zTOC, written from the end on. No entry takes more than twice what it has packed. */
@inline export const FLAT: usize = ENTRIES + ENTRIES_CAPACITY + LARGEST_ENTRY + OVERWRITE;
@inline export const FLAT_CAPACITY: usize = 0x80000;
@inline export const FLAT_END: usize = FLAT + FLAT_CAPACITY + 2 * LARGEST_ENTRY;

/** Metadata of the entry to come: PAX records, GNU long names. */
@inline export const METADATA_CAPACITY: usize = 0x100000;
@inline export const PAX_AREA: usize = FLAT_END + OVERWRITE;
/**
 * The record `GNU.sparse.map` that is made of others: its key, and its value. Behind PAX_AREA, since of equal keys the one at
 * the highest address counts.
 */
@inline export const SPARSE_MAP_KEY: usize = PAX_AREA + METADATA_CAPACITY + OVERWRITE;
@inline export const SPARSE_RECORD: usize = SPARSE_MAP_KEY + 16;
@inline export const LONG_NAME: usize = SPARSE_RECORD + METADATA_CAPACITY + OVERWRITE;
@inline export const LONG_LINK_NAME: usize = LONG_NAME + METADATA_CAPACITY + OVERWRITE;
/** The map of a sparse file in front of its data, and a block too many. */
@inline export const SPARSE_MAP: usize = LONG_LINK_NAME + METADATA_CAPACITY + OVERWRITE;
@inline const SPARSE_MAP_CAPACITY: usize = METADATA_CAPACITY + 512;
/** Where PAX records lie (tar/pax-records.ts), or where in the zTOC the tables of an entry's records have been written. */
@inline export const PAX_RECORDS: usize = SPARSE_MAP + SPARSE_MAP_CAPACITY + OVERWRITE;
@inline export const PAX_RECORD_BYTES: usize = 16;
@inline export const PAX_RECORDS_CAPACITY: u32 = <u32>maximumPaxRecordCount;

/** The paths of a layer (tar/path-table.ts, tar/leaf-list.ts): a table that begins with so many slots, then leaves. */
@inline export const PATH_TABLE: usize = (PAX_RECORDS + <usize>PAX_RECORDS_CAPACITY * PAX_RECORD_BYTES + OVERWRITE + 63) & ~63;
@inline export const PATH_TABLE_SLOTS: u32 = 1 << 13;

/**
 * An instance begins with so much memory, enough for the paths of some 200,000 entries: growing wakes the garbage collector, and
 * what is not touched takes no memory.
 */
@inline export const MEMORY_END: usize = PATH_TABLE + 4 * 1024 * 1024;
