// What a command needs that reads the layers of an image: threads that inflate them, bars, and a way to be interrupted.
import { availableParallelism } from 'node:os';
import ztocWorker from '../threads/ztoc-worker.ts?program';
import { ZtocWorkers } from '../threads/ztoc-workers.ts';
import { withInterruption } from './interruption.ts';
import { LayerProgress } from '../terminal/layer-progress.ts';

/**
 * Threads that inflate. Each takes some 16 MiB, and one thread for all of them downloads and checks digests: more than
 * these it cannot keep busy.
 */
const maximumThreads = 4;

export interface LayerWork<Outcome> {
  readonly jobs: ZtocWorkers;
  readonly progress: LayerProgress<Outcome>;
  readonly signal: AbortSignal;
}

/**
 * Calls `work`, and leaves neither threads nor bars behind.
 *
 * @param describeOutcome What is said of a layer that is done.
 * @throws As `withInterruption`.
 */
export async function withLayerWork<Outcome, Result>(
  describeOutcome: (outcome: Outcome) => string,
  work: (tools: LayerWork<Outcome>) => Promise<Result>,
): Promise<Result> {
  const progress = new LayerProgress(describeOutcome);
  const jobs = new ZtocWorkers(ztocWorker, Math.min(availableParallelism(), maximumThreads));
  try {
    return await withInterruption((signal) => work({ jobs, progress, signal }));
  } finally {
    progress.finish();
    await jobs.close();
  }
}
