import { expect, test } from '@jest/globals';
import { isStringList } from '../../lambda-src/core/is-string-list.ts';

test.each<readonly [string, boolean]>([
  ['[]', true],
  ['["a","b"]', true],
  ['["a",1]', false],
  ['[1,"a"]', false],
  ['[null]', false],
  ['"text"', false],
  ['{"length":0}', false],
  ['null', false],
])('whether the JSON value %s is a list of strings: %s', (json, expected) => {
  expect(isStringList(JSON.parse(json))).toBe(expected);
});
