// The memory layout of an instance. Every buffer has a fixed address; nothing is allocated, and nothing moves. AssemblyScript.
//
//   0x1000  tables of the inflater and of CRC-32
//   0xb000  state, and small work areas
//   0xc000  input | window | output
//           CRC-32 | tar header | zTOC: places, vtables | entries | zTOC bytes
//           metadata of one entry: large, but pages that no entry needs are never touched, so they occupy no physical memory
//           table of the paths of a layer: the only part that grows
import { chunkBytes, maximumEntryBytes, maximumPaxRecordCount, stringsAt } from '../tar/packed-entry-layout';

/** Bytes of output that DEFLATE may refer back to, and that a checkpoint keeps. */
@inline export const WINDOW_BYTES: usize = 32768;

/** Index bits of the main tables. Longer codewords continue in subtables. With 10 or 12 bits for literals, decoding was 2 to 4 % slower. */
@inline export const LITERAL_TABLE_BITS: u32 = 11;
@inline export const DISTANCE_TABLE_BITS: u32 = 8;
/** Code length codes have at most 7 bits, so their table needs no subtables. */
@inline export const LENGTH_CODE_TABLE_BITS: u32 = 7;

// Tables of u32 entries. With subtables, 286 symbols and 11 bits need at most 2342 entries; 30 symbols and 8 bits need at
// most 402 (`enough 286 11 15` and `enough 30 8 15` of zlib's examples/enough.c). The fixed codes have 288 and 32 symbols
// and need no subtables.
@inline export const LITERAL_TABLE: usize = 0x1000; // 4096 entries
@inline export const DISTANCE_TABLE: usize = 0x5000; // 1024 entries
@inline export const LENGTH_CODE_TABLE: usize = 0x6000; // 128 entries

/** The meanings of symbols, as table entries without the codeword length (see huffman-table.ts). u32 each. */
@inline export const LITERAL_SYMBOLS: usize = 0x6200; // 288
@inline export const DISTANCE_SYMBOLS: usize = 0x6700; // 32
@inline export const LENGTH_CODE_SYMBOLS: usize = 0x6780; // 19

/** The codeword lengths of a dynamic block (up to 286 + 30) or of a fixed code (up to 288), u8 each. */
@inline export const CODE_LENGTHS: usize = 0x6800;
/** Workspace of the table builder: number of codewords of each length (u32 x 16), and symbols in codeword order (u16). */
@inline export const LENGTH_COUNTS: usize = 0x6a00;
@inline export const LENGTH_OFFSETS: usize = 0x6a40;
@inline export const SORTED_SYMBOLS: usize = 0x6a80; // 288 u16
/** The order in which a dynamic block lists its code length codes. 19 u8. */
@inline export const LENGTH_CODE_ORDER: usize = 0x6d00;

/** For each distance below 16: the v128 shuffle that repeats a pattern of that many bytes, and the stride of a store. */
@inline export const REPEAT_SHUFFLES: usize = 0x6e00; // 16 x 16 bytes
@inline export const REPEAT_STRIDES: usize = 0x6f00; // 16 x u32

/** CRC-32 tables for 16 bytes at a time: 16 x 256 u32. */
@inline export const CRC_TABLES: usize = 0x7000;

/** State of the inflater (inflate/decoder-state.ts), the tar reader (tar/tar-state.ts), and the zTOC writer (ztoc/). */
@inline export const STATE: usize = 0xb000;
@inline export const TAR_STATE: usize = 0xb200;
@inline export const TAR_HEADER: usize = 0xb300;
@inline export const PROBLEM: usize = 0xb400;
@inline export const FLAT_STATE: usize = 0xb480;

/** A name joined from prefix, slash and name: 155 + 1 + 100 bytes. */
@inline export const JOINED_NAME: usize = 0xb500;
/** The start of a name that a later error may quote, and the maximum number of bytes kept. */
@inline export const KEPT_NAME: usize = 0xb700;
@inline export const KEPT_NAME_BYTES: usize = 128;
/** The PAX records that the reader interprets: u32 addresses in PAX_RECORDS, 0 for a missing one. */
@inline export const KNOWN_RECORDS: usize = 0xb7a0;
/** The names of entry types in a zTOC, 8 bytes each; and the text of a modification time. */
@inline export const TYPE_WORDS: usize = 0xb800;
@inline export const TIME_TEXT: usize = 0xb840;
/** The offsets of the fields of the table that is being written: u32 each, as many as the largest table has. */
@inline export const FIELD_OFFSETS: usize = 0xb880;

/** State of the screening (tar/screening.ts), its path table and its leaf list; and three secret u64 that seed their hashes. */
@inline export const SCREENING_STATE: usize = 0xba00;
@inline export const PATH_TABLE_STATE: usize = 0xba40;
@inline export const LEAF_LIST_STATE: usize = 0xba68;
@inline export const HASH_KEYS: usize = 0xba80;
@inline export const HASH_KEYS_BYTES: usize = 24;
/** The path of the latest entry's parent directory. */
@inline export const LATEST_PARENT: usize = 0xbb00;
@inline export const LATEST_PARENT_CAPACITY: usize = 0x500;

/** Input: the unread rest of earlier pieces, followed by one piece. */
@inline export const INPUT: usize = 0xc000;
@inline export const INPUT_CAPACITY: usize = 256 * 1024;
/**
 * The maximum number of unread bytes: an incomplete header of a dynamic block, which has at most
 * 17 + 19 * 3 + 316 * 14 bits (562 bytes). Everything else is consumed as it arrives.
 */
@inline export const UNREAD_CAPACITY: usize = 1024;
/** The fast loop reads 8 bytes at once, so it may read bytes after the input, which it never uses. */
@inline export const INPUT_OVERREAD: usize = 64;

/** Output: new bytes directly after the window, so that the 32 KiB of a match or a checkpoint are contiguous. */
@inline export const WINDOW: usize = INPUT + UNREAD_CAPACITY + INPUT_CAPACITY + INPUT_OVERREAD;
@inline export const OUTPUT: usize = WINDOW + WINDOW_BYTES;
@inline export const OUTPUT_CAPACITY: usize = 256 * 1024;
/**
 * As long as there is any room, a whole symbol is decoded. The longest match has 258 bytes, and copying it rounds up to
 * 16-byte stores, at least two; up to three literals may precede it.
 */
@inline export const OUTPUT_LIMIT: usize = OUTPUT + OUTPUT_CAPACITY;
@inline export const OUTPUT_OVERWRITE: usize = 512;

/** CRC-32: the words that a block refers back to (crc32.ts), followed by the block. */
@inline export const CRC_WORDS: usize = (OUTPUT_LIMIT + OUTPUT_OVERWRITE + 15) & ~15;
@inline export const CRC_WORDS_CAPACITY: usize = 1500 * 16;

/** A tar header block that cannot be read in place, because it spans two outputs or is still needed after the next block. */
@inline export const TAR_BLOCK: usize = CRC_WORDS + CRC_WORDS_CAPACITY;

/** Copies move 16 bytes at a time, so they may read or write some bytes after an area. */
@inline const OVERWRITE: usize = 64;

/** The addresses of a chunk's entries, and their offsets in the zTOC. u32 each. */
@inline export const PLACES: usize = TAR_BLOCK + 512;
@inline export const PLACES_CAPACITY: usize = <usize>chunkBytes / <usize>stringsAt + 2;
@inline export const FILE_OFFSETS: usize = PLACES + PLACES_CAPACITY * 4;
/** The vtables written so far: u32 offset, then up to 32 bytes. */
@inline export const VTABLES: usize = FILE_OFFSETS + PLACES_CAPACITY * 4;
@inline export const VTABLE_BYTES: usize = 4 + 32;
/**
 * A file's table has 7 fields that are omitted if they are 0, and two possible alignments within 8 bytes, so files need at
 * most 256 vtables. All other tables need five.
 */
@inline export const VTABLES_CAPACITY: u32 = 261;

/** Packed entries (tar/packed-entry-layout.ts): the output of the tar reader, or the input of the zTOC writer. */
@inline export const ENTRIES: usize = (VTABLES + <usize>VTABLES_CAPACITY * VTABLE_BYTES + 63) & ~63;
@inline export const ENTRIES_CAPACITY: usize = <usize>chunkBytes;
@inline export const LARGEST_ENTRY: usize = <usize>maximumEntryBytes;

/** Bytes of the zTOC, written from the end backwards. An entry takes at most twice its packed size. */
@inline export const FLAT: usize = ENTRIES + ENTRIES_CAPACITY + LARGEST_ENTRY + OVERWRITE;
@inline export const FLAT_CAPACITY: usize = 0x80000;
@inline export const FLAT_END: usize = FLAT + FLAT_CAPACITY + 2 * LARGEST_ENTRY;

/** Metadata of the next entry: PAX records and GNU long names. */
@inline export const METADATA_CAPACITY: usize = 0x100000;
@inline export const PAX_AREA: usize = FLAT_END + OVERWRITE;
/**
 * The record `GNU.sparse.map` that is composed of others: its key and value. It is located after PAX_AREA because, among
 * records with equal keys, the one at the highest address counts.
 */
@inline export const SPARSE_MAP_KEY: usize = PAX_AREA + METADATA_CAPACITY + OVERWRITE;
@inline export const SPARSE_RECORD: usize = SPARSE_MAP_KEY + 16;
@inline export const LONG_NAME: usize = SPARSE_RECORD + METADATA_CAPACITY + OVERWRITE;
@inline export const LONG_LINK_NAME: usize = LONG_NAME + METADATA_CAPACITY + OVERWRITE;
/** The map in front of a sparse file's data, with room for one block more than allowed. */
@inline export const SPARSE_MAP: usize = LONG_LINK_NAME + METADATA_CAPACITY + OVERWRITE;
@inline const SPARSE_MAP_CAPACITY: usize = METADATA_CAPACITY + 512;
/** Addresses and sizes of PAX records (tar/pax-records.ts); or, in the zTOC writer, the offsets of the records' tables. */
@inline export const PAX_RECORDS: usize = SPARSE_MAP + SPARSE_MAP_CAPACITY + OVERWRITE;
@inline export const PAX_RECORD_BYTES: usize = 16;
@inline export const PAX_RECORDS_CAPACITY: u32 = <u32>maximumPaxRecordCount;

/** The paths of a layer (tar/path-table.ts, tar/leaf-list.ts): a table with this initial number of slots, then leaves. */
@inline export const PATH_TABLE: usize = (PAX_RECORDS + <usize>PAX_RECORDS_CAPACITY * PAX_RECORD_BYTES + OVERWRITE + 63) & ~63;
@inline export const PATH_TABLE_SLOTS: u32 = 1 << 13;

/**
 * The initial memory of an instance, enough for the paths of some 200,000 entries. Growing it would trigger the garbage
 * collector, whereas untouched pages occupy no physical memory.
 */
@inline export const MEMORY_END: usize = PATH_TABLE + 4 * 1024 * 1024;
