import { expect, test } from '@jest/globals';
import { escapeUnprintable, hideUnprintable, joinLines } from '../../lambda-src/core/printable-text.ts';

/** A control sequence that clears the screen, a mark that reverses the text after it, and two line separators. */
const hostile = 'a\u001b[2Jb\u202ec\u2028\u2029d';

test('hides each control character and keeps the width', () => {
  expect(hideUnprintable(hostile)).toBe('a?[2Jb?c??d');
});

test('escapes each control character by its code point', () => {
  expect(escapeUnprintable(hostile)).toBe('a\\u{1b}[2Jb\\u{202e}c\\u{2028}\\u{2029}d');
  expect(escapeUnprintable('\u{e0001}')).toBe('\\u{e0001}');
});

test('joins the lines of a message with single spaces', () => {
  expect(joinLines('\r\nfirst\r\nsecond\n')).toBe('first second');
});

test.each([hideUnprintable, escapeUnprintable, joinLines])('%p keeps letters of every script', (change) => {
  expect(change('naïve 文字 😀')).toBe('naïve 文字 😀');
});
