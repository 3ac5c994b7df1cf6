import { expect, test } from '@jest/globals';
import { isObject } from '../../lambda-src/core/is-object.ts';

test.each<readonly [string, boolean]>([
  ['{}', true],
  ['{"a":1}', true],
  ['[]', false],
  ['[{}]', false],
  ['null', false],
  ['"text"', false],
  ['1', false],
  ['true', false],
])('whether the JSON value %s is an object: %s', (json, expected) => {
  expect(isObject(JSON.parse(json))).toBe(expected);
});

test('a value that is missing is not an object', () => {
  expect(isObject(undefined)).toBe(false);
});
