// After Ctrl-C, the command ends as after an error, so that the terminal is left clean. A second Ctrl-C ends the process
// immediately.
import { ReasonedError } from '../core/errors.ts';

/** The user pressed Ctrl-C. */
export class InterruptionError extends ReasonedError {
  override readonly name = 'InterruptionError';
  readonly reason = 'interrupted';

  constructor() {
    super('interrupted');
  }
}

/**
 * Calls `work` with a signal that the first SIGINT aborts.
 *
 * @throws InterruptionError if that ended the work; otherwise what `work` throws.
 */
export async function withInterruption<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interruption = new AbortController();
  const interrupt = () => {
    interruption.abort(new InterruptionError());
  };
  process.once('SIGINT', interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    // File streams throw an AbortError of their own.
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
