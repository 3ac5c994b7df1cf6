// Which of the module's filters matches an image, and what each of the others misses.
import { findMatchingFilter, type ImageFilter, parseImageFilters } from '../events/image-filters.ts';

export type FilterMiss =
  | 'the image has no tag'
  | 'only the case of the tag differs'
  | 'repository matches, tag does not'
  | 'tag matches, repository does not'
  | 'neither repository nor tag matches';

export interface FilterAnswer {
  /** As it was written. */
  readonly filter: string;
  readonly matches: boolean;
  /** The nearest reason why not. */
  readonly reason?: FilterMiss;
}

export interface FilterReport {
  /** `repository:tag`, as it was compared. */
  readonly image: string;
  /** The first that matches, or null. */
  readonly matches: string | null;
  readonly filters: readonly FilterAnswer[];
}

/** Compares each filter. @param tag Undefined for an image without one, which no filter matches with V2. */
export function matchFilters(
  filters: readonly ImageFilter[],
  repository: string,
  tag: string | undefined,
): FilterReport {
  const answers = filters.map((filter): FilterAnswer => {
    const reason = findMiss(filter, repository, tag);
    return { filter: filter.pattern, matches: reason === undefined, ...(reason !== undefined && { reason }) };
  });
  return {
    image: `${repository}:${tag ?? ''}`,
    matches: answers.find(({ matches }) => matches)?.filter ?? null,
    filters: answers,
  };
}

function findMiss(filter: ImageFilter, repository: string, tag: string | undefined): FilterMiss | undefined {
  if (tag === undefined) return 'the image has no tag';
  if (matches(filter.pattern, repository, tag)) return undefined;
  if (matches(filter.pattern.toLowerCase(), repository, tag.toLowerCase())) {
    return 'only the case of the tag differs';
  }
  const [repositoryPart = '', tagPart = ''] = filter.pattern.split(':');
  if (matches(`${repositoryPart}:*`, repository, tag)) return 'repository matches, tag does not';
  if (matches(`*:${tagPart}`, repository, tag)) return 'tag matches, repository does not';
  return 'neither repository nor tag matches';
}

function matches(filter: string, repository: string, tag: string): boolean {
  return findMatchingFilter(parseImageFilters(filter), repository, tag) !== undefined;
}
