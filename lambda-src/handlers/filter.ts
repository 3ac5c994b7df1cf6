// The filter function: receives every event that the rule matches, and forwards image pushes that match a filter to the
// generator function.
import { invokeFunction } from '../aws/invoke-function.ts';
import { explain, type Explained, type ImageSkipReason, type PushSkipReason } from '../core/reasons.ts';
import { isTargetTag } from '../core/soci/target-tag.ts';
import { isOtherArtifact } from '../events/artifact-type.ts';
import {
  parseEcrEvent,
  type EcrPush,
  type IgnoredEvent,
  type IgnoredEventReason,
} from '../events/ecr-push-event.ts';
import { findMatchingFilter } from '../events/image-filters.ts';
import { readFilterSettings, type FilterSettings } from '../settings/filter-settings.ts';
import type { LambdaContext } from './lambda-context.ts';
import { writeLogLine } from './log.ts';

export type FilterOutcome =
  /** The event was sent to the generator. */
  | { readonly status: 'matched'; readonly filter: string }
  | { readonly status: 'unmatched' }
  | ({ readonly status: 'skipped' } & Explained<FilterSkipReason>);

export type FilterSkipReason =
  | Extract<ImageSkipReason, 'not-an-image'>
  /**
   * V2 only. `untagged`: the platform manifests of an image index are pushed without a tag. `own-tag`: an image that we
   * pushed is not indexed again.
   */
  | Extract<PushSkipReason, 'untagged' | 'own-tag'>
  | IgnoredEventReason
  /** The image is a replica, and `index_replicated_images` is off. */
  | Extract<PushSkipReason, 'replication-off'>;

/**
 * Decides whether an event needs indexing and, if so, invokes the generator with the unchanged event.
 *
 * @throws InvalidEventError; ConfigError; the error that prevented Lambda from invoking the generator. Lambda then retries
 *   the event, and finally moves it to the dead-letter queue.
 */
export async function handler(event: unknown, { invokedFunctionArn }: LambdaContext): Promise<FilterOutcome> {
  const settings = readFilterSettings(process.env);
  const push = parseEcrEvent(event, invokedFunctionArn);
  const outcome = decide(push, settings);
  if (outcome.status === 'matched') await invokeFunction(settings.generatorFunctionName, event);
  writeLogLine('INFO', describeOutcome(outcome), { ...push, ...outcome });
  return outcome;
}

function decide(push: EcrPush | IgnoredEvent, settings: FilterSettings): FilterOutcome {
  if ('ignored' in push) return skip(push.ignored);
  if (push.origin === 'replication' && !settings.indexReplicatedImages) return skip('replication-off');
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
      return `sent to the generator: filter ${outcome.filter} matches`;
    case 'unmatched':
      return 'no filter matches';
    case 'skipped':
      return 'skipped';
  }
}
