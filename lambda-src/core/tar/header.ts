// Decodes one 512-byte tar header block, of any dialect. What an entry says in further blocks (PAX records, GNU long
// names) is the reader's business.
// The rules, down to which malformed header passes, are those of Go's archive/tar, with which the SOCI snapshotter reads:
// https://github.com/golang/go/blob/go1.26.0/src/archive/tar/reader.go
import { FormatError } from '../errors.ts';
import { decodeNumericField, decodeOctal } from './number.ts';
import { quoteBytes } from './quote.ts';
import type { TarTime } from './time.ts';

export const blockBytes = 512;

/** What one header says. Its byte arrays are views of the block. PAX records and long names overwrite what they name. */
export interface TarHeader {
  /** The code of the type's character; 0 in the oldest archives. */
  readonly typeFlag: number;
  name: Uint8Array;
  linkName: Uint8Array;
  /** In bytes; may be negative. */
  size: bigint;
  readonly mode: bigint;
  userId: bigint;
  groupId: bigint;
  modificationTime: TarTime;
  userName: Uint8Array;
  groupName: Uint8Array;
  readonly deviceMajor: bigint;
  readonly deviceMinor: bigint;
}

/** What an absent field holds; shared, so that absence costs nothing. */
export const noBytes = new Uint8Array(0);

const space = 0x20;
const slash = 0x2f;

/** Where the checksum field lies, which is summed up as if it held spaces. */
const checksumStart = 148;
const checksumEnd = 156;

export function isZeroBlock(block: Uint8Array): boolean {
  for (let at = 0; at < blockBytes; at++) {
    if (block[at] !== 0) {
      return false;
    }
  }
  return true;
}

/**
 * Decodes a header block that is not all zero.
 *
 * @param block 512 bytes. The header's byte arrays are views of it.
 * @param offset Where the block lies in the uncompressed stream, for messages.
 * @throws FormatError if the checksum is wrong, or a number is none.
 */
export function decodeHeader(block: Uint8Array, offset: number): TarHeader {
  checkChecksum(block, offset);
  const dialect = detectDialect(block);
  const header: TarHeader = {
    typeFlag: block[156]!,
    name: readText(block, 0, 100),
    linkName: readText(block, 157, 100),
    size: readNumber(block, 'size', 124, 12, offset),
    mode: readNumber(block, 'mode', 100, 8, offset),
    userId: readNumber(block, 'uid', 108, 8, offset),
    groupId: readNumber(block, 'gid', 116, 8, offset),
    modificationTime: { seconds: readNumber(block, 'mtime', 136, 12, offset), nanoseconds: 0 },
    userName: dialect === 'v7' ? noBytes : readText(block, 265, 32),
    groupName: dialect === 'v7' ? noBytes : readText(block, 297, 32),
    deviceMajor: dialect === 'v7' ? 0n : readNumber(block, 'devmajor', 329, 8, offset),
    deviceMinor: dialect === 'v7' ? 0n : readNumber(block, 'devminor', 337, 8, offset),
  };
  const prefix = readPrefix(block, dialect, offset);
  if (prefix.length > 0) {
    header.name = joinPath(prefix, header.name);
  }
  return header;
}

function checkChecksum(block: Uint8Array, offset: number): void {
  const found = decodeOctal(block, checksumStart, checksumEnd - checksumStart);
  let sum = 0;
  // Four at a time takes half the time.
  for (let at = 0; at < blockBytes; at += 4) {
    sum += block[at]! + block[at + 1]! + block[at + 2]! + block[at + 3]!;
  }
  for (let at = checksumStart; at < checksumEnd; at++) {
    sum += space - block[at]!;
  }
  // POSIX sums unsigned bytes; old tars summed signed ones.
  if (found !== BigInt(sum) && found !== BigInt(sum - 256 * countHighBytes(block))) {
    const field = quoteBytes(block.subarray(checksumStart, checksumEnd));
    throw new FormatError(
      'tar',
      `not a tar header: its checksum field is ${field}, but its bytes sum up to ${sum} (octal ${sum.toString(8)})`,
      offset,
    );
  }
}

/** How many bytes outside the checksum field are 128 or more: as signed bytes, each counts 256 less. */
function countHighBytes(block: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < blockBytes; at++) {
    count += at < checksumStart || at >= checksumEnd ? block[at]! >> 7 : 0;
  }
  return count;
}

type Dialect = 'v7' | 'ustar' | 'star' | 'gnu';

function detectDialect(block: Uint8Array): Dialect {
  if (hasText(block, 257, 'ustar\0')) {
    return hasText(block, 508, 'tar\0') ? 'star' : 'ustar';
  }
  return hasText(block, 257, 'ustar  \0') ? 'gnu' : 'v7';
}

function hasText(block: Uint8Array, start: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (block[start + at] !== text.charCodeAt(at)) {
      return false;
    }
  }
  return true;
}

function readPrefix(block: Uint8Array, dialect: Dialect, offset: number): Uint8Array {
  switch (dialect) {
    case 'v7':
      return noBytes;
    case 'ustar':
      return readText(block, 345, 155);
    case 'star':
      // Of no use to a zTOC, but a header that has them wrong is no header.
      readNumber(block, 'atime', 476, 12, offset);
      readNumber(block, 'ctime', 488, 12, offset);
      return readText(block, 345, 131);
    case 'gnu':
      return readGnuPrefix(block);
  }
}

/**
 * GNU headers have times where USTAR has the prefix. Go's writer before 1.8 put a prefix there all the same, so that
 * what is no time and looks like a path is a prefix: https://github.com/golang/go/issues/12594
 */
function readGnuPrefix(block: Uint8Array): Uint8Array {
  const hasTimes =
    (block[345] === 0 || decodeNumericField(block, 345, 12) !== undefined) &&
    (block[357] === 0 || decodeNumericField(block, 357, 12) !== undefined);
  if (hasTimes) {
    return noBytes;
  }
  const prefix = readText(block, 345, 155);
  return prefix.every((byte) => byte < 0x80) ? prefix : noBytes;
}

function joinPath(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  const path = new Uint8Array(prefix.length + 1 + name.length);
  path.set(prefix);
  path[prefix.length] = slash;
  path.set(name, prefix.length + 1);
  return path;
}

/** A text field ends at its first NUL; one that fills its field has none. */
function readText(block: Uint8Array, start: number, length: number): Uint8Array {
  let end = start;
  while (end < start + length && block[end] !== 0) {
    end++;
  }
  return end === start ? noBytes : block.subarray(start, end);
}

function readNumber(block: Uint8Array, field: string, start: number, length: number, offset: number): bigint {
  const value = decodeNumericField(block, start, length);
  if (value === undefined) {
    const name = quoteBytes(readText(block, 0, 100));
    const found = quoteBytes(block.subarray(start, start + length));
    throw new FormatError('tar', `entry ${name}: its field ${field} is no number: ${found}`, offset);
  }
  return value;
}
