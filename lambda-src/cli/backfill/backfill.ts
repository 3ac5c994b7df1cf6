// A backfill from start to end: surveys the registry, selects the images that need an index, and sends an event for each.
// The functions handle these events like those of any push.
import { openEcrListing } from '../../aws/ecr-listing.ts';
import { type Lambda, openLambda } from '../../aws/invoke-function.ts';
import { ConfigError } from '../../core/errors.ts';
import { compareText } from '../../core/oci/text-order.ts';
import type { Reason } from '../../core/reasons.ts';
import { sumOf } from '../../core/sum-of.ts';
import { type ImageFilter, parseImageFilters } from '../../events/image-filters.ts';
import { baseNameOfFunction, placeOfFunction } from '../function-name.ts';
import { formatBytes, formatCount, formatDuration } from '../../core/quantities.ts';
import type { BackfillProgress } from './backfill-progress.ts';
import { type BackfillReport, type Failure, totalByRepository } from './backfill-report.ts';
import { nameImage, sendEvents } from './event-sender.ts';
import { defaultFilterFunction, type FilterFunction, readFilterFunction } from './filter-function.ts';
import { Journal, readJournal } from './journal.ts';
import type { PlannedImage } from './repository-plan.ts';
import { type Survey, surveyRegistry } from './survey.ts';

export interface BackfillOptions {
  /** Each may list several filters, separated by commas. */
  readonly filters: readonly string[];
  /** Name or ARN of the filter function. Required except in a dry run. */
  readonly functionName?: string;
  /** Region of the registry and the function. By default, the one that the SDK finds. */
  readonly region?: string;
  readonly sinceMilliseconds?: number;
  readonly recheck: boolean;
  /** Builds every index again, even if one exists. */
  readonly force: boolean;
  readonly dryRun: boolean;
  /** Images per second. */
  readonly rate: number;
  readonly maxImages: number;
  readonly journalPath: string;
}

/** The work to do, newest images first. */
interface Work {
  /** Images to send to the filter function. */
  readonly images: readonly PlannedImage[];
  readonly matched: number;
  readonly alreadyIndexed: number;
  readonly skipped: BackfillReport['skipped'];
}

/**
 * @param interruption When it is aborted, the current image is finished and no other is started.
 * @throws ConfigError for invalid options; what the SDK throws if nothing can be listed; the signal's reason if nothing
 *   was started yet.
 */
export async function backfill(
  options: BackfillOptions,
  progress: BackfillProgress,
  interruption: AbortSignal,
): Promise<BackfillReport> {
  const startedAt = performance.now();
  const { functionName = '', journalPath, dryRun } = options;
  const filters = parseImageFilters(options.filters.join(','));
  const ecr = openEcrListing(options.region);
  const region = await ecr.config.region();
  const lambda = openLambda(region);
  const settings = await findSettings(lambda, options, progress, interruption);
  warnOfForeignFilters(filters, settings, functionName, progress);

  const survey = await surveyRegistry(
    ecr,
    { ...options, ...settings, recheck: options.recheck || options.force, filters },
    interruption,
    () => {
      progress.onRepository();
    },
  );
  const account = survey.account ?? '';
  checkAccount(functionName, settings, survey.account);
  // An image that was sent without --force is sent again with --force, but only once.
  const kind = options.force ? ' --force' : '';
  const functionKey = `${region}/${account}/${baseNameOfFunction(functionName)}${kind}`;
  const work = findWork(survey, await readJournal(journalPath, functionKey, Date.now()));
  const chosen = work.images.slice(0, options.maxImages);
  const failed: Failure[] = [...survey.failed];
  let sent = 0;

  if (!dryRun && chosen.length > 0) {
    progress.say(describePlan(chosen, options.rate));
    const journal = await Journal.open(journalPath, functionKey);
    try {
      const outcome = await sendEvents(chosen, {
        lambda,
        functionName,
        place: { account, region },
        force: options.force,
        journal,
        rate: options.rate,
        interruption,
        onSent: (count) => {
          progress.onInvoked(count, chosen.length, options.rate);
        },
        onWait: (seconds, reason) => {
          progress.say(
            `Lambda did not accept the event (${reason}): retrying in ${formatCount(seconds, 'second')}`,
          );
        },
      });
      ({ sent } = outcome);
      if (outcome.failure !== undefined) failed.push(outcome.failure);
    } finally {
      await journal.close();
      progress.finish();
    }
  }

  const done = dryRun ? chosen : chosen.slice(0, sent);
  const { matched, alreadyIndexed, skipped } = work;
  return {
    status: statusOf(failed, dryRun, sent < chosen.length),
    matched,
    alreadyIndexed,
    invoked: sent,
    left: work.images.length - sent,
    skipped,
    bytes: sumOf(done, ({ bytes }) => bytes),
    repositories: totalByRepository(done),
    failed,
    state: journalPath,
    seconds: Math.round(performance.now() - startedAt) / 1000,
  };
}

function statusOf(failed: readonly Failure[], dryRun: boolean, hasMore: boolean): BackfillReport['status'] {
  if (failed.length > 0) return 'failed';
  if (dryRun) return 'dry-run';
  return hasMore ? 'interrupted' : 'done';
}

/**
 * The filter function's own settings, or the module's defaults if they cannot be read. The filter function decides in
 * either case.
 */
async function findSettings(
  lambda: Lambda,
  { functionName }: BackfillOptions,
  progress: BackfillProgress,
  interruption: AbortSignal,
): Promise<FilterFunction> {
  if (functionName === undefined) return defaultFilterFunction;
  try {
    return await readFilterFunction(lambda, functionName, interruption);
  } catch (error) {
    interruption.throwIfAborted();
    if (error instanceof ConfigError) {
      throw new ConfigError([`${functionName} is not a filter function of this module:`, ...error.faults]);
    }
    if (!(error instanceof Error) || error.name === 'ResourceNotFoundException') throw error;
    progress.say(
      `warning: could not read the settings of ${functionName} (${error.message}): assuming the module's defaults, V2 and {tag}-soci. Allow lambda:GetFunctionConfiguration to use the function's own settings.`,
    );
    return defaultFilterFunction;
  }
}

function warnOfForeignFilters(
  filters: readonly ImageFilter[],
  { functionFilters }: FilterFunction,
  functionName: string,
  progress: BackfillProgress,
): void {
  if (functionFilters === undefined) return;
  const own = functionFilters.map(({ pattern }) => pattern).join(', ');
  const asked = filters.map(({ pattern }) => pattern).join(', ');
  if (own !== asked)
    progress.say(
      `${functionName} indexes only images that match ${own}; sending those that also match ${asked}`,
    );
}

/** @throws ConfigError if the function would reject every event. */
function checkAccount(functionName: string, settings: FilterFunction, account: string | undefined): void {
  const functionAccount = placeOfFunction(functionName).account ?? settings.account;
  if (functionAccount === undefined || account === undefined || functionAccount === account) return;
  throw new ConfigError([
    `${functionName} is in account ${functionAccount}, but the registry is in account ${account}: a filter function accepts only pushes in its own account`,
  ]);
}

function findWork({ plans }: Survey, invokedBefore: ReadonlySet<string>): Work {
  const skipped: Partial<Record<Reason, number>> = {};
  const count = (reason: Reason, images: number) => {
    skipped[reason] = (skipped[reason] ?? 0) + images;
  };
  let matched = 0;
  let alreadyIndexed = 0;
  const images: PlannedImage[] = [];
  for (const plan of plans.values()) {
    matched += plan.matched;
    alreadyIndexed += plan.alreadyIndexed;
    for (const [reason, number] of plan.passed) count(reason, number);
    for (const image of plan.images) {
      if (invokedBefore.has(nameImage(image))) count('recently-invoked', 1);
      else images.push(image);
    }
  }
  images.sort(compareForBackfill);
  return { images, matched, alreadyIndexed, skipped };
}

/**
 * Newest first; images pushed at the same time in the order of their names, so that `--max-images` selects the same images
 * as its dry run.
 */
function compareForBackfill(a: PlannedImage, b: PlannedImage): number {
  return (
    b.pushedAtMilliseconds - a.pushedAtMilliseconds ||
    compareText(a.repository, b.repository) ||
    compareText(a.tag, b.tag)
  );
}

function describePlan(images: readonly PlannedImage[], rate: number): string {
  const time = formatDuration(images.length / rate);
  return `${formatCount(images.length, 'image')}, ${formatBytes(sumOf(images, ({ bytes }) => bytes))} compressed, ${rate} per second: ${time} or more. Press Ctrl-C to stop; run the same command again to continue.`;
}
