// The filter function: receives every event that the rule lets through, and passes those to the generator function that are
// of images and match a filter.
import { invokeFunction } from '../aws/invoke-function.ts';
import { isTargetTag } from '../core/soci/target-tag.ts';
import { isOtherArtifact } from '../events/artifact-type.ts';
import {
  parseEcrEvent,
  type EcrPush,
  type IgnoredEvent,
  type IgnoredEventReason,
} from '../events/ecr-push-event.ts';
import { findMatchingFilter } from '../events/image-filters.ts';
import { loadFilterConfig, type FilterConfig } from './config.ts';
import type { LambdaContext } from './lambda-context.ts';
import { writeLogLine } from './log.ts';

export type FilterOutcome =
  /** The generator has it now. */
  | { readonly status: 'matched'; readonly filter: string }
  | { readonly status: 'unmatched' }
  | { readonly status: 'skipped'; readonly reason: FilterSkipReason };

export type FilterSkipReason =
  | 'not an image'
  /** V2 only: what has no tag would get none. Each platform's manifest of an image index is pushed so. */
  | 'untagged'
  /** V2 only: what we push is not pushed again. */
  | 'our own tag'
  | IgnoredEventReason
  /** The image is a replica, and `index_replicated_images` is off. */
  | 'replication-off';

/**
 * Decides on one event, and invokes the generator with it as it came.
 *
 * @throws InvalidEventError; ConfigError; whatever keeps Lambda from invoking the generator. Lambda tries again, and then
 *   keeps the event in the failure queue.
 */
export async function handler(event: unknown, { invokedFunctionArn }: LambdaContext): Promise<FilterOutcome> {
  const config = loadFilterConfig(process.env);
  const push = parseEcrEvent(event, invokedFunctionArn);
  const outcome = decide(push, config);
  if (outcome.status === 'matched') await invokeFunction(config.generatorFunctionName, event);
  writeLogLine('INFO', describeOutcome(outcome), { ...push, ...outcome });
  return outcome;
}

function decide(push: EcrPush | IgnoredEvent, config: FilterConfig): FilterOutcome {
  if ('ignored' in push) return { status: 'skipped', reason: push.ignored };
  if (push.origin === 'replication' && !config.indexReplicatedImages) {
    return { status: 'skipped', reason: 'replication-off' };
  }
  if (isOtherArtifact(push)) return { status: 'skipped', reason: 'not an image' };
  if (config.version === 'V2') {
    if (push.tag === undefined) return { status: 'skipped', reason: 'untagged' };
    if (isTargetTag(config.targetTagTemplate, push.tag)) return { status: 'skipped', reason: 'our own tag' };
  }
  const filter = findMatchingFilter(config.filters, push.repository, push.tag);
  return filter === undefined ? { status: 'unmatched' } : { status: 'matched', filter };
}

function describeOutcome(outcome: FilterOutcome): string {
  switch (outcome.status) {
    case 'matched':
      return `handed to the generator: filter ${outcome.filter} matches`;
    case 'unmatched':
      return 'no filter matches';
    case 'skipped':
      return `skipped: ${outcome.reason}`;
  }
}
