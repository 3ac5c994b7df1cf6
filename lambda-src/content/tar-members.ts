// The member table of a tar file on disk: names and positions of its files. Data is skipped by seeking.
//
// This is the tar around an OCI image layout: a few plain files with short names. It needs no links, devices or sparse
// files, so a tar with any of them is refused, as is a tar with paths that point outside it. (The tar in a layer is a
// different matter: core/tar.)
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
import type { FileHandle } from 'node:fs/promises';
import { FormatError } from '../core/errors.ts';
import { escapeText } from '../core/oci/quotation.ts';

export const tarBlockBytes = 512;

/** Position of a file in the tar, in bytes. */
export interface TarMember {
  readonly offset: number;
  readonly size: number;
}

/** Far more than any archive of images contains. */
const maximumMembers = 100_000;

/** Limit for one PAX header or long name. */
const maximumMetadataBytes = 1 << 20;

// Fields of a header block: position and length.
const nameField = [0, 100] as const;
const sizeField = [124, 12] as const;
const checksumField = [148, 8] as const;
const typeOffset = 156;
const magicField = [257, 6] as const;
const prefixField = [345, 155] as const;

/** What metadata members specify about the next file. */
interface Overrides {
  path?: string;
  size?: number;
}

/**
 * Reads names and positions of all files.
 *
 * @throws FormatError if the file is not a tar, is damaged or truncated, or contains links, special files, duplicate files,
 *   or paths that point outside it.
 */
export async function readTarMembers(file: FileHandle): Promise<ReadonlyMap<string, TarMember>> {
  const { size: fileBytes } = await file.stat();
  const members = new Map<string, TarMember>();
  let overrides: Overrides = {};
  let count = 0;
  for (let offset = 0; ;) {
    const block = await readBytes(file, offset, tarBlockBytes);
    if (offset === 0) refuseCompressed(block);
    if (block.length < tarBlockBytes) throw damaged('it is truncated: the end marker is missing', offset);
    if (block.every((byte) => byte === 0)) break;
    if (!hasRightChecksum(block)) throw damaged('the checksum of a header is wrong', offset);
    if (++count > maximumMembers) throw damaged(`it has more than ${maximumMembers} members`, offset);

    const type = String.fromCharCode(block[typeOffset]!);
    const isMetadata = type === 'x' || type === 'L' || type === 'g';
    const path = (isMetadata ? undefined : overrides.path) ?? pathOf(block);
    const size = (isMetadata ? undefined : overrides.size) ?? sizeOf(block, offset);
    const dataOffset = offset + tarBlockBytes;
    if (dataOffset + size > fileBytes) {
      throw damaged(
        `it is truncated: ${quotePath(path)} has ${size} bytes and extends beyond the end`,
        offset,
      );
    }
    if (isMetadata) {
      if (size > maximumMetadataBytes)
        throw damaged(
          `a member has ${size} bytes of metadata, more than the maximum of ${maximumMetadataBytes}`,
          offset,
        );
      const text = (await readBytes(file, dataOffset, size)).toString('utf8');
      if (type === 'L') overrides.path = cutAtNul(text);
      if (type === 'x') overrides = { ...overrides, ...parsePaxRecords(text, offset) };
    } else {
      overrides = {};
      const name = checkPath(path, offset);
      checkType(type, path, offset);
      if (type !== '5' && !path.endsWith('/')) {
        if (members.has(name)) throw damaged(`it contains ${quotePath(path)} twice`, offset);
        members.set(name, { offset: dataOffset, size });
      }
    }
    offset = dataOffset + Math.ceil(size / tarBlockBytes) * tarBlockBytes;
  }
  return members;
}

/** The header block of a plain file. GNU tar writes numbers that are too large for octal digits in base 256. */
export function encodeTarHeader(path: string, size: number): Uint8Array {
  const block = Buffer.alloc(tarBlockBytes);
  const octal = (value: number, length: number) => value.toString(8).padStart(length - 1, '0');
  block.write(path, nameField[0], nameField[1], 'utf8');
  block.write(octal(0o644, 8), 100, 'latin1');
  block.write(octal(0, 8), 108, 'latin1');
  block.write(octal(0, 8), 116, 'latin1');
  if (size < 8 ** 11) {
    block.write(octal(size, sizeField[1]), sizeField[0], 'latin1');
    block.write('ustar\x0000', magicField[0], 'latin1');
  } else {
    block[sizeField[0]] = 0x80;
    block.writeUIntBE(size, sizeField[0] + sizeField[1] - 6, 6);
    block.write('ustar  \0', magicField[0], 'latin1');
  }
  block.write(octal(0, 12), 136, 'latin1');
  block.write('0', typeOffset, 'latin1');
  block.write(`${octal(checksumOf(block), 7)}\0 `, checksumField[0], 'latin1');
  return block;
}

async function readBytes(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function refuseCompressed(block: Buffer): void {
  const compressions = [
    ['gzip', [0x1f, 0x8b], 'gunzip'],
    ['zstd', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -d'],
    ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a], 'unxz'],
    ['bzip2', [0x42, 0x5a, 0x68], 'bunzip2'],
  ] as const;
  for (const [name, magic, command] of compressions) {
    if (magic.every((byte, position) => block[position] === byte)) {
      throw new FormatError(
        'archive',
        `it is compressed with ${name}. Its layers are already compressed, and blobs in a compressed archive cannot be found by seeking. Decompress it first: ${command} FILE`,
      );
    }
  }
}

function hasRightChecksum(block: Buffer): boolean {
  const text = fieldText(block, checksumField).trim();
  return /^[0-7]+$/.test(text) && parseInt(text, 8) === checksumOf(block);
}

/** The sum of all bytes, with those of the checksum field counted as spaces. */
function checksumOf(block: Buffer): number {
  const [start, length] = checksumField;
  return block.reduce(
    (sum, byte, position) => sum + (position >= start && position < start + length ? 0x20 : byte),
    0,
  );
}

function fieldText(block: Buffer, [start, length]: readonly [number, number]): string {
  return cutAtNul(block.toString('utf8', start, start + length));
}

function cutAtNul(text: string): string {
  return text.split('\0', 1)[0]!;
}

/** Only USTAR has a prefix: GNU tar stores times there. */
function pathOf(block: Buffer): string {
  const name = fieldText(block, nameField);
  const [start, length] = magicField;
  const isUstar = block.toString('latin1', start, start + length) === 'ustar\0';
  const prefix = isUstar ? fieldText(block, prefixField) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function sizeOf(block: Buffer, offset: number): number {
  const [start, length] = sizeField;
  const text = fieldText(block, sizeField).trim();
  const size =
    block[start] === 0x80
      ? Number(BigInt(`0x${block.toString('hex', start + 1, start + length)}`))
      : /^[0-7]*$/.test(text)
        ? parseInt(`0${text}`, 8)
        : NaN;
  if (!Number.isSafeInteger(size)) throw damaged('the size in a header is invalid', offset);
  return size;
}

/** `27 path=blobs/sha256/…\n`, repeated; the length includes itself, in bytes. */
function parsePaxRecords(text: string, offset: number): Overrides {
  const overrides: Overrides = {};
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    const [, digits = ''] = /^([0-9]{1,7}) /.exec(rest.toString('latin1', 0, 8)) ?? [];
    const length = Number(digits);
    const record = rest.subarray(digits.length + 1, length - 1).toString();
    const equals = record.indexOf('=');
    if (digits === '' || length > rest.length || rest[length - 1] !== 0x0a || equals < 1) {
      throw damaged('a PAX record is malformed', offset);
    }
    const [key, value] = [record.slice(0, equals), record.slice(equals + 1)];
    if (key === 'path') overrides.path = value;
    if (key === 'size') {
      if (!/^[0-9]{1,15}$/.test(value)) throw damaged('the size in a PAX record is invalid', offset);
      overrides.size = Number(value);
    }
    if (key.startsWith('GNU.sparse.')) throw damaged('it contains a sparse file', offset);
    rest = rest.subarray(length);
  }
  return overrides;
}

/** The path without a leading `./` and a trailing slash. */
function checkPath(path: string, offset: number): string {
  if (path === '') throw damaged('a file has no name', offset);
  if (path.includes('\0')) throw damaged(`the name ${quotePath(path)} contains a NUL byte`, offset);
  const parts = path.split('/').filter((part, position) => part !== '.' && (part !== '' || position === 0));
  if (parts[0] === '' || parts.includes('..')) {
    throw damaged(`${quotePath(path)} points outside the archive`, offset);
  }
  return parts.join('/');
}

function checkType(type: string, path: string, offset: number): void {
  if (type === '0' || type === '\0' || type === '5' || type === '7') return;
  const isLink = type === '1' || type === '2' || type === 'K';
  throw damaged(
    `${quotePath(path)} is ${isLink ? 'a link' : 'a special file'}: an OCI image layout contains only regular files`,
    offset,
  );
}

function quotePath(path: string): string {
  return `"${escapeText(path)}"`;
}

function damaged(problem: string, offset: number): FormatError {
  return new FormatError('archive', problem, offset);
}
