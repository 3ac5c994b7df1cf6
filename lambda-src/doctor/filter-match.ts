// Which of the module's filters matches an image, and why the others do not.
import { type CommandReason, explain, type Explained } from '../core/reasons.ts';
import { findMatchingFilter, type ImageFilter, parseImageFilters } from '../events/image-filters.ts';

export type FilterMiss = Extract<
  CommandReason,
  'no-tag' | 'case-differs' | 'tag-differs' | 'repository-differs' | 'both-differ'
>;

/** With the first reason, if it does not match. */
export interface FilterAnswer extends Partial<Explained<FilterMiss>> {
  /** As written by the user. */
  readonly filter: string;
  readonly matches: boolean;
}

export interface FilterReport {
  /** The `repository:tag` that was compared. */
  readonly image: string;
  /** The first matching filter, or null. */
  readonly matches: string | null;
  readonly filters: readonly FilterAnswer[];
}

/** Compares each filter. @param tag Undefined for an untagged image, which no filter matches with V2. */
export function matchFilters(
  filters: readonly ImageFilter[],
  repository: string,
  tag: string | undefined,
): FilterReport {
  const answers = filters.map((filter): FilterAnswer => {
    const miss = findMiss(filter, repository, tag);
    return { filter: filter.pattern, matches: miss === undefined, ...(miss !== undefined && explain(miss)) };
  });
  return {
    image: `${repository}:${tag ?? ''}`,
    matches: answers.find(({ matches }) => matches)?.filter ?? null,
    filters: answers,
  };
}

function findMiss(filter: ImageFilter, repository: string, tag: string | undefined): FilterMiss | undefined {
  if (tag === undefined) return 'no-tag';
  if (matches(filter.pattern, repository, tag)) return undefined;
  if (matches(filter.pattern.toLowerCase(), repository, tag.toLowerCase())) return 'case-differs';
  const [repositoryPart = '', tagPart = ''] = filter.pattern.split(':');
  if (matches(`${repositoryPart}:*`, repository, tag)) return 'tag-differs';
  if (matches(`*:${tagPart}`, repository, tag)) return 'repository-differs';
  return 'both-differ';
}

function matches(filter: string, repository: string, tag: string): boolean {
  return findMatchingFilter(parseImageFilters(filter), repository, tag) !== undefined;
}
