// soci-index backfill: indexes images that are already in an ECR registry, by sending the filter function the push events
// that it would have received.
import { type Command, InvalidArgumentError, Option } from 'commander';
import { isRegion } from '../aws/partition.ts';
import { ConfigError } from '../core/errors.ts';
import { BackfillProgress } from './backfill/backfill-progress.ts';
import { type BackfillReport, describeReport } from './backfill/backfill-report.ts';
import { defaultJournalPath } from './backfill/journal.ts';
import { parseSince } from './backfill/since.ts';
import { explainFailure } from './explained-end.ts';
import { parseFunctionName, placeOfFunction } from './function-name.ts';
import { addExamples } from './help-text.ts';
import { jsonOption } from './options.ts';

interface BackfillCommandOptions {
  readonly filter: readonly string[];
  readonly function?: string;
  readonly region?: string;
  readonly since?: number;
  readonly recheck: boolean;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly rate: number;
  readonly maxImages: number;
  readonly state: string;
  readonly json: boolean;
}

/**
 * ECR accepts ten manifests a second (PutImage) for an account in a region. An image with two platforms needs five: two
 * SOCI indexes, two manifests, one image index. Half of the quota stays free for pushes.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/service-quotas.html
 */
const defaultRate = 1;

/** A higher rate must be a typing error, because no account has such a quota. */
const highestRate = 1000;

export function addBackfillCommand(program: Command): void {
  const command = program
    .command('backfill')
    .description('index images that are already in an ECR registry')
    .addOption(
      new Option('--filter <repository:tag>', 'images to index; * matches any characters; repeatable')
        .argParser((word: string, filters: readonly string[] | undefined) => [...(filters ?? []), word])
        .makeOptionMandatory(),
    )
    .addOption(
      new Option(
        '--function <name>',
        'name or ARN of the filter function (output filter_function_name); not needed for a dry run',
      ).argParser(parseFunctionName),
    )
    .addOption(
      new Option(
        '--region <region>',
        "region of the registry and the function (default: the region of the ARN, or the AWS SDK's)",
      ).argParser(parseRegion),
    )
    .addOption(
      new Option(
        '--since <time>',
        'only images pushed since a date (2026-01-31) or within a period (12h, 30d, 2w)',
      ).argParser((word: string) => parseSince(word, Date.now())),
    )
    .option('--dry-run', 'show what would be indexed, without invoking the function', false)
    .addOption(
      new Option(
        '--rate <images>',
        'images per second; ECR accepts ten manifests per second, and an image with two platforms needs five',
      )
        .argParser(parseRate)
        .default(defaultRate),
    )
    .addOption(
      new Option('--max-images <count>', 'stop after this many images')
        .argParser(parseCount)
        .default(Infinity, 'all'),
    )
    .option('--recheck', 'include images that seem to be indexed; the generator function checks them', false)
    .option(
      '--force',
      'read every layer again and repair what is wrong or missing, even in indexed images',
      false,
    )
    .addOption(
      new Option(
        '--state <file>',
        'journal of the images sent, from which an interrupted run resumes',
      ).default(defaultJournalPath(process.env), '~/.local/state/soci-index/backfill.jsonl'),
    )
    .addOption(jsonOption())
    .action(runBackfill);
  addExamples(command, [
    {
      purpose: 'show what would be indexed',
      line: "soci-index backfill --filter 'prod*:latest' --since 30d --dry-run",
    },
    {
      purpose: 'index these images',
      line: "soci-index backfill --filter 'prod*:latest' --since 30d --function soci-index-builder-filter",
    },
  ]);
}

async function runBackfill(options: BackfillCommandOptions): Promise<void> {
  const region = chooseRegion(options);
  if (options.function === undefined && !options.dryRun) {
    throw new ConfigError([
      "--function is missing: expected the filter function (the module's output filter_function_name). Only --dry-run works without it.",
    ]);
  }
  const progress = new BackfillProgress();
  const interruption = new AbortController();
  const interrupt = () => {
    progress.say('stopping after the current image; press Ctrl-C again to stop immediately');
    interruption.abort();
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const print = (report: BackfillReport) => {
    process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describeReport(report));
    if (report.status === 'failed' || report.status === 'interrupted') process.exitCode = 1;
  };
  try {
    // The SDK is loaded here only, because it takes longer to load than the rest of the program.
    const { backfill } = await import('./backfill/backfill.ts');
    print(
      await backfill(
        {
          filters: options.filter,
          ...(options.function !== undefined && { functionName: options.function }),
          ...(region !== undefined && { region }),
          ...(options.since !== undefined && { sinceMilliseconds: options.since }),
          recheck: options.recheck,
          force: options.force,
          dryRun: options.dryRun,
          rate: options.rate,
          maxImages: options.maxImages,
          journalPath: options.state,
        },
        progress,
        interruption.signal,
      ),
    );
  } catch (error) {
    const isInterruption = interruption.signal.aborted;
    if (isInterruption) print(emptyReport('interrupted', [], options.state));
    else if (options.json && !(error instanceof ConfigError))
      print(emptyReport('failed', [explainFailure(error)], options.state));
    if (!isInterruption) throw error;
  } finally {
    progress.finish();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}

/** The report of a run that was interrupted before it started, or that ended with an error. */
function emptyReport(
  status: BackfillReport['status'],
  failed: BackfillReport['failed'],
  state: string,
): BackfillReport {
  const nothing = {
    matched: 0,
    alreadyIndexed: 0,
    invoked: 0,
    left: 0,
    skipped: {},
    bytes: 0,
    repositories: [],
  };
  return { status, ...nothing, failed, state, seconds: 0 };
}

/** A filter function handles pushes in its own region only. */
function chooseRegion({ function: name = '', region }: BackfillCommandOptions): string | undefined {
  const functionRegion = placeOfFunction(name).region;
  if (functionRegion !== undefined && region !== undefined && functionRegion !== region) {
    throw new ConfigError([
      `--function is in ${functionRegion}, but --region is ${region}: leave one of them out`,
    ]);
  }
  return region ?? functionRegion;
}

function parseRegion(word: string): string {
  if (isRegion(word)) return word;
  throw new InvalidArgumentError('Expected the name of a region, such as eu-west-1.');
}

function parseRate(word: string): number {
  const rate = Number(word);
  if (/^[0-9]*\.?[0-9]+$/.test(word) && rate > 0 && rate <= highestRate) return rate;
  throw new InvalidArgumentError(
    `Expected a number of images per second, above 0 and at most ${highestRate}.`,
  );
}

function parseCount(word: string): number {
  const count = Number(word);
  if (/^[0-9]{1,9}$/.test(word) && count > 0) return count;
  throw new InvalidArgumentError('Expected a number of images, 1 or more.');
}
