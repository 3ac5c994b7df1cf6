// Numbers as Go's archive/tar reads them.
import { expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import type { TarTime } from '../../../lambda-src/core/tar/entry.ts';
import { readLastEntry } from '../../helpers/read-tar.ts';
import { latin1, paxRecord, TarWriter } from '../../helpers/tar-writer.ts';

const ones = '\xff';

/** The value that is read, or undefined if it is rejected. */
function unlessRefused<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FormatError) || !/is not a number|is invalid/.test(error.message)) throw error;
    return undefined;
  }
}

/** Reads 8 bytes as a mode field, and 12 bytes as a time field. */
function decodeNumericField(field: string): bigint | undefined {
  return unlessRefused(() => {
    if (field.length <= 8) return readLastEntry(new TarWriter().header({ mode: latin1(field) })).mode;
    return readLastEntry(new TarWriter().header({ mtime: latin1(field) })).inArchive!.time.seconds;
  });
}

function parseDecimal(text: string): bigint | undefined {
  const writer = new TarWriter().pax(paxRecord('uid', text)).entry({});
  return unlessRefused(() => readLastEntry(writer).inArchive!.uid);
}

function parsePaxTime(text: string): TarTime | undefined {
  const writer = new TarWriter().pax(paxRecord('mtime', text)).entry({ mtime: 77 });
  return unlessRefused(() => readLastEntry(writer).inArchive!.time);
}

test.each<[string, string, bigint | undefined]>([
  ['zero-filled, with a NUL at the end', '0000644\0', 0o644n],
  ['without room for a NUL', '77777777', 0o77777777n],
  ['with spaces around the digits', '  644   ', 0o644n],
  ['with NULs around the digits', '\0\x00644\0\0\0', 0o644n],
  ['with a space before the NUL', '000644 \0', 0o644n],
  ['all NUL', '\0\0\0\0\0\0\0\0', 0n],
  ['all blank', '    \0\0  ', 0n],
  ['with garbage after a NUL', '644\x00998\xff', 0o644n],
  ['as wide as the size field', '777777777777', 0o777777777777n],
  ['with a digit 8', '0000648\0', undefined],
  ['with a digit 9', '9       ', undefined],
  ['with a character before the digits', '/644\0\0\0\0', undefined],
  ['with a minus sign', '-000644\0', undefined],
  ['with a plus sign', '+000644\0', undefined],
  ['with a space inside', '000 644\0', undefined],
  ['with a space, a NUL and garbage', '644 \x00x\0\0', undefined],
  ['with a tab', '\t000644\0', undefined],
  ['with an underscore', '0_00644\0', undefined],
])('an octal field %s', (_, field, expected) => {
  expect(decodeNumericField(field)).toBe(expected);
});

test.each<[string, string, bigint | undefined]>([
  ['of five', '\x80\0\0\0\0\0\0\x05', 5n],
  ['of zero', '\x80\0\0\0\0\0\0\0', 0n],
  ['of more than 32 bits', '\x80\0\0\x01\0\0\0\x02', 0x1_0000_0002n],
  ['with value bits in the marker byte', '\xbf' + ones.repeat(7), (1n << 62n) - 1n],
  ['of minus one', ones.repeat(8), -1n],
  ['of minus two', ones.repeat(7) + '\xfe', -2n],
  ['of the lowest value that eight bytes can hold', '\xc0\0\0\0\0\0\0\0', -(1n << 62n)],
  ['of the largest 64-bit integer', '\x80\0\0\0\x7f' + ones.repeat(7), (1n << 63n) - 1n],
  ['one above the largest 64-bit integer', '\x80\0\0\0\x80\0\0\0\0\0\0\0', undefined],
  ['of the lowest 64-bit integer', ones.repeat(4) + '\x80\0\0\0\0\0\0\0', -(1n << 63n)],
  ['one below the lowest 64-bit integer', ones.repeat(4) + '\x7f' + ones.repeat(7), undefined],
  ['of 94 bits', '\xbf' + ones.repeat(11), undefined],
  ['of minus 94 bits', '\xc0' + '\0'.repeat(11), undefined],
])('a base-256 field %s', (_, field, expected) => {
  expect(decodeNumericField(field)).toBe(expected);
});

test('reads a field to its end and no further', () => {
  const { mode, uid, gid } = readLastEntry(
    new TarWriter().header({ mode: '7777777 ', uid: '77777777', gid: '\0\0\0\0\0\0\0\0' }),
  );
  expect([mode, uid, gid]).toEqual([0o7777777n, 0o77777777, 0]);
});

test('rejects a base-256 checksum, which must be octal', () => {
  const field = '\x80\0\0\0\0\0\x10\x00';
  expect(() => readLastEntry(new TarWriter().header({ checksum: { field } }))).toThrow(/not a tar header/);
});

test.each<[string, bigint | undefined]>([
  ['0', 0n],
  ['5', 5n],
  ['+5', 5n],
  ['-5', -5n],
  ['-0', 0n],
  ['00000000000000000000000000012', 12n],
  ['-00000000000000000000000000012', -12n],
  ['123456789012345', 123456789012345n],
  ['1234567890123456', 1234567890123456n],
  ['999999999999999999', 999999999999999999n],
  ['9223372036854775807', 9223372036854775807n],
  ['9223372036854775808', undefined],
  ['-9223372036854775808', -9223372036854775808n],
  ['-9223372036854775809', undefined],
  ['99999999999999999999', undefined],
  ['+', undefined],
  ['-', undefined],
  ['--1', undefined],
  ['+-1', undefined],
  [' 1', undefined],
  ['1 ', undefined],
  ['1\0', undefined],
  ['1.0', undefined],
  ['0x10', undefined],
  ['1_000', undefined],
  ['1/', undefined],
  ['1:', undefined],
  ['123456789012345/', undefined],
  ['123456789012345:', undefined],
])('parses decimal text %p', (text, expected) => {
  expect(parseDecimal(text)).toBe(expected);
});

test.each<[string, bigint, number]>([
  ['0', 0n, 0],
  ['1700000000', 1700000000n, 0],
  ['1700000000.25', 1700000000n, 250_000_000],
  ['1700000000.', 1700000000n, 0],
  ['1.000000001', 1n, 1],
  ['1.1234567899', 1n, 123_456_789],
  [`1.${'0'.repeat(9)}9`, 1n, 0],
  ['1.5'.padEnd(100_000, '0'), 1n, 500_000_000],
  ['+5.5', 5n, 500_000_000],
  ['-1', -1n, 0],
  ['-1.', -1n, 0],
  ['-1.0', -1n, 0],
  ['-1.5', -2n, 500_000_000],
  ['-0.5', -1n, 500_000_000],
  ['-1.000000001', -2n, 999_999_999],
  ['0'.repeat(30) + '7.1', 7n, 100_000_000],
  ['9223372036854775807', 9223372036854775807n, 0],
])('parses PAX time %p', (text, seconds, nanoseconds) => {
  expect(parsePaxTime(text)).toEqual({ seconds, nanoseconds });
});

test.each([
  '.',
  '.5',
  '-',
  '-.5',
  'x',
  ' 1',
  '1 ',
  '1.x',
  '1./',
  '1.:',
  '1.2.3',
  '1.-5',
  '1.+5',
  '1,5',
  '1e5',
  '1.1234567891x',
  '9223372036854775808',
  '1\0',
])('rejects %p as a PAX time', (text) => {
  expect(parsePaxTime(text)).toBe(undefined);
});

test('rejects decimal text of a million digits', () => {
  expect(parseDecimal('1'.repeat(1_000_000))).toBeUndefined();
});
