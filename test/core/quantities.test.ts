import { describe, expect, it } from '@jest/globals';
import { formatCount, formatInteger } from '../../lambda-src/core/quantities.ts';

describe('formatInteger', () => {
  it.each([
    [0, '0'],
    [7, '7'],
    [999, '999'],
    [1000, '1,000'],
    [10_000, '10,000'],
    [123_456, '123,456'],
    [1_234_567, '1,234,567'],
    [1_000_000_000, '1,000,000,000'],
  ])('writes %i as %s', (integer, text) => {
    expect(formatInteger(integer)).toBe(text);
  });
});

describe('formatCount', () => {
  it.each([
    [0, '0 spans'],
    [1, '1 span'],
    [75_398, '75,398 spans'],
  ])('counts %i as %s', (count, text) => {
    expect(formatCount(count, 'span')).toBe(text);
  });
});
