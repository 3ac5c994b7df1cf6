import { describe, expect, test } from '@jest/globals';
import { Pace } from '../../../lambda-src/cli/backfill/pace.ts';

describe('a pace of four per second', () => {
  test('starts the first at once, and each further one a quarter of a second after the previous one', () => {
    const pace = new Pace(4);
    expect([1000, 1000, 1250, 1300].map((now) => pace.takeTurn(now))).toEqual([0, 250, 250, 450]);
  });

  test('does not catch up after a delay', () => {
    const pace = new Pace(4);
    pace.takeTurn(0);
    expect([10_000, 10_000, 10_000].map((now) => pace.takeTurn(now))).toEqual([0, 250, 500]);
  });

  test('can be less than one per second', () => {
    const pace = new Pace(0.1);
    pace.takeTurn(0);
    expect(pace.takeTurn(1)).toBe(9_999);
  });
});
