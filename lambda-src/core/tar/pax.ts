// PAX records: the data of an `x` entry, which overrides and extends the header of the entry after it.
// https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_03
import { FormatError } from '../errors.ts';
import type { PaxRecord } from './entry.ts';
import type { TarHeader } from './header.ts';
import { parseDecimal } from './number.ts';
import { quoteBytes } from './quote.ts';
import { parsePaxTime } from './time.ts';
import type { TarTime } from './time.ts';

/** The records of one `x` entry by key, each byte of the key as one character. Of equal keys the last has won. */
export type PaxRecords = ReadonlyMap<string, PaxRecord>;

const nul = 0x00;
const newline = 0x0a;
const space = 0x20;
const comma = 0x2c;
const equalsSign = 0x3d;

/** `5 =\n` would be shorter, but has no key. */
const shortestRecordBytes = 5n;

const sparseMapKey = 'GNU.sparse.map';

/**
 * Parses the records, `27 mtime=1700000000.25\n` one after the other: their length in bytes with itself, key and value.
 *
 * GNU sparse format 0.0 repeats a pair of keys for each fragment of a file; these become the one `GNU.sparse.map` record
 * that format 0.1 would have, as Go's archive/tar does it, so that every key is there once.
 *
 * @param area The whole data of the `x` entry. Keys and values are views of it.
 * @param offset Where the header of the `x` entry lies, for messages.
 * @throws FormatError at the first malformed record.
 */
export function parsePaxRecords(area: Uint8Array, offset: number): PaxRecords {
  const characters = Buffer.from(area.buffer, area.byteOffset, area.length);
  const records = new Map<string, PaxRecord>();
  const sparseNumbers: Uint8Array[] = [];
  let start = 0;
  while (start < area.length) {
    const { keyStart, keyEnd, end } = findRecord(area, start, offset);
    const key = characters.toString('latin1', keyStart, keyEnd);
    const value = area.subarray(keyEnd + 1, end - 1);
    if (hasForbiddenNul(key, value)) {
      throw new FormatError(
        'tar',
        `PAX record ${quoteBytes(area.subarray(start, end))} contains a NUL`,
        offset,
      );
    }
    if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') {
      const expectedKey = sparseNumbers.length % 2 === 0 ? 'GNU.sparse.offset' : 'GNU.sparse.numbytes';
      if (key !== expectedKey || value.includes(comma)) {
        throw new FormatError('tar', `PAX record ${key}=${quoteBytes(value)} is out of place`, offset);
      }
      sparseNumbers.push(value);
    } else {
      records.set(key, { key: area.subarray(keyStart, keyEnd), value });
    }
    start = end;
  }
  if (sparseNumbers.length > 0) {
    records.set(sparseMapKey, { key: Buffer.from(sparseMapKey), value: joinByCommas(sparseNumbers) });
  }
  return records;
}

interface RecordBounds {
  readonly keyStart: number;
  /** Where the equals sign is. */
  readonly keyEnd: number;
  /** Just after the newline. */
  readonly end: number;
}

function findRecord(area: Uint8Array, start: number, offset: number): RecordBounds {
  const fail = (problem: string): never => {
    throw new FormatError('tar', `PAX record ${quoteBytes(area.subarray(start))} ${problem}`, offset);
  };
  const spaceAt = area.indexOf(space, start);
  const length = spaceAt < 0 ? undefined : parseDecimal(area.subarray(start, spaceAt));
  if (length === undefined) {
    return fail('does not begin with its length');
  }
  if (length < shortestRecordBytes || length > area.length - start) {
    return fail('has a length that cannot be');
  }
  const end = start + Number(length);
  const keyStart = spaceAt + 1;
  if (end <= keyStart || area[end - 1] !== newline) {
    return fail('does not end with a newline where its length says');
  }
  const keyEnd = area.indexOf(equalsSign, keyStart);
  if (keyEnd < 0 || keyEnd >= end - 1) {
    return fail('has no equals sign');
  }
  if (keyEnd === keyStart) {
    return fail('has no key');
  }
  return { keyStart, keyEnd, end };
}

/** A NUL ends the text of a header field, so a record that replaces one must have none. Other values may hold any byte. */
function hasForbiddenNul(key: string, value: Uint8Array): boolean {
  switch (key) {
    case 'path':
    case 'linkpath':
    case 'uname':
    case 'gname':
      return value.includes(nul);
    default:
      return key.includes('\0');
  }
}

function joinByCommas(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, parts.length - 1));
  joined.fill(comma);
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length + 1;
  }
  return joined;
}

/** A record's value; undefined if it is empty or not there, which is the same to all who read it. */
export function findPaxValue(records: PaxRecords, key: string): Uint8Array | undefined {
  const value = records.get(key)?.value;
  return value?.length === 0 ? undefined : value;
}

/** All records, sorted by key bytewise. */
export function sortPaxRecords(records: PaxRecords): readonly PaxRecord[] {
  return [...records].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, record]) => record);
}

/**
 * Overwrites what the records say better than the header. An empty value says nothing.
 *
 * @param offset Where the header lies, for messages.
 * @throws FormatError if a number or a time is none; the times of access and of change are checked too.
 */
export function applyPaxRecords(header: TarHeader, records: PaxRecords, offset: number): void {
  const valueOf = (key: string): Uint8Array | undefined => findPaxValue(records, key);
  const parseWith = <T>(key: string, parse: (text: Uint8Array) => T | undefined): T | undefined => {
    const text = valueOf(key);
    if (text === undefined) {
      return undefined;
    }
    const parsed = parse(text);
    if (parsed === undefined) {
      const name = quoteBytes(header.name);
      throw new FormatError(
        'tar',
        `entry ${name}: its PAX record ${key} is wrong: ${quoteBytes(text)}`,
        offset,
      );
    }
    return parsed;
  };
  const numberOf = (key: string): bigint | undefined => parseWith(key, parseDecimal);
  const timeOf = (key: string): TarTime | undefined => parseWith(key, parsePaxTime);

  header.name = valueOf('path') ?? header.name;
  header.linkName = valueOf('linkpath') ?? header.linkName;
  header.userName = valueOf('uname') ?? header.userName;
  header.groupName = valueOf('gname') ?? header.groupName;
  header.userId = numberOf('uid') ?? header.userId;
  header.groupId = numberOf('gid') ?? header.groupId;
  header.size = numberOf('size') ?? header.size;
  header.modificationTime = timeOf('mtime') ?? header.modificationTime;
  timeOf('atime');
  timeOf('ctime');
}
