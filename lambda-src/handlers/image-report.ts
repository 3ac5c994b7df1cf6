// How one image ended: what the generator returns, logs as one line, and counts.
import type { Digest } from '../core/oci/descriptor.ts';
import type { ImageSkipReason } from '../image/skip-reason.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';
import type { AbsenceReason } from './absent-image.ts';
import type { LambdaContext } from './lambda-context.ts';
import { writeLogLine, writeMetrics, type DescribedError, type LogLevel } from './log.ts';

export type GeneratorSkipReason =
  | ImageSkipReason
  | AbsenceReason
  /** V2 only: the image indexed would have no tag to be deployed by. */
  | 'untagged'
  /** V2 only: it would have more than the 128 characters of a tag. */
  | 'target tag too long';

/** How it ended. An attempt that failed and is made again is no end. */
export type GeneratorOutcome =
  | ImageOutcome
  | (Partial<Pick<ImageOutcome, 'version' | 'indexes' | 'bytesRead' | 'warnings'>> &
      (
        | {
            readonly status: 'skipped';
            readonly reason: GeneratorSkipReason;
            /** Of the image as it is, where the target tag points to it now. */
            readonly digest?: Digest;
            readonly tag?: string;
          }
        | { readonly status: 'superseded'; readonly reason: string }
        | ({ readonly status: 'failed' } & DescribedError)
      ));

export type ImageReport = GeneratorOutcome & {
  /** `REPOSITORY[:TAG]@DIGEST`, as it was pushed. Undefined where the event did not tell. */
  readonly image: string | undefined;
  readonly seconds: number;
};

/** Logs the report as one line, and counts it. */
export function writeReport(report: ImageReport, { awsRequestId, functionName }: LambdaContext): void {
  const { status, image = 'no image', bytesRead = 0, seconds } = report;
  const reason = 'reason' in report ? ` (${report.reason})` : '';
  writeLogLine(levelOf(report), `${status}${reason}: ${image}`, { ...report, requestId: awsRequestId });
  // An image that goes on in a next invocation is counted where it ends.
  if (status !== 'unfinished') {
    writeMetrics({
      functionName,
      outcome: status,
      layers: countIndexedLayers(report),
      bytes: bytesRead,
      seconds,
    });
  }
}

/** Layers that have an index by this work, whether they were read for it or not. */
export function countIndexedLayers({ indexes = [] }: GeneratorOutcome): number {
  return indexes.flatMap(({ layers }) => layers).filter(({ status }) => status !== 'skipped').length;
}

/** An image that is whole and right, and of which nothing is indexed. */
export function isImageWithoutIndex(
  outcome: GeneratorOutcome,
): outcome is Extract<GeneratorOutcome, { readonly status: 'skipped' }> {
  return outcome.status === 'skipped' && ['no layer to index', 'no platform'].includes(outcome.reason);
}

/** Skips that somebody should look at: without them the image would have been indexed. */
const unwantedSkips: ReadonlySet<string> = new Set<GeneratorSkipReason>([
  'no platform',
  'tag immutable',
  'target tag taken',
  'target tag too long',
]);

function levelOf(report: ImageReport): LogLevel {
  if (report.status === 'failed') return 'ERROR';
  const isUnwanted = report.status === 'skipped' && unwantedSkips.has(report.reason);
  return isUnwanted || (report.warnings ?? []).length > 0 ? 'WARN' : 'INFO';
}
