import { expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { packFailure, unpackFailure } from '../../lambda-src/threads/worker-messages.ts';

test.each([
  ['at a byte', new FormatError('gzip', 'block type 3 is reserved', 12)],
  ['at the first byte', new FormatError('tar', 'the checksum is wrong', 0)],
  ['at no known byte', new FormatError('gzip', 'the stream is truncated')],
])('a format error keeps its class and its details: %s', (_, error) => {
  const failure = packFailure(error);
  const { message, format, problem, offset } = error;
  // Only plain values are copied into another thread.
  expect(failure).toEqual(structuredClone(failure));
  const unpacked = unpackFailure(failure);
  expect(unpacked).toBeInstanceOf(FormatError);
  expect(unpacked).toMatchObject({ message, format, problem });
  expect(Object.entries(unpacked)).toContainEqual(['offset', offset]);
  expect(Object.hasOwn(failure.format!, 'offset')).toBe(offset !== undefined);
});

test('another error keeps its message', () => {
  const failure = packFailure(new TypeError('a mistake'));
  expect(failure).toEqual({ message: 'a mistake' });
  const unpacked = unpackFailure(failure);
  expect(unpacked).not.toBeInstanceOf(FormatError);
  expect(unpacked.message).toBe('a mistake');
});

test('anything thrown becomes a message', () => {
  expect(packFailure('a text')).toEqual({ message: 'a text' });
});
