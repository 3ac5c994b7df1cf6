import { expect, test } from '@jest/globals';
import { cleanText, RegistryError } from '../../lambda-src/registry/registry-error.ts';

test('an error includes method, URL, status and attempt, but not the query', () => {
  const url = new URL('https://registry.example:5000/v2/a/blobs/b?X-Amz-Signature=secret');
  const error = new RegistryError(
    { method: 'GET', url, status: 503, code: 'X', problem: 'X: down', transient: true },
    4,
  );
  expect(error.message).toBe(
    'GET https://registry.example:5000/v2/a/blobs/b: status 503, X: down (attempt 4)',
  );
  expect(error).toMatchObject({
    method: 'GET',
    path: '/v2/a/blobs/b',
    status: 503,
    code: 'X',
    transient: true,
    attempt: 4,
  });
});

test('an error without a status includes the problem', () => {
  const url = new URL('https://registry.example/v2/');
  const cause = new Error('below');
  const error = new RegistryError({ method: 'PUT', url, problem: 'no answer', transient: true, cause }, 1);
  expect(error.message).toBe('PUT https://registry.example/v2/: no answer (attempt 1)');
  expect([error.status, error.code, error.cause]).toEqual([undefined, undefined, cause]);
});

test.each([
  ['two\r\nlines', 'two lines'],
  ['\u001b[31mred\u001b[0m', '[31mred [0m'],
  ['right\u202eto left', 'right to left'],
  ['a\u2028b', 'a b'],
  ['  plain  ', 'plain'],
  ['x'.repeat(301), `${'x'.repeat(300)}…`],
  ['x'.repeat(300), 'x'.repeat(300)],
])('external text is shortened to one line without control characters: %j', (text, expected) => {
  expect(cleanText(text)).toBe(expected);
});
