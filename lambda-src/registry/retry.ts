// When to retry, and how long to wait. Only this file decides which failures are transient.
import { setTimeout as sleep } from 'node:timers/promises';
import { RegistryError } from './registry-error.ts';

export interface RetryPolicy {
  /** Total number of attempts. */
  readonly maximumAttempts: number;
  /** The first wait is at most this long; each further one may be twice as long as the previous one. */
  readonly baseDelayMilliseconds: number;
  readonly maximumDelayMilliseconds: number;
  /** A registry that asks for a longer wait counts as failed: the caller can try again later. */
  readonly maximumRetryAfterMilliseconds: number;
}

/**
 * About five seconds of waiting on average: acceptable at a terminal, and long enough for most throttling and restarts.
 */
export const defaultRetryPolicy: RetryPolicy = {
  maximumAttempts: 6,
  baseDelayMilliseconds: 300,
  maximumDelayMilliseconds: 20_000,
  maximumRetryAfterMilliseconds: 60_000,
};

/** The source of a response: the registry itself, the storage that it redirected to, or an upload session. */
export type AnswerSource = 'registry' | 'redirect' | 'upload';

const transientStatuses = new Set([408, 425, 429]);
const permanentServerStatuses = new Set([501, 505]);

export function isTransientStatus(status: number, source: AnswerSource): boolean {
  if (transientStatuses.has(status)) return true;
  if (status >= 500) return !permanentServerStatuses.has(status);
  // When a presigned URL has expired, storage responds with 400 or 403. The registry issues a new one on request.
  if (source === 'redirect') return status === 400 || status === 403;
  // A session that the registry has lost, or for which it has a different byte count, is started again.
  if (source === 'upload') return status === 404 || status === 416;
  return false;
}

/** Broken or refused connections. Unknown hosts and TLS errors are not transient. */
const transientSocketCodes = new Set([
  'EAI_AGAIN',
  'ECONNABORTED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EPIPE',
  'ERR_PROXY_UNAVAILABLE',
  'ERR_PROXY_UNREACHABLE',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ETIMEDOUT',
]);

export function isTransientSocketError(error: unknown): boolean {
  const code = socketErrorCode(error);
  return code !== undefined && transientSocketCodes.has(code);
}

function socketErrorCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Node combines the failures of a host's addresses; they usually have the same cause.
  if ('errors' in error && Array.isArray(error.errors)) return socketErrorCode(error.errors[0]);
  return undefined;
}

/**
 * Milliseconds to wait after attempt `attempt` (from 1): full jitter, so that clients that failed together do not retry
 * together, but never less than the registry requests.
 *
 * @param random From 0 up to 1.
 */
export function retryDelayMilliseconds(
  policy: RetryPolicy,
  attempt: number,
  retryAfterMilliseconds: number | undefined,
  random: number,
): number {
  const ceiling = Math.min(
    policy.maximumDelayMilliseconds,
    policy.baseDelayMilliseconds * 2 ** (attempt - 1),
  );
  return (retryAfterMilliseconds ?? 0) + random * ceiling;
}

/**
 * Milliseconds in a Retry-After header, or undefined if it is absent or invalid.
 * https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
 */
export function parseRetryAfter(header: string | undefined, nowMilliseconds: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // Only HTTP's date format: Date.parse would accept much more.
  if (!/^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(header)) return undefined;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMilliseconds);
}

/** Waits before the next attempt, or throws `error` if there should be none. */
export async function waitForNextAttempt(
  policy: RetryPolicy,
  error: unknown,
  attempt: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!(error instanceof RegistryError) || !error.transient) throw error;
  const { retryAfterMilliseconds } = error.failure;
  if (
    attempt >= policy.maximumAttempts ||
    (retryAfterMilliseconds ?? 0) > policy.maximumRetryAfterMilliseconds
  )
    throw error;
  const delay = retryDelayMilliseconds(policy, attempt, retryAfterMilliseconds, Math.random());
  try {
    await sleep(delay, undefined, signal === undefined ? {} : { signal });
  } catch (interruption) {
    signal?.throwIfAborted();
    throw interruption;
  }
}

/** Calls `operation` with the number of the attempt, from 1, until it succeeds or fails permanently. */
export async function withRetries<Result>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  operation: (attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await operation(attempt);
    } catch (error) {
      await waitForNextAttempt(policy, error, attempt, signal);
    }
  }
}
