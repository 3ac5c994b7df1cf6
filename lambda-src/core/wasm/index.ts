// The per-byte and per-entry work of reading a layer: inflating, CRC-32, tar headers, the bytes of a zTOC. AssemblyScript,
// compiled to core.wasm. These are its exports; ../wasm-module.ts has their types.
//
// An instance reads one layer (inflate/ and tar/), or writes one zTOC (ztoc/). It contains no messages: it reports errors as
// codes with details. Work that is done once per layer or call is TypeScript.
import { initializeCrcTables } from './crc32';
import { initializeLengthCodeOrder } from './inflate/block-header';
import { initializeRepeats } from './inflate/huffman-data';
import { initializeSymbols } from './inflate/huffman-table';
import { HASH_KEYS, MEMORY_END } from './memory-layout';
import { initializePaxKeys } from './tar/pax-records';
import { initializeTypeWords } from './ztoc/file-table';

export { updateCrc32 } from './crc32';
export * from './inflate/inflater';
export { resetScreening, screenChunk, screeningResult } from './tar/screening';
export * from './tar/tar-reader';
export * from './ztoc/ztoc-writer';

/**
 * Address for 24 random bytes, to be written before the first layer: they seed the hashes of paths, so that nobody can
 * predict them.
 */
export function hashKeysAddress(): usize {
  return HASH_KEYS;
}

const missingBytes = <isize>MEMORY_END - (<isize>memory.size() << 16);
if (missingBytes > 0) memory.grow(<i32>((missingBytes + 0xffff) >> 16));
initializeCrcTables();
initializeSymbols();
initializeLengthCodeOrder();
initializeRepeats();
initializePaxKeys();
initializeTypeWords();
