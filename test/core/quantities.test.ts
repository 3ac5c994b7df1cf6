import { describe, expect, it } from '@jest/globals';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatSeconds,
  formatShare,
} from '../../lambda-src/core/quantities.ts';

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

describe('formatBytes', () => {
  it.each([
    [0, '0 B'],
    [0.4, '0 B'],
    [1022.9999, '1023 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1024 ** 2 - 1, '1024.0 KiB'],
    [1024 ** 2, '1.0 MiB'],
    [1.5 * 1024 ** 3, '1.5 GiB'],
    [1024 ** 4, '1.0 TiB'],
    // There is no larger unit.
    [5000 * 1024 ** 4, '5000.0 TiB'],
  ])('writes %i bytes as %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('formatShare', () => {
  it.each([
    [0, 0, '0 %'],
    [0, 3, '0 %'],
    [1, 3, '33 %'],
    [999, 1000, '99 %'],
    [3, 3, '100 %'],
    [3, 1, '300 %'],
  ])('writes %i of %i as %s', (part, whole, text) => {
    expect(formatShare(part, whole)).toBe(text);
  });
});

describe('formatDuration', () => {
  it.each([
    [1, '1 second'],
    [1.2, '2 seconds'],
    [89.9, '90 seconds'],
    [90, '2 minutes'],
    [120, '2 minutes'],
    [121, '3 minutes'],
    [90 * 60 - 1, '90 minutes'],
    [90 * 60, '1.5 hours'],
    [36_000, '10.0 hours'],
    [3_600_000, '1000.0 hours'],
  ])('writes %d seconds as %s', (seconds, text) => {
    expect(formatDuration(seconds)).toBe(text);
  });
});

describe('formatSeconds', () => {
  it.each([
    [0.123, '0.12 s'],
    [9.99, '9.99 s'],
    [10, '10.0 s'],
    [75.25, '75.3 s'],
  ])('writes %d as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });
});
