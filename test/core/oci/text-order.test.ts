import { expect, test } from '@jest/globals';
import { compareText } from '../../../lambda-src/core/oci/text-order.ts';

test('text is ordered by code units, whatever the language of the machine', () => {
  expect(['b', 'a-b', 'a', 'B', 'a/b', '', 'ä', 'a'].sort(compareText)).toEqual([
    '',
    'B',
    'a',
    'a',
    'a-b',
    'a/b',
    'b',
    'ä',
  ]);
});
