import { expect, test } from '@jest/globals';
import { quoteText } from '../../../lambda-src/core/oci/quotation.ts';

test.each([
  ['plain', '"plain"'],
  ['a "b" \\', '"a \\"b\\" \\\\"'],
  ['\u001b[31m\n\u009b\u202e\u007f', '"\\u001b[31m\\n\\u009b\\u202e\\u007f"'],
  ['é…😀', '"\\u00e9\\u2026\\ud83d\\ude00"'],
])('quotes %j in printable ASCII', (text, quoted) => {
  expect(quoteText(text)).toBe(quoted);
});

test('shortens a long text and marks the cut', () => {
  expect(quoteText('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`);
  expect(quoteText('x'.repeat(201))).toBe(`"${'x'.repeat(200)}"…`);
});
