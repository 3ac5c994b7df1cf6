import { expect, test } from '@jest/globals';
import { median } from '../../../scripts/bench/statistics.ts';

test.each<[readonly number[], number]>([
  [[3], 3],
  [[9, 1, 2], 2],
  // Sorted as text, 10 would come before 9.
  [[9, 10, 100], 10],
  [[4, 1, 2, 3], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('an empty list has no median', () => {
  expect(() => median([])).toThrow(RangeError);
});

test('the input keeps its order', () => {
  const values = [3, 1, 2];
  median(values);
  expect(values).toEqual([3, 1, 2]);
});
