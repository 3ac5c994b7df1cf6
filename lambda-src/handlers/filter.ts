// The filter function: hears of every push that the event rule lets through, and hands those to the generator function
// that are images and match a filter.
import { invokeFunction } from '../aws/invoke-function.ts';
import { explain, type Explained, type ImageSkipReason, type PushSkipReason } from '../core/reasons.ts';
import { isTargetTag } from '../core/soci/target-tag.ts';
import { isOtherArtifact } from '../events/artifact-type.ts';
import { parseEcrPushEvent, type EcrPush } from '../events/ecr-push-event.ts';
import { findMatchingFilter } from '../events/image-filters.ts';
import { readFilterSettings, type FilterSettings } from '../settings/filter-settings.ts';
import type { LambdaContext } from './lambda-context.ts';
import { writeLogLine } from './log.ts';

export type FilterOutcome =
  /** The generator has it now. */
  | { readonly status: 'matched'; readonly filter: string }
  | { readonly status: 'unmatched' }
  | ({ readonly status: 'skipped' } & Explained<FilterSkipReason>);

export type FilterSkipReason =
  | Extract<ImageSkipReason, 'not-an-image'>
  /** V2 only: each platform's manifest of an image index is pushed without a tag; and what we push is not pushed again. */
  | Extract<PushSkipReason, 'untagged' | 'own-tag'>;

/**
 * Decides on one push, and invokes the generator with the event as it came.
 *
 * @throws InvalidEventError; ConfigError; whatever keeps Lambda from invoking the generator. Lambda tries again, and then
 *   keeps the event in the failure queue.
 */
export async function handler(event: unknown, { invokedFunctionArn }: LambdaContext): Promise<FilterOutcome> {
  const settings = readFilterSettings(process.env);
  const push = parseEcrPushEvent(event, invokedFunctionArn);
  const outcome = decide(push, settings);
  if (outcome.status === 'matched') await invokeFunction(settings.generatorFunctionName, event);
  writeLogLine('INFO', describeOutcome(outcome), { ...push, ...outcome });
  return outcome;
}

function decide(push: EcrPush, settings: FilterSettings): FilterOutcome {
  if (isOtherArtifact(push)) return skip('not-an-image');
  if (settings.version === 'V2') {
    if (push.tag === undefined) return skip('untagged');
    if (isTargetTag(settings.targetTagTemplate, push.tag)) return skip('own-tag');
  }
  const filter = findMatchingFilter(settings.filters, push.repository, push.tag);
  return filter === undefined ? { status: 'unmatched' } : { status: 'matched', filter };
}

function skip(reason: FilterSkipReason): FilterOutcome {
  return { status: 'skipped', ...explain(reason) };
}

function describeOutcome(outcome: FilterOutcome): string {
  switch (outcome.status) {
    case 'matched':
      return `handed to the generator: filter ${outcome.filter} matches`;
    case 'unmatched':
      return 'no filter matches';
    case 'skipped':
      return 'skipped';
  }
}
