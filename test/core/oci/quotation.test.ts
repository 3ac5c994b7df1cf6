import { expect, test } from '@jest/globals';
import { quoteText } from '../../../lambda-src/core/oci/quotation.ts';

test.each([
  ['plain', '"plain"'],
  ['a "b" \\', '"a \\"b\\" \\\\"'],
  ['\u001b[31m\n\u009b\u202e\u007f', '"\\u001b[31m\\n\\u009b\\u202e\\u007f"'],
  ['é…😀', '"\\u00e9\\u2026\\ud83d\\ude00"'],
])('%j is quoted in printable ASCII', (text, quoted) => {
  expect(quoteText(text)).toBe(quoted);
});

test('of a long text the beginning is shown, and that there is more', () => {
  expect(quoteText('x'.repeat(200))).toBe(`"${'x'.repeat(200)}"`);
  expect(quoteText('x'.repeat(201))).toBe(`"${'x'.repeat(200)}"…`);
});
