import { describe, expect, test } from '@jest/globals';
import { cutToWidth, displayWidth, padToWidth } from '../../lambda-src/terminal/terminal-text.ts';

describe('the width of text', () => {
  test.each([
    ['', 0],
    ['usr/bin/node', 12],
    ['naïve', 5],
    ['e\u0301', 1], // e and a combining acute accent
    ['文件', 4],
    ['ｱ', 1], // half-width
    ['Ａ', 2], // full-width
    ['한국어', 6],
    ['🚀', 2],
    ['👩‍🚀', 2], // two emoji and a joiner
    ['❤️', 2], // a heart with the selector for emoji presentation
    ['█░…', 3],
  ])('%j takes %i columns', (text, columns) => {
    expect(displayWidth(text)).toBe(columns);
  });
});

describe('cutToWidth', () => {
  test.each([
    ['usr/bin/node', 12, 'usr/bin/node'],
    ['usr/bin/node', 11, 'usr/bin/no…'],
    ['usr/bin/node', 1, '…'],
    ['usr/bin/node', 0, ''],
    ['文件名', 6, '文件名'],
    ['文件名', 5, '文件…'],
    // Half a character cannot be shown.
    ['文件名', 4, '文…'],
    ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ])('cuts %j to %i columns: %j', (text, columns, cut) => {
    expect(cutToWidth(text, columns)).toBe(cut);
    expect(displayWidth(cut)).toBeLessThanOrEqual(columns);
  });
});

test('pads text on either side, and does not cut it', () => {
  expect(padToWidth('文', 4, 'right')).toBe('文  ');
  expect(padToWidth('文', 4, 'left')).toBe('  文');
  expect(padToWidth('文件名', 4, 'left')).toBe('文件名');
});
