// Ctrl-C: the work ends as it ends after an error, so that the terminal is left clean. Once more ends the process at once.
import { ReasonedError } from '../core/errors.ts';

/** Somebody has pressed Ctrl-C. */
export class InterruptionError extends ReasonedError {
  override readonly name = 'InterruptionError';
  readonly reason = 'interrupted';

  constructor() {
    super('interrupted');
  }
}

/**
 * Calls `work` with a signal that is aborted by the first SIGINT.
 *
 * @throws InterruptionError if it ended because of that; else what `work` throws.
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
    // Streams of files have an error of their own for it.
    throw interruption.signal.aborted ? interruption.signal.reason : error;
  } finally {
    process.off('SIGINT', interrupt);
  }
}
