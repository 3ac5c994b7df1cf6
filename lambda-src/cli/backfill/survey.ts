// Surveys a registry: which repositories match the filters, and what a backfill would do in each.
import type { EcrListing } from '../../aws/ecr-listing.ts';
import { listImages, type ListedImage } from '../../aws/list-images.ts';
import { listRepositories } from '../../aws/list-repositories.ts';
import { compareText } from '../../core/oci/text-order.ts';
import type { Explained, FailureReason } from '../../core/reasons.ts';
import { findMatchingFilter, type ImageFilter, parseImageFilters } from '../../events/image-filters.ts';
import { explainFailure } from '../explained-end.ts';
import type { Failure } from './backfill-report.ts';
import { planRepository, type PlanCriteria, type RepositoryPlan } from './repository-plan.ts';

/** Repositories listed at the same time: most of the time is spent waiting. */
const listsAtOnce = 4;

export interface Survey {
  /** The registry's account; undefined if no image was listed. */
  readonly account: string | undefined;
  readonly plans: ReadonlyMap<string, RepositoryPlan>;
  /** Repositories that could not be listed. */
  readonly failed: readonly Failure[];
}

/**
 * @param onRepository Called for each repository that has been listed.
 * @throws What the SDK throws if the repositories cannot be listed; the signal's reason.
 */
export async function surveyRegistry(
  listing: EcrListing,
  criteria: PlanCriteria,
  signal: AbortSignal,
  onRepository: (repository: string) => void,
): Promise<Survey> {
  const plans = new Map<string, RepositoryPlan>();
  const failed = new Map<string, Explained<FailureReason>>();
  let account: string | undefined;
  const repositories = (await findRepositories(listing, criteria.filters, signal)).values();
  const surveyNext = async () => {
    for (const repository of repositories) {
      try {
        const listed: ListedImage[] = [];
        for await (const image of listImages(listing, repository, signal)) listed.push(image);
        account ??= listed[0]?.account;
        plans.set(repository, planRepository(repository, listed, criteria));
        onRepository(repository);
      } catch (error) {
        signal.throwIfAborted();
        failed.set(repository, explainFailure(error));
      }
    }
  };
  await Promise.all(Array.from({ length: listsAtOnce }, surveyNext));
  return {
    account,
    // Lists finish in any order, and the result must not depend on it.
    plans: new Map(sortByName(plans)),
    failed: sortByName(failed).map(([repository, failure]) => ({ repository, ...failure })),
  };
}

function sortByName<Value>(byRepository: ReadonlyMap<string, Value>): [string, Value][] {
  return [...byRepository].sort(([a], [b]) => compareText(a, b));
}

/** Repositories that a filter names without a wildcard need not be listed. */
async function findRepositories(
  listing: EcrListing,
  filters: readonly ImageFilter[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names = filters.map(({ pattern }) => pattern.slice(0, pattern.indexOf(':')));
  const found = new Set(names.filter((name) => !name.includes('*')));
  const patterns = names.filter((name) => name.includes('*')).map((name) => `${name}:*`);
  if (patterns.length === 0) return found;
  const repositoryFilters = parseImageFilters(patterns.join(','));
  for await (const name of listRepositories(listing, signal)) {
    if (findMatchingFilter(repositoryFilters, name, undefined) !== undefined) found.add(name);
  }
  return found;
}
