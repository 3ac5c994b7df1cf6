// CRC-32 as gzip uses it, 16 bytes at a time: for headers, and for data where Node has no native one (before 20.15).
// AssemblyScript. https://www.rfc-editor.org/rfc/rfc1952#section-8
import { CRC_TABLES } from './memory-layout';

@inline const REVERSED_POLYNOMIAL: u32 = 0xedb88320;

/** Table k tells what a byte does to the CRC when k more bytes follow it. */
export function initializeCrcTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ REVERSED_POLYNOMIAL : crc >> 1;
    store<u32>(CRC_TABLES + (byte << 2), crc);
  }
  for (let index: u32 = 0; index < 15 * 256; index++) {
    const crc = load<u32>(CRC_TABLES + (index << 2));
    store<u32>(CRC_TABLES + ((index + 256) << 2), load<u32>(CRC_TABLES + ((crc & 255) << 2)) ^ (crc >> 8));
  }
}

@inline
function look(table: u32, byte: u32): u32 {
  return load<u32>(CRC_TABLES + (table << 10) + (<usize>byte << 2));
}

@inline
function lookWord(table: u32, word: u32): u32 {
  return (
    look(table + 3, word & 255) ^
    look(table + 2, (word >> 8) & 255) ^
    look(table + 1, (word >> 16) & 255) ^
    look(table, word >> 24)
  );
}

export function addByteToCrc(crc: u32, byte: u32): u32 {
  const inverted = ~crc;
  return ~(look(0, (inverted ^ byte) & 255) ^ (inverted >> 8));
}

/** The CRC-32 of what `crc` covers followed by `length` bytes at `address`. Starts from 0. */
export function updateCrc32(crc: u32, address: usize, length: usize): u32 {
  let inverted = ~crc;
  let next = address;
  const end = address + length;
  for (; end - next >= 16; next += 16) {
    inverted =
      lookWord(12, load<u32>(next) ^ inverted) ^
      lookWord(8, load<u32>(next, 4)) ^
      lookWord(4, load<u32>(next, 8)) ^
      lookWord(0, load<u32>(next, 12));
  }
  for (; next < end; next++) inverted = look(0, (inverted ^ load<u8>(next)) & 255) ^ (inverted >> 8);
  return ~inverted;
}
