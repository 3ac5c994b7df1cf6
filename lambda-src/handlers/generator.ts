// The generator function: indexes the image that an event names, and reports the outcome.
import { type EcrPush, parseEcrPushEvent } from '../events/ecr-push-event.ts';
import { asksForForce } from '../events/force-request.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import { type GeneratorSettings, readGeneratorSettings } from '../settings/generator-settings.ts';
import { parseContinuation } from './continuation.ts';
import { Deadline } from './deadline.ts';
import { isPermanent } from './failure.ts';
import { handOver } from './hand-over.ts';
import { writeReport, type GeneratorOutcome, type ImageReport } from './image-report.ts';
import type { LambdaContext } from './lambda-context.ts';
import { loggedError, writeLogLine } from './log.ts';
import { announceOutcome } from './outcome-event.ts';
import { formatPush, indexPush } from './push-indexing.ts';
import { WorkProgress } from './work-progress.ts';

/**
 * Memory that the function needs besides the layers in flight: Node.js, the bundle, the AWS SDK, manifests. Lambda kills a
 * function that exceeds its memory.
 */
const baseMemoryBytes = 160 * 1024 * 1024;

type Handler = (event: unknown, context: LambdaContext) => Promise<ImageReport>;

/** @param jobs Builds the zTOCs, in all invocations. */
export function createGenerator(jobs: ZtocJobs): Handler {
  /**
   * @throws Errors whose cause may disappear or be fixed (failure.ts). Lambda then retries the event, and finally moves it
   *   to the dead-letter queue.
   */
  return async (event, context) => {
    const startedAt = performance.now();
    const remainingMilliseconds = context.getRemainingTimeInMillis();
    const progress = new WorkProgress(remainingMilliseconds);
    const deadline = new Deadline(remainingMilliseconds, () => progress.describe());
    let settings: GeneratorSettings | undefined;
    let push: EcrPush | undefined;
    let outcome: GeneratorOutcome;
    try {
      settings = readGeneratorSettings(process.env);
      push = parseEcrPushEvent(event, context.invokedFunctionArn);
      const continuation = parseContinuation(event);
      outcome = await indexPush(push, settings, {
        jobs,
        progress,
        signal: deadline.signal,
        outOfTime: deadline.outOfTime,
        finished: continuation.finished,
        force: asksForForce(event),
        hasChanged: continuation.hasChanged === true,
        memoryBytes: layerMemoryIn(context),
      });
      if (outcome.status === 'unfinished') await handOver(event, outcome, continuation, context.functionName);
    } catch (caught) {
      const error = deadline.explain(caught);
      const failure = { status: 'failed', ...loggedError(error) } as const;
      if (!isPermanent(error)) {
        const image = push && formatPush(push);
        const headline = `will be retried: ${image ?? 'unknown image'}`;
        writeLogLine('WARN', headline, { image, ...failure, requestId: context.awsRequestId });
        throw error;
      }
      outcome = failure;
    } finally {
      deadline.clear();
    }
    const seconds = Math.round(performance.now() - startedAt) / 1000;
    const report = { image: push && formatPush(push), ...outcome, seconds };
    writeReport(report, context);
    if (settings !== undefined && push !== undefined) await announceOutcome(report, push, settings, context);
    return report;
  };
}

/** Bytes for the layers in flight: at least enough for one small layer, however little memory the function has. */
function layerMemoryIn({ memoryLimitInMB }: LambdaContext): number {
  return Math.max(Number(memoryLimitInMB) * 1024 * 1024 - baseMemoryBytes, 64 * 1024 * 1024);
}
