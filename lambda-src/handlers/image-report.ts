// The outcome of one image: what the generator returns, logs as one line, and counts.
import type { Digest } from '../core/oci/descriptor.ts';
import type { Explained, ImageSkipReason, PushSkipReason, SupersededReason } from '../core/reasons.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';
import type { LambdaContext } from './lambda-context.ts';
import { writeLogLine, writeMetrics, type LoggedError, type LogLevel } from './log.ts';

export type GeneratorSkipReason = ImageSkipReason | Exclude<PushSkipReason, 'own-tag'>;

/** The outcome of one image. A failed attempt that will be retried is not an outcome. */
export type GeneratorOutcome =
  | ImageOutcome
  | (Partial<Pick<ImageOutcome, 'version' | 'indexes' | 'bytesRead' | 'warnings'>> &
      (
        | ({
            readonly status: 'skipped';
            /** Digest of the unchanged image, if the target tag points to it now. */
            readonly digest?: Digest;
            readonly tag?: string;
          } & Explained<GeneratorSkipReason>)
        | ({ readonly status: 'superseded' } & Explained<SupersededReason>)
        | ({ readonly status: 'failed' } & LoggedError)
      ));

export type ImageReport = GeneratorOutcome & {
  /** `REPOSITORY[:TAG]@DIGEST`, as pushed. Undefined if the event does not name an image. */
  readonly image: string | undefined;
  readonly seconds: number;
};

/** Logs the report as one line, and counts it. */
export function writeReport(report: ImageReport, { awsRequestId, functionName }: LambdaContext): void {
  const { status, image = 'unknown image', bytesRead = 0, seconds } = report;
  writeLogLine(levelOf(report), `${status}: ${image}`, { ...report, requestId: awsRequestId });
  // An image that continues in another invocation is counted there.
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

/** Number of layers that have a zTOC now, whether or not they were read for it. */
export function countIndexedLayers({ indexes = [] }: GeneratorOutcome): number {
  return indexes.flatMap(({ layers }) => layers).filter(({ status }) => status !== 'skipped').length;
}

/** Whether the image is valid, but no part of it is indexed. */
export function isImageWithoutIndex(
  outcome: GeneratorOutcome,
): outcome is Extract<GeneratorOutcome, { readonly status: 'skipped' }> {
  return outcome.status === 'skipped' && ['no-layer-to-index', 'no-platform'].includes(outcome.reason);
}

/** Skips that need attention: without their cause, the image would have been indexed. */
const unwantedSkips: ReadonlySet<string> = new Set<GeneratorSkipReason>([
  'no-platform',
  'tag-immutable',
  'target-tag-taken',
  'target-tag-too-long',
]);

function levelOf(report: ImageReport): LogLevel {
  if (report.status === 'failed') return 'ERROR';
  const isUnwanted = report.status === 'skipped' && unwantedSkips.has(report.reason);
  return isUnwanted || (report.warnings ?? []).length > 0 ? 'WARN' : 'INFO';
}
