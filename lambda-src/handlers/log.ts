// What the functions write: one JSON object a line, to stdout directly. Lambda's own `console.log` would put it under
// `message` in one log format and behind a prefix in the other, and a metric would then be none.
import { failureReasonOf } from '../aws/failure-reason.ts';
import type { Explained, FailureReason } from '../core/reasons.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';

/** Lambda filters by `level`, in these words: https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html */
export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** Causes of causes: enough for any, and an end for a circle. */
const maximumCauses = 5;

/**
 * Writes one line. What is in `fields` is seen by everybody who may read the log: no credentials, no signed address.
 *
 * @param headline What the line's `message` begins with. A `message` among the fields, that of an error or of a reason,
 *   follows it after a colon.
 */
export function writeLogLine(
  level: LogLevel,
  headline: string,
  { message: sentence, ...fields }: { readonly message?: string; readonly [field: string]: unknown },
): void {
  const message = sentence === undefined ? headline : `${headline}: ${sentence}`;
  writeJson({ timestamp: new Date().toISOString(), level, message, ...fields });
}

/** An error as the log shows it: its kind, its message and those of its causes. What else it carries may be secret. */
export interface LoggedError extends Explained<FailureReason> {
  readonly type: string;
  readonly causes: readonly string[];
}

export function loggedError(error: unknown): LoggedError {
  const causes: string[] = [];
  let cause = error instanceof Error ? error.cause : undefined;
  while (cause instanceof Error && causes.length < maximumCauses) {
    causes.push(`${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  const reason = failureReasonOf(error);
  return error instanceof Error
    ? { reason, message: error.message, type: error.name, causes }
    : { reason, message: String(error), type: typeof error, causes };
}

/** What is counted of one image. */
export interface ImageMetrics {
  /** The function's own name, which tells instances apart. */
  readonly functionName: string;
  readonly outcome: ImageOutcome['status'] | 'failed';
  /** Layers that got an index. */
  readonly layers: number;
  /** Compressed bytes that were read. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Writes the metrics of one image. Names are those of alarms and dashboard: docs/module.md. */
export function writeMetrics({ functionName, outcome, layers, bytes, seconds }: ImageMetrics): void {
  writeEmbeddedMetrics({ FunctionName: functionName, Outcome: outcome }, [
    { name: 'Images', unit: 'Count', value: 1 },
    { name: 'Layers', unit: 'Count', value: layers },
    { name: 'Bytes', unit: 'Bytes', value: bytes },
    { name: 'Seconds', unit: 'Seconds', value: seconds },
  ]);
}

/** Counts an outcome that could not be announced. */
export function writeFailedAnnouncement(functionName: string): void {
  writeEmbeddedMetrics({ FunctionName: functionName }, [
    { name: 'FailedAnnouncements', unit: 'Count', value: 1 },
  ]);
}

interface Metric {
  readonly name: string;
  readonly unit: 'Bytes' | 'Count' | 'Seconds';
  readonly value: number;
}

/**
 * One line in CloudWatch's embedded format.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
function writeEmbeddedMetrics(
  dimensions: Readonly<Record<string, string>>,
  metrics: readonly Metric[],
): void {
  writeJson({
    _aws: {
      Timestamp: Date.now(),
      CloudWatchMetrics: [
        {
          Namespace: 'SociIndexBuilder',
          Dimensions: [Object.keys(dimensions)],
          Metrics: metrics.map(({ name, unit }) => ({ Name: name, Unit: unit })),
        },
      ],
    },
    ...dimensions,
    ...Object.fromEntries(metrics.map(({ name, value }) => [name, value])),
  });
}

/** JSON has no line breaks of its own, so that an object is a line whatever is in it. */
function writeJson(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}
