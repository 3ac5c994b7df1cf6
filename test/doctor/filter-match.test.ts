import { expect, test } from '@jest/globals';
import { matchFilters } from '../../lambda-src/doctor/filter-match.ts';
import { parseImageFilters } from '../../lambda-src/events/image-filters.ts';

test.each([
  ['prod*:latest', 'prod/web', 'latest', undefined],
  ['prod*:latest', 'prod/web', 'v1', 'repository matches, tag does not'],
  ['prod*:latest', 'dev/web', 'latest', 'tag matches, repository does not'],
  ['prod*:latest', 'dev/web', 'v1', 'neither repository nor tag matches'],
  ['app:Release-*', 'app', 'release-7', 'only the case of the tag differs'],
  ['app:release-*', 'app', 'RELEASE-7', 'only the case of the tag differs'],
  ['app:v*', 'app', undefined, 'the image has no tag'],
  ['*:*', 'app', undefined, 'the image has no tag'],
  ['*:*', 'a/b/c', '.dotted', undefined],
])('the filter %s misses %s:%s because: %s', (filter, repository, tag, reason) => {
  const { filters, matches } = matchFilters(parseImageFilters(filter), repository, tag);
  expect(filters).toEqual([
    reason === undefined ? { filter, matches: true } : { filter, matches: false, reason },
  ]);
  expect(matches).toBe(reason === undefined ? filter : null);
});

test('of several filters that match, the first is named', () => {
  const report = matchFilters(parseImageFilters('dev:*,*:v1,app:*'), 'app', 'v1');
  expect(report).toMatchObject({ image: 'app:v1', matches: '*:v1' });
  expect(report.filters.map(({ matches }) => matches)).toEqual([false, true, true]);
});
