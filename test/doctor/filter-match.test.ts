import { expect, test } from '@jest/globals';
import { matchFilters } from '../../lambda-src/doctor/filter-match.ts';
import { explain, type Reason } from '../../lambda-src/core/reasons.ts';
import { parseImageFilters } from '../../lambda-src/events/image-filters.ts';

test.each<readonly [string, string, string | undefined, Reason | undefined]>([
  ['prod*:latest', 'prod/web', 'latest', undefined],
  ['prod*:latest', 'prod/web', 'v1', 'tag-differs'],
  ['prod*:latest', 'dev/web', 'latest', 'repository-differs'],
  ['prod*:latest', 'dev/web', 'v1', 'both-differ'],
  ['app:Release-*', 'app', 'release-7', 'case-differs'],
  ['app:release-*', 'app', 'RELEASE-7', 'case-differs'],
  ['app:v*', 'app', undefined, 'no-tag'],
  ['*:*', 'app', undefined, 'no-tag'],
  ['*:*', 'a/b/c', '.dotted', undefined],
])('the filter %s, applied to %s:%s, has the mismatch reason %s', (filter, repository, tag, reason) => {
  const { filters, matches } = matchFilters(parseImageFilters(filter), repository, tag);
  expect(filters).toEqual([
    reason === undefined ? { filter, matches: true } : { filter, matches: false, ...explain(reason) },
  ]);
  expect(matches).toBe(reason === undefined ? filter : null);
});

test('names the first of several matching filters', () => {
  const report = matchFilters(parseImageFilters('dev:*,*:v1,app:*'), 'app', 'v1');
  expect(report).toMatchObject({ image: 'app:v1', matches: '*:v1' });
  expect(report.filters.map(({ matches }) => matches)).toEqual([false, true, true]);
});

test('an image without a tag is named without one', () => {
  expect(matchFilters(parseImageFilters('*:*'), 'app', undefined).image).toBe('app:');
});
