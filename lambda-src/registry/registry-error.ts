// A request that failed at a registry or on the way to it. It contains the information needed for diagnosis, but no
// secrets: no headers, no query strings (a presigned URL is a password), no unprocessed bodies.
import { StoreError } from '../content/content-store.ts';
import { joinLines } from '../core/printable-text.ts';
import type { FailureReason } from '../core/reasons.ts';

/** What went wrong, as far as it is known. */
export interface RegistryFailure {
  readonly method: string;
  /** Origin and path of the original request, without query. */
  readonly url: URL;
  /** The last status received, if any. */
  readonly status?: number;
  /** The registry's own error code, such as `DENIED`. */
  readonly code?: string;
  /** The rest of the sentence, in our or the registry's words. */
  readonly problem: string;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** For a refusal: whether there are no credentials for the registry. */
  readonly isAnonymous?: boolean;
  /** Milliseconds that the registry asks to wait. */
  readonly retryAfterMilliseconds?: number;
  readonly cause?: unknown;
}

export class RegistryError extends StoreError {
  override readonly name = 'RegistryError';

  /** @param attempt The number of the attempt, from 1. */
  constructor(
    readonly failure: RegistryFailure,
    readonly attempt: number,
  ) {
    const { method, url, status, problem } = failure;
    const answer = status === undefined ? problem : `status ${status}, ${problem}`;
    super(`${method} ${url.origin}${url.pathname}: ${answer} (attempt ${attempt})`, { cause: failure.cause });
  }

  get reason(): FailureReason {
    if (this.transient) return 'registry-unavailable';
    switch (this.status) {
      case 401:
      case 403:
        return 'access-denied';
      case 404:
        return 'not-found';
      case undefined:
        return 'registry-unavailable';
      default:
        return 'registry-error';
    }
  }

  get method(): string {
    return this.failure.method;
  }

  get path(): string {
    return this.failure.url.pathname;
  }

  get status(): number | undefined {
    return this.failure.status;
  }

  get code(): string | undefined {
    return this.failure.code;
  }

  get transient(): boolean {
    return this.failure.transient;
  }
}

/** Maximum characters of a registry's message to show. */
const maximumShownCharacters = 300;

/** Makes external text safe for a log line: one line, no control characters, limited length. */
export function cleanText(text: string): string {
  const oneLine = joinLines(text);
  return oneLine.length <= maximumShownCharacters ? oneLine : `${oneLine.slice(0, maximumShownCharacters)}…`;
}
