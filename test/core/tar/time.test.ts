// Times as Go's time package formats them.
import { expect, test } from '@jest/globals';
import { formatRfc3339, parseRfc3339 } from '../../../lambda-src/core/tar/time.ts';

test.each<[bigint, number, string]>([
  [0n, 0, '1970-01-01T00:00:00Z'],
  [1700000000n, 0, '2023-11-14T22:13:20Z'],
  [1700000001n, 250_000_000, '2023-11-14T22:13:21.25Z'],
  [1700000001n, 1, '2023-11-14T22:13:21.000000001Z'],
  [1700000001n, 100_000_000, '2023-11-14T22:13:21.1Z'],
  [1700000001n, 123_456_789, '2023-11-14T22:13:21.123456789Z'],
  [1700000001n, 10, '2023-11-14T22:13:21.00000001Z'],
  [951782400n, 0, '2000-02-29T00:00:00Z'],
  [4107542400n, 0, '2100-03-01T00:00:00Z'],
  [-1n, 0, '1969-12-31T23:59:59Z'],
  [-2n, 500_000_000, '1969-12-31T23:59:58.5Z'],
  [-59958144000n, 0, '0070-01-01T00:00:00Z'],
  [-62167219200n, 0, '0000-01-01T00:00:00Z'],
  [-62167219201n, 999_999_999, ''],
  [253402300799n, 999_999_999, '9999-12-31T23:59:59.999999999Z'],
  [253402300800n, 0, ''],
  [9223372036854775807n, 0, ''],
  [-9223372036854775808n, 0, ''],
])('%p s and %p ns are formatted as %p', (seconds, nanoseconds, text) => {
  expect(formatRfc3339({ seconds, nanoseconds })).toBe(text);
  if (text !== '') expect(parseRfc3339(text)).toEqual({ seconds, nanoseconds });
});

test.each<[string, bigint, number]>([
  ['2023-11-14T23:13:20+01:00', 1700000000n, 0],
  ['2023-11-14T14:13:20.5-08:00', 1700000000n, 500_000_000],
  ['2023-11-14T22:13:20.000Z', 1700000000n, 0],
])('%p is also a valid time', (text, seconds, nanoseconds) => {
  expect(parseRfc3339(text)).toEqual({ seconds, nanoseconds });
});

test.each([
  '2023-13-14T22:13:20Z',
  '2023-11-14T25:13:20Z',
  '2023-11-14T22:13:60Z',
  '2023-11-14T22:13:20+99:00',
])('%p is not a valid time', (text) => {
  expect(parseRfc3339(text)).toBe(undefined);
});

test.each([
  '',
  '2023-11-14',
  '2023-11-14T22:13:20',
  '2023-11-14T22:13:20.Z',
  '2023-11-14T22:13:20.1234567890Z',
  'x2023-11-14T22:13:20Z',
])('%p is malformed', (text) => {
  expect(parseRfc3339(text)).toBe('malformed');
});
