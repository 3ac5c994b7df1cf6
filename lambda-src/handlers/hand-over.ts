// Handles an image that takes longer than one invocation: the finished layers travel with the event to the next invocation
// of the same function, which does the rest.
import { invokeFunction } from '../aws/invoke-function.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';
import { type Continuation, continueEvent, maximumHops } from './continuation.ts';
import { ReasonedError } from '../core/errors.ts';
import { DeadlineError } from './deadline.ts';

/** The image cannot be indexed within the function's time, however many invocations follow. */
export class TooSlowError extends ReasonedError {
  override readonly name = 'TooSlowError';
  readonly reason = 'too-slow';
}

type Unfinished = Extract<ImageOutcome, { readonly status: 'unfinished' }>;

/**
 * Invokes the function again for the rest of the work. If that fails, the error is handled like any other: Lambda retries
 * the current event.
 *
 * @throws TooSlowError if this invocation finished none of the layers that it read, or was the last one of the chain;
 *   DeadlineError if it could not read anything; the error that prevented Lambda from accepting the event.
 */
export async function handOver(
  event: unknown,
  outcome: Unfinished,
  { hops, finished }: Continuation,
  functionName: string,
): Promise<void> {
  if (outcome.finished.length <= finished.length) {
    if (outcome.bytesRead === 0)
      throw new DeadlineError('nothing could be read before the function ran out of time');
    throw new TooSlowError(
      `no layer could be finished in one invocation; layers left: ${outcome.layersLeft}. The function needs more time, or more memory, which also gives more CPU`,
    );
  }
  if (hops >= maximumHops) {
    throw new TooSlowError(
      `${outcome.layersLeft} layers are left after ${hops + 1} invocations. The function needs more memory, which also gives more CPU`,
    );
  }
  const { finished: nowFinished, hasChanged = false } = outcome;
  await invokeFunction(
    functionName,
    continueEvent(event, { hops: hops + 1, finished: nowFinished, hasChanged }),
  );
}
