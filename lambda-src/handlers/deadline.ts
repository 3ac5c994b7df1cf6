// The function's own deadline, some seconds before Lambda's, so that an invocation ends with a message instead of being
// killed.
import { ReasonedError } from '../core/errors.ts';

/** Time has run out. What was written is kept, and the next attempt uses it. */
export class DeadlineError extends ReasonedError {
  override readonly name = 'DeadlineError';
  readonly reason = 'out-of-time';
}

/** Time to stop running work, log a line and return. */
const marginMilliseconds = 5_000;

/**
 * Time reserved before that for writing the indexes of finished layers, or for handing over the rest, which takes some
 * requests for each platform. At most a quarter of the function's time is reserved.
 */
const maximumClosingMilliseconds = 15_000;

export class Deadline {
  readonly #controller = new AbortController();
  readonly #closing = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];

  /**
   * @param remainingMilliseconds Until Lambda ends the invocation.
   * @param describeProgress Called when time runs out, for the error message.
   */
  constructor(remainingMilliseconds: number, describeProgress: () => string) {
    const milliseconds = Math.max(remainingMilliseconds - marginMilliseconds, 0);
    const end = () => {
      const problem = `the function ran out of time: ${describeProgress()}. More memory also gives more CPU`;
      this.#controller.abort(new DeadlineError(problem));
    };
    const close = () => {
      this.#closing.abort(new DeadlineError('stopping early to finish cleanly'));
    };
    this.#timers = [
      setTimeout(end, milliseconds),
      setTimeout(close, milliseconds - Math.min(maximumClosingMilliseconds, milliseconds / 4)),
    ];
  }

  /** Aborted when no more layers should be read, so that enough time remains for writing or handing over. */
  get outOfTime(): AbortSignal {
    return this.#closing.signal;
  }

  /** Aborted with a DeadlineError when time runs out. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error to report. After the deadline, this is the DeadlineError, whatever failed because of it. */
  explain(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
