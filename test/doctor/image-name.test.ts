import { expect, test } from '@jest/globals';
import { sourceTagOf } from '../../lambda-src/doctor/image-name.ts';

test.each([
  ['v1-soci', '-soci', 'v1'],
  ['v1', '-soci', undefined],
  ['-soci', '-soci', undefined],
  ['v1-soci-soci', '-soci', 'v1-soci'],
  ['v1', '', undefined],
  [undefined, '-soci', undefined],
])('the tag %s with the suffix "%s" has the source tag %s', (tag, suffix, source) => {
  expect(sourceTagOf(tag, suffix)).toBe(source);
});
