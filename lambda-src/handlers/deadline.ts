// The end of an invocation, some seconds before Lambda's own, so that it ends with a sentence and not with a cut.

/** Time is up. What has been written stays, and serves the next attempt. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/** Time to end what is under way, to write a line and to return. */
const marginMilliseconds = 5_000;

export class Deadline {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /**
   * @param remainingMilliseconds Until Lambda ends the invocation.
   * @param describeProgress How far the work has come, asked when time is up.
   */
  constructor(remainingMilliseconds: number, describeProgress: () => string) {
    this.#timer = setTimeout(
      () => {
        this.#controller.abort(
          new DeadlineError(`the function's time is up: ${describeProgress()}; more memory brings more CPU`),
        );
      },
      Math.max(remainingMilliseconds - marginMilliseconds, 0),
    );
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
    clearTimeout(this.#timer);
  }
}
