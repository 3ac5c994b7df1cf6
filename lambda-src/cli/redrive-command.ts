// soci-index redrive QUEUE_URL: sends the events of the dead-letter queue to the filter function again. SQS's own redrive
// does not work for a queue that EventBridge and Lambda write to, because the queue has no source queue.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FailureQueue, type QueuedMessage } from '../aws/failure-queue.ts';
import { sqsRegionOf } from '../aws/partition.ts';
import { ConfigError } from '../core/errors.ts';
import { explain, type Reason } from '../core/reasons.ts';
import { explainFailure } from './explained-end.ts';
import { readFailedEvent } from './failed-event.ts';
import { parseFunctionName, placeOfFunction } from './function-name.ts';
import { addExamples } from './help-text.ts';
import { jsonOption } from './options.ts';
import { formatCount } from '../core/quantities.ts';

interface RedriveOptions {
  readonly function?: string;
  readonly max: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/**
 * - `redriven`: the filter has received the event, and the message is deleted
 * - `dry-run`: it would be redriven
 * - `left`: the message contains no event that can be sent again, and stays in the queue
 * - `failed`: the filter could not be invoked, and the message stays; or it was invoked, and the message could not be
 *   deleted
 */
type MessageStatus = 'redriven' | 'dry-run' | 'left' | 'failed';

interface MessageReport {
  readonly id: string;
  readonly status: MessageStatus;
  readonly image?: string;
  readonly reason?: Reason;
  readonly message?: string;
}

/** What `redrive --json` prints. */
interface RedriveReport {
  readonly queue: string;
  /** Absent in a dry run without a function. */
  readonly function?: string;
  readonly redriven: number;
  readonly left: number;
  readonly failed: number;
  readonly messages: readonly MessageReport[];
}

export function addRedriveCommand(program: Command): void {
  const command = program
    .command('redrive')
    .argument('<queue-url>', "URL of the dead-letter queue (the module's output failure_queue_url)")
    .description('send events from the dead-letter queue to the filter function again')
    .addOption(
      new Option(
        '--function <name>',
        'name or ARN of the filter function (output filter_function_name); not needed for a dry run',
      ).argParser(parseFunctionName),
    )
    .addOption(
      new Option('--max <count>', 'stop after this many messages')
        .argParser(parseCount)
        .default(Infinity, 'all'),
    )
    .option(
      '--dry-run',
      'show what would be sent and why it failed, without sending or deleting anything',
      false,
    )
    .addOption(jsonOption())
    .action(runRedrive);
  const queue = 'https://sqs.eu-west-1.amazonaws.com/111122223333/soci-failures';
  addExamples(command, [
    {
      purpose: 'show the messages in the queue',
      line: `soci-index redrive ${queue} --dry-run`,
    },
    {
      purpose: 'send ten events again',
      line: `soci-index redrive ${queue} --function soci-filter --max 10`,
    },
  ]);
}

async function runRedrive(queueUrl: string, options: RedriveOptions): Promise<void> {
  const { dryRun, function: name } = options;
  if (name === undefined && !dryRun) {
    throw new ConfigError([
      '--function is missing: expected the filter function to send the events to. Only --dry-run works without it.',
    ]);
  }
  const queue = await FailureQueue.open(queueUrl);
  const place = name === undefined ? undefined : placeOfFunction(name).region;
  const region = place ?? sqsRegionOf(new URL(queueUrl).hostname);
  const reports: MessageReport[] = [];
  const kept: QueuedMessage[] = [];
  const seen = new Set<string>();
  try {
    while (seen.size < options.max) {
      const received = await queue.receive(options.max - seen.size);
      // If only messages are received that were seen before, the queue has no new ones.
      const fresh = received.filter(({ id }) => !seen.has(id));
      if (fresh.length === 0) break;
      for (const message of fresh) {
        seen.add(message.id);
        const report = await redriveMessage(queue, message, options, region);
        reports.push(report);
        if (report.status !== 'redriven') kept.push(message);
        process.stderr.write(`${describeMessage(report)}\n`);
      }
    }
  } finally {
    // Otherwise the messages would reappear only after the visibility timeout.
    await Promise.allSettled(kept.map((message) => queue.release(message)));
  }
  const count = (status: MessageStatus) => reports.filter((report) => report.status === status).length;
  const report: RedriveReport = {
    queue: queueUrl,
    ...(name !== undefined && { function: name }),
    redriven: count('redriven'),
    left: count('left'),
    failed: count('failed'),
    messages: reports,
  };
  process.stdout.write(
    options.json ? `${JSON.stringify(report)}\n` : describeReport(report, count('dry-run')),
  );
  if (report.failed > 0) process.exitCode = 1;
}

/**
 * The message is deleted only after the filter has received the event, because a duplicate does no harm, but a lost event
 * does.
 */
async function redriveMessage(
  queue: FailureQueue,
  message: QueuedMessage,
  { function: name, dryRun }: RedriveOptions,
  region: string | undefined,
): Promise<MessageReport> {
  const { id } = message;
  const failed = readFailedEvent(message.body);
  if (failed.kind === 'unknown') return { id, status: 'left', ...explain('not-an-event', failed.problem) };
  const { image, event, cause } = failed;
  if (dryRun || name === undefined) return { id, status: 'dry-run', image, ...(cause && { message: cause }) };
  try {
    const { invokeFunction, openLambda } = await import('../aws/invoke-function.ts');
    await invokeFunction(name, event, openLambda(region));
  } catch (error) {
    const { reason, message } = explainFailure(error);
    return { id, status: 'failed', image, reason, message: `could not invoke ${name}: ${message}` };
  }
  try {
    await queue.delete(message);
  } catch (error) {
    return { id, status: 'failed', image, ...explain('not-deleted', explainFailure(error).message) };
  }
  return { id, status: 'redriven', image };
}

function parseCount(word: string): number {
  const count = Number(word);
  if (/^[0-9]{1,9}$/.test(word) && count > 0) return count;
  throw new InvalidArgumentError('Expected a number of messages, 1 or more.');
}

function describeMessage({ id, status, image, message }: MessageReport): string {
  const what = image === undefined ? '' : ` ${image}`;
  return `message ${id}: ${status}${what}${message === undefined ? '' : ` (${message})`}`;
}

function describeReport({ messages, redriven, left, failed }: RedriveReport, unsent: number): string {
  if (messages.length === 0) return 'no messages in the queue\n';
  const parts = [`${redriven} redriven`];
  if (unsent > 0) parts.push(`${unsent} would be redriven (dry run)`);
  if (left > 0) parts.push(`${left} left`);
  if (failed > 0) parts.push(`${failed} failed`);
  return `${formatCount(messages.length, 'message')}: ${parts.join(', ')}\n`;
}
