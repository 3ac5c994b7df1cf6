// The end of an invocation, some seconds before Lambda's own, so that it ends with a sentence and not with a cut.
import { ReasonedError } from '../core/errors.ts';

/** Time is up. What has been written stays, and serves the next attempt. */
export class DeadlineError extends ReasonedError {
  override readonly name = 'DeadlineError';
  readonly reason = 'out-of-time';
}

/** Time to end what is under way, to write a line and to return. */
const marginMilliseconds = 5_000;

/**
 * Before that, time to write the indexes of what is finished, or to hand the rest over: some requests for each platform.
 * Where the function has little time, a quarter of it.
 */
const maximumClosingMilliseconds = 15_000;

export class Deadline {
  readonly #controller = new AbortController();
  readonly #closing = new AbortController();
  readonly #timers: readonly NodeJS.Timeout[];

  /**
   * @param remainingMilliseconds Until Lambda ends the invocation.
   * @param describeProgress How far the work has come, asked when time is up.
   */
  constructor(remainingMilliseconds: number, describeProgress: () => string) {
    const milliseconds = Math.max(remainingMilliseconds - marginMilliseconds, 0);
    const end = () => {
      const problem = `the function's time is up: ${describeProgress()}. More memory also gives more CPU`;
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

  /** Aborted when no more layers are to be read, so that there is time for the rest. */
  get outOfTime(): AbortSignal {
    return this.#closing.signal;
  }

  /** Aborted with a DeadlineError when time is up. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The error that counts: after the deadline it is the deadline, whatever it made fail. */
  explain(error: unknown): unknown {
    return this.signal.aborted ? this.signal.reason : error;
  }

  clear(): void {
    for (const timer of this.#timers) clearTimeout(timer);
  }
}
