import { expect, test } from '@jest/globals';
import { compareText } from '../../../lambda-src/core/oci/text-order.ts';

test('orders text by code units, whatever the locale', () => {
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
