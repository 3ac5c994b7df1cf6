// A request that a registry, or the way to it, did not fulfil. It carries what a person needs to look further and
// nothing secret: no headers, no query strings (a presigned address is a password), no bodies as they came.
import { StoreError } from '../content/content-store.ts';
import { joinLines } from '../core/printable-text.ts';
import type { FailureReason } from '../core/reasons.ts';

/** What went wrong, as far as it is known. */
export interface RegistryFailure {
  readonly method: string;
  /** Origin and path of the request as it was asked of the registry, without its query. */
  readonly url: URL;
  /** The last status that came back, if one did. */
  readonly status?: number;
  /** The registry's own code for it, such as `DENIED`. */
  readonly code?: string;
  /** The rest of the sentence, in our words or the registry's. */
  readonly problem: string;
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** Of a refusal: whether no credentials are known for the registry. */
  readonly isAnonymous?: boolean;
  /** Milliseconds for which the registry asks to be left alone. */
  readonly retryAfterMilliseconds?: number;
  readonly cause?: unknown;
}

export class RegistryError extends StoreError {
  override readonly name = 'RegistryError';

  /** @param attempt Which try this was, from 1. */
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

/** Characters of a registry's message that are shown. */
const maximumShownCharacters = 300;

/** Text from outside, fit for a log line: on one line, without control characters, not too long. */
export function cleanText(text: string): string {
  const oneLine = joinLines(text);
  return oneLine.length <= maximumShownCharacters ? oneLine : `${oneLine.slice(0, maximumShownCharacters)}…`;
}
