// Numbers as Go's archive/tar reads them.
import { expect, test } from '@jest/globals';
import { decodeNumericField, decodeOctal, parseDecimal } from '../../../lambda-src/core/tar/number.ts';
import { latin1 } from '../../helpers/tar-writer.ts';

const ones = '\xff';

test.each<[string, string, bigint | undefined]>([
  ['zero-filled, with a NUL at its end', '0000644\0', 0o644n],
  ['without room for a NUL', '77777777', 0o77777777n],
  ['with spaces around', '  644   ', 0o644n],
  ['with NULs around', '\0\x00644\0\0\0', 0o644n],
  ['with a space before its NUL', '000644 \0', 0o644n],
  ['all NUL', '\0\0\0\0\0\0\0\0', 0n],
  ['all blank', '    \0\0  ', 0n],
  ['with rubbish hidden behind a NUL', '644\x00998\xff', 0o644n],
  ['as wide as a size', '777777777777', 0o777777777777n],
  ['with a digit 8', '0000648\0', undefined],
  ['with a digit 9', '9       ', undefined],
  ['with a character before the digits', '/644\0\0\0\0', undefined],
  ['with a minus sign', '-000644\0', undefined],
  ['with a plus sign', '+000644\0', undefined],
  ['with a space inside', '000 644\0', undefined],
  ['with a space, a NUL and rubbish', '644 \x00x\0\0', undefined],
  ['with a tab', '\t000644\0', undefined],
  ['with an underscore', '0_00644\0', undefined],
])('an octal field %s', (_, field, expected) => {
  expect(decodeOctal(latin1(field), 0, field.length)).toBe(expected);
  expect(decodeNumericField(latin1(field), 0, field.length)).toBe(expected);
});

test.each<[string, string, bigint | undefined]>([
  ['of five', '\x80\0\0\0\0\0\0\x05', 5n],
  ['of zero', '\x80\0\0\0\0\0\0\0', 0n],
  ['of more than 32 bits', '\x80\0\0\x01\0\0\0\x02', 0x1_0000_0002n],
  ['with value bits beside the mark', '\xbf' + ones.repeat(7), (1n << 62n) - 1n],
  ['of minus one', ones.repeat(8), -1n],
  ['of minus two', ones.repeat(7) + '\xfe', -2n],
  ['of the lowest eight bytes can hold', '\xc0\0\0\0\0\0\0\0', -(1n << 62n)],
  ['of the largest 64-bit integer', '\x80\0\0\0\x7f' + ones.repeat(7), (1n << 63n) - 1n],
  ['one above the largest 64-bit integer', '\x80\0\0\0\x80\0\0\0\0\0\0\0', undefined],
  ['of the lowest 64-bit integer', ones.repeat(4) + '\x80\0\0\0\0\0\0\0', -(1n << 63n)],
  ['one below the lowest 64-bit integer', ones.repeat(4) + '\x7f' + ones.repeat(7), undefined],
  ['of 94 bits', '\xbf' + ones.repeat(11), undefined],
  ['of minus 94 bits', '\xc0' + '\0'.repeat(11), undefined],
])('a base-256 field %s', (_, field, expected) => {
  expect(decodeNumericField(latin1(field), 0, field.length)).toBe(expected);
});

test('a field ends where it ends, whatever lies around it', () => {
  const block = latin1('7777' + '0000644 ' + '7777');
  expect(decodeNumericField(block, 4, 8)).toBe(0o644n);
  expect(decodeNumericField(latin1('9' + '\x80\0\0\0\0\0\0\x05' + '9'), 1, 8)).toBe(5n);
  expect(decodeOctal(latin1('\0\0\0\x007'), 0, 4)).toBe(0n);
  expect(decodeOctal(latin1('12  9'), 0, 4)).toBe(0o12n);
});

test('base-256 is no octal', () => {
  expect(decodeOctal(latin1('\x80\0\0\0\0\0\0\x05'), 0, 8)).toBe(undefined);
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
  ['', undefined],
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
])('decimal text %p', (text, expected) => {
  expect(parseDecimal(latin1(text))).toBe(expected);
});

test('rejects decimal text of a million digits', () => {
  expect(parseDecimal(latin1('1'.repeat(1_000_000)))).toBeUndefined();
});
