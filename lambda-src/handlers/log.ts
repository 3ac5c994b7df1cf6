// Log lines of the functions: one JSON object per line, written to stdout directly. Lambda's own `console.log` would nest
// it under `message` in one log format and prefix it in the other, and CloudWatch would not recognize metrics.
import { failureReasonOf } from '../aws/failure-reason.ts';
import type { Explained, FailureReason } from '../core/reasons.ts';
import type { ImageOutcome } from '../indexer/outcome.ts';

/**
 * Lambda filters by `level`, with these values:
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
 */
export type LogLevel = 'INFO' | 'WARN' | 'ERROR';

/** Maximum number of nested causes: enough for any error, and a limit for circular causes. */
const maximumCauses = 5;

/**
 * Writes one line. `fields` must contain no credentials or signed URLs, because everyone who can read the log sees them.
 *
 * @param headline The beginning of the line's `message`. The `message` of an error or reason, if it is among the fields,
 *   follows after a colon.
 */
export function writeLogLine(
  level: LogLevel,
  headline: string,
  { message: sentence, ...fields }: { readonly message?: string; readonly [field: string]: unknown },
): void {
  const message = sentence === undefined ? headline : `${headline}: ${sentence}`;
  writeJson({ timestamp: new Date().toISOString(), level, message, ...fields });
}

/**
 * An error as the log shows it: its name, its message and those of its causes. Its other fields may contain secrets.
 */
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

/** The metrics of one image. */
export interface ImageMetrics {
  /** The function's own name, which distinguishes instances. */
  readonly functionName: string;
  readonly outcome: ImageOutcome['status'] | 'failed';
  /** Layers that received a zTOC. */
  readonly layers: number;
  /** Compressed bytes that were read. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Writes the metrics of one image. Alarms and dashboard use these names: docs/module.md. */
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
 * One line in CloudWatch's embedded metric format.
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

/** JSON text contains no line breaks, so an object is always one line. */
function writeJson(object: object): void {
  process.stdout.write(`${JSON.stringify(object)}\n`);
}
