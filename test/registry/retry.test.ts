import { describe, expect, test } from '@jest/globals';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import {
  isTransientSocketError,
  isTransientStatus,
  parseRetryAfter,
  retryDelayMilliseconds,
  withRetries,
  type RetryPolicy,
} from '../../lambda-src/registry/retry.ts';

const policy: RetryPolicy = {
  maximumAttempts: 3,
  baseDelayMilliseconds: 100,
  maximumDelayMilliseconds: 1000,
  maximumRetryAfterMilliseconds: 5000,
};
const instant: RetryPolicy = { ...policy, baseDelayMilliseconds: 0 };

function failure(transient: boolean, retryAfterMilliseconds?: number): RegistryError {
  const url = new URL('https://registry.example/v2/a/blobs/b?signature=secret');
  const facts = { method: 'GET', url, status: 503, problem: 'broken', transient };
  return new RegistryError(
    retryAfterMilliseconds === undefined ? facts : { ...facts, retryAfterMilliseconds },
    2,
  );
}

test.each([
  [1, 0, undefined, 0],
  [1, 0.5, undefined, 50],
  [2, 1, undefined, 200],
  [4, 1, undefined, 800],
  [5, 1, undefined, 1000],
  [60, 1, undefined, 1000],
  [1, 0, 3000, 3000],
  [1, 1, 3000, 3100],
])(
  'after attempt %d, with random value %d and a Retry-After of %s ms, the delay is %d ms',
  (attempt, random, asked, expected) => {
    expect(retryDelayMilliseconds(policy, attempt, asked, random)).toBe(expected);
  },
);

test.each([
  ['120', 120_000],
  ['0', 0],
  ['Wed, 21 Oct 2015 07:28:10 GMT', 10_000],
  ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
  ['Wed, 99 Oct 2015 07:28:10 GMT', undefined],
  ['2015-10-21', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['99999999999999', undefined],
  [undefined, undefined],
])('parses Retry-After %j as %s ms', (header, expected) => {
  expect(parseRetryAfter(header, Date.parse('2015-10-21T07:28:00Z'))).toBe(expected);
});

test.each([
  [408, true, true, true],
  [429, true, true, true],
  [500, true, true, true],
  [501, false, false, false],
  [502, true, true, true],
  [503, true, true, true],
  [504, true, true, true],
  [505, false, false, false],
  [400, false, true, false],
  [401, false, false, false],
  [403, false, true, false],
  [404, false, false, true],
  [416, false, false, true],
])(
  'status %d is transient from the registry: %s, from its storage: %s, for an upload: %s',
  (status, ...expected) => {
    const sources = ['registry', 'redirect', 'upload'] as const;
    expect(sources.map((source) => isTransientStatus(status, source))).toEqual(expected);
  },
);

test.each([
  [{ code: 'ECONNRESET' }, true],
  [{ code: 'ECONNREFUSED' }, true],
  [{ code: 'ETIMEDOUT' }, true],
  [{ code: 'EAI_AGAIN' }, true],
  [{ errors: [{ code: 'ECONNREFUSED' }] }, true],
  [{ code: 'ENOTFOUND' }, false],
  [{ code: 'CERT_HAS_EXPIRED' }, false],
  [{ code: 'EPROTO' }, false],
  [{ code: 5 }, false],
  [new Error('other'), false],
  [undefined, false],
])('%j is a transient connection error: %s', (error, expected) => {
  expect(isTransientSocketError(error)).toBe(expected);
});

describe('retries', () => {
  test('stop after the first success, and count from 1', async () => {
    const attempts: number[] = [];
    const result = await withRetries(instant, undefined, (attempt) => {
      attempts.push(attempt);
      return attempt < 3 ? Promise.reject(failure(true)) : Promise.resolve('done');
    });
    expect([result, attempts]).toEqual(['done', [1, 2, 3]]);
  });

  test.each([
    ['a permanent error', failure(false), 1],
    ['an error outside the registry', new TypeError('ours'), 1],
    ['the last attempt', failure(true), 3],
    ['a Retry-After that is too long', failure(true, 5001), 1],
  ])('stop after %s', async (_title, error, expectedAttempts) => {
    let attempts = 0;
    const tried = withRetries(instant, undefined, () => {
      attempts++;
      return Promise.reject(error);
    });
    await expect(tried).rejects.toBe(error);
    expect(attempts).toBe(expectedAttempts);
  });

  test('wait as long as the registry requests', async () => {
    const start = performance.now();
    await withRetries(instant, undefined, (attempt) =>
      attempt === 1 ? Promise.reject(failure(true, 60)) : Promise.resolve(),
    );
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
  });

  test('do not start after an abort', async () => {
    const reason = new Error('out of time');
    await expect(withRetries(instant, AbortSignal.abort(reason), () => Promise.resolve())).rejects.toBe(
      reason,
    );
  });
});
