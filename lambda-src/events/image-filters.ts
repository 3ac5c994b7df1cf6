// The filters that select images to index: `REPOSITORY:TAG`, where `*` matches any characters, and no other character is
// special.
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { Wildcard } from '../core/wildcard.ts';

/** Its `pattern` is the filter as written. */
export type ImageFilter = Wildcard;

/** ECR's grammar for repository names, with `*` allowed for any characters; then a colon and a tag. */
const filterPattern =
  /^[a-z0-9*]+(?:(?:\.|_|__|-+)[a-z0-9*]+)*(?:\/[a-z0-9*]+(?:(?:\.|_|__|-+)[a-z0-9*]+)*)*:[A-Za-z0-9_.*-]+$/;

/** ECR's limits: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html */
const maximumRepositoryCharacters = 256;
const maximumTagCharacters = 128;

/**
 * @param text Filters separated by commas. Spaces around a filter are ignored.
 * @throws ConfigError with a sentence for each invalid filter.
 */
export function parseImageFilters(text: string): readonly ImageFilter[] {
  const texts = text.split(',').map((filter) => filter.trim());
  const faults = texts.flatMap((filter) => {
    const problem = findProblem(filter);
    return problem === undefined ? [] : [`filter ${quoteText(filter)} ${problem}`];
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return texts.map((filter) => new Wildcard(filter));
}

/**
 * The first filter, as written, that matches the whole `repository:tag`, or undefined. Without a tag, `repository:` must
 * match.
 */
export function findMatchingFilter(
  filters: readonly ImageFilter[],
  repository: string,
  tag: string | undefined,
): string | undefined {
  const name = `${repository}:${tag ?? ''}`;
  return filters.find((filter) => filter.matches(name))?.pattern;
}

function findProblem(filter: string): string | undefined {
  if (filter === '') return 'is empty';
  if (/[?[\]{}!]/.test(filter)) return 'uses ?, [, ], {, } or !, and only * is special in a filter';
  if (!/^[^:]+:[^:]+$/.test(filter)) return 'is not REPOSITORY:TAG, with one colon';
  const [repository = '', tag = ''] = filter.split(':');
  if (repository.length > maximumRepositoryCharacters || tag.length > maximumTagCharacters) {
    return `is too long: a repository has at most ${maximumRepositoryCharacters} characters, a tag ${maximumTagCharacters}`;
  }
  return filterPattern.test(filter) ? undefined : 'names a repository or tag that no image in ECR can have';
}
