// Where everything lies in the decoder's fixed memory: nothing is ever allocated, and no table moves. AssemblyScript.

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

/** The decoder's state (decoder-state.ts). */
@inline export const STATE: usize = 0xb000;

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

@inline export const MEMORY_END: usize = OUTPUT_LIMIT + OUTPUT_OVERWRITE;
