import { expect, test } from '@jest/globals';
import { quoteBytes } from '../../../lambda-src/core/tar/quote.ts';
import { latin1 } from '../../helpers/tar-writer.ts';

test.each([
  ['etc/passwd', '"etc/passwd"'],
  ['', '""'],
  ['a"b\\c', String.raw`"a\"b\\c"`],
  ['\x1b[31mred\n\0', String.raw`"\u001b[31mred\n\u0000"`],
  ['caf\xc3\xa9', '"café"'],
  ['\xff', '"\ufffd"'],
  ['x'.repeat(100), `"${'x'.repeat(100)}"`],
  ['x'.repeat(101), `"${'x'.repeat(100)}"…`],
])('quotes %p as %s', (bytes, quoted) => {
  expect(quoteBytes(latin1(bytes))).toBe(quoted);
});
