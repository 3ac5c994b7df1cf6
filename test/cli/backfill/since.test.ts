import { describe, expect, test } from '@jest/globals';
import { parseSince } from '../../../lambda-src/cli/backfill/since.ts';

const now = Date.parse('2026-03-10T12:00:00Z');

describe('a time in the past', () => {
  test.each([
    ['90m', '2026-03-10T10:30:00Z'],
    ['12h', '2026-03-10T00:00:00Z'],
    ['30d', '2026-02-08T12:00:00Z'],
    ['2w', '2026-02-24T12:00:00Z'],
    ['0d', '2026-03-10T12:00:00Z'],
    ['2026-02-28', '2026-02-28T00:00:00Z'],
    ['2026-02-28T06:30', '2026-02-28T06:30:00Z'],
    ['2026-02-28T06:30:15Z', '2026-02-28T06:30:15Z'],
    ['2026-02-28T06:30:15+02:00', '2026-02-28T04:30:15Z'],
  ])('%s is %s, in whatever zone the machine is', (word, time) => {
    expect(new Date(parseSince(word, now)).toISOString()).toBe(time.replace('Z', '.000Z'));
  });

  test.each([
    '',
    'yesterday',
    '30',
    'd',
    '1.5d',
    '-3d',
    '3D',
    '1234567d',
    '2026-02-31',
    '2026-13-01',
    '28.02.2026',
    '2026-02-28 06:30',
  ])('%j is invalid', (word) => {
    expect(() => parseSince(word, now)).toThrow('a date such as');
  });

  test('is not to come', () => {
    expect(() => parseSince('2026-03-11', now)).toThrow('Expected a time in the past.');
  });
});
