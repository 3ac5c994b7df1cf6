import { expect, test } from '@jest/globals';
import { sumOf, sumSizes } from '../../lambda-src/core/sum-of.ts';

test('sums start at zero, and count every item', () => {
  expect(sumOf([], () => 1)).toBe(0);
  expect(sumOf(['a', 'bb', 'ccc'], (text) => text.length)).toBe(6);
  expect(sumSizes([])).toBe(0);
  expect(sumSizes([{ size: 5 }, { size: 7 }])).toBe(12);
});
