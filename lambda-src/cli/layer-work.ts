// Tools for commands that read layers: threads that inflate, progress bars, and interruption by Ctrl-C.
import { availableParallelism } from 'node:os';
import ztocWorker from '../threads/ztoc-worker.ts?program';
import { ZtocWorkers } from '../threads/ztoc-workers.ts';
import { withInterruption } from './interruption.ts';
import { LayerProgress } from '../terminal/layer-progress.ts';

/**
 * Threads that inflate. Each takes some 16 MiB, and the one thread that downloads and checks digests cannot keep more of
 * them busy.
 */
const maximumThreads = 4;

export interface LayerWork<Outcome> {
  readonly jobs: ZtocWorkers;
  readonly progress: LayerProgress<Outcome>;
  readonly signal: AbortSignal;
}

/**
 * Calls `work`, then stops the threads and removes the bars.
 *
 * @param describeOutcome The text for a finished layer.
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
