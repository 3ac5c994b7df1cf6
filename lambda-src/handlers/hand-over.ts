// An image that takes longer than one invocation: what is finished travels with the event to the next invocation of the
// same function, which does the rest.
import { invokeFunction } from '../aws/invoke-function.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';
import { type Continuation, continueEvent, maximumHops } from './continuation.ts';
import { ReasonedError } from '../core/errors.ts';
import { DeadlineError } from './deadline.ts';

/** The image cannot be indexed in the function's time, however many invocations follow. */
export class TooSlowError extends ReasonedError {
  override readonly name = 'TooSlowError';
  readonly reason = 'too-slow';
}

type Unfinished = Extract<ImageOutcome, { readonly status: 'unfinished' }>;

/**
 * Invokes the function again for the rest of the work. If that fails, it is an error like any other: Lambda retries the
 * current event.
 *
 * @throws TooSlowError if this invocation finished nothing that it read, or was the last one of the chain; DeadlineError
 *   if it could not read; the error that prevented Lambda from accepting the event.
 */
export async function handOver(
  event: unknown,
  outcome: Unfinished,
  { hops, finished }: Continuation,
  functionName: string,
): Promise<void> {
  if (outcome.finished.length <= finished.length) {
    if (outcome.bytesRead === 0) throw new DeadlineError('nothing could be read in the time of the function');
    throw new TooSlowError(
      `no layer could be finished in the time of one invocation, ${outcome.layersLeft} are left: the function needs more time, or more memory, which also gives more CPU`,
    );
  }
  if (hops >= maximumHops) {
    throw new TooSlowError(
      `${outcome.layersLeft} layers are left after ${hops + 1} invocations: the function needs more memory, which also gives more CPU`,
    );
  }
  const { finished: nowFinished, hasChanged = false } = outcome;
  await invokeFunction(
    functionName,
    continueEvent(event, { hops: hops + 1, finished: nowFinished, hasChanged }),
  );
}
