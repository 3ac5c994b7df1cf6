import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { findMatchingFilter, parseImageFilters } from '../../lambda-src/events/image-filters.ts';

function matches(filter: string, repository: string, tag?: string): boolean {
  return findMatchingFilter(parseImageFilters(filter), repository, tag) !== undefined;
}

function faultsOf(text: string): readonly string[] {
  try {
    parseImageFilters(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('a filter matches', () => {
  test.each<readonly [string, string, string | undefined]>([
    ['prod*:latest', 'prod', 'latest'],
    ['prod*:latest', 'production', 'latest'],
    ['prod*:latest', 'prod/web', 'latest'],
    ['prod*:latest', 'prod/a/b/c', 'latest'],
    ['dev:*', 'dev', 'v1'],
    ['dev:*', 'dev', 'latest'],
    ['*:*', 'anything', 'v1'],
    ['*:*', 'team/web', 'V1.2-rc_3'],
    ['team/*:release-*', 'team/web', 'release-7'],
    ['team/*:release-*', 'team/a/b', 'release-'],
    ['*/web:*', 'team/web', 'v1'],
    ['*/web:*', 'a/b/web', 'v1'],
    ['*web:v1', 'web', 'v1'],
    ['*eb*:*1', 'team/web-app', 'v1'],
    ['web:*', 'web', '.hidden'],
    ['web:*.5', 'web', '.5'],
    ['web:.*', 'web', '.5'],
    ['*:latest', '.', 'latest'],
    ['web:**', 'web', 'v1'],
    ['a/**/b:*', 'a/x/b', 'v1'],
    ['web:UPPER-*', 'web', 'UPPER-x'],
    // For an image without a tag, `repository:` must match.
    ['web:*', 'web', undefined],
    ['*:*', 'web', undefined],
  ])('%s matches %s:%s', (filter, repository, tag) => {
    expect(matches(filter, repository, tag)).toBe(true);
  });
});

describe('a filter does not match', () => {
  test.each<readonly [string, string, string | undefined]>([
    ['prod*:latest', 'prod/web', 'v1'],
    ['prod*:latest', 'preprod', 'latest'],
    ['prod*:latest', 'prod', 'latest-soci'],
    ['prod:latest', 'prod/web', 'latest'],
    ['dev:*', 'dev/web', 'v1'],
    ['dev:*', 'devel', 'v1'],
    ['dev:*', 'my-dev', 'v1'],
    ['team/*:*', 'team', 'v1'],
    ['a/**/b:*', 'a/b', 'v1'],
    ['web:v1', 'web', 'v12'],
    ['web:v1', 'web', 'V1'],
    ['web:v1.2', 'web', 'v1x2'],
    ['web:v1', 'web', undefined],
    ['web:v*', 'web', undefined],
    ['a-b:*', 'a/b', 'v1'],
  ])('%s does not match %s:%s', (filter, repository, tag) => {
    expect(matches(filter, repository, tag)).toBe(false);
  });
});

describe('a list of filters', () => {
  test('is separated by commas and white space, and the first match is returned as written', () => {
    const filters = parseImageFilters(' prod*:latest , dev:*,\n*:v1 ');
    expect(filters.map(({ pattern }) => pattern)).toEqual(['prod*:latest', 'dev:*', '*:v1']);
    expect(findMatchingFilter(filters, 'dev', 'v1')).toBe('dev:*');
    expect(findMatchingFilter(filters, 'web', 'v1')).toBe('*:v1');
    expect(findMatchingFilter(filters, 'web', 'v2')).toBeUndefined();
  });
});

describe('validation', () => {
  const grammar = 'names a repository or tag that no image in ECR can have';
  const special = 'uses ?, [, ], {, } or !, and only * is special in a filter';
  test.each<readonly [string, string, string]>([
    ['is empty', '', 'is empty'],
    ['is blank', '  ', 'is empty'],
    ['has a question mark', 'web?:*', special],
    ['has a character class', 'web:[ab]', special],
    ['has alternatives', '{a}:*', special],
    ['has a negation', '!web:*', special],
    ['has no colon', 'prod/*', 'is not REPOSITORY:TAG, with one colon'],
    ['has two colons', 'a:b:c', 'is not REPOSITORY:TAG, with one colon'],
    ['has no tag', 'web:', 'is not REPOSITORY:TAG, with one colon'],
    ['has no repository', ':v1', 'is not REPOSITORY:TAG, with one colon'],
    ['has capitals in the repository', 'Web:v1', grammar],
    ['has a space inside', 'web :v1', grammar],
    ['has a line break inside', 'we\nb:v1', grammar],
    ['has a slash in the tag', 'web:a/b', grammar],
    ['begins with a slash', '/web:v1', grammar],
    ['has two consecutive dots', 'we..b:v1', grammar],
    ['has a backslash', 'web:\\*', grammar],
    ['starts like a comment', '#web:v1', grammar],
    ['has an extended glob', '+(web):v1', grammar],
    [
      'has a repository of 257 characters',
      `${'a'.repeat(257)}:*`,
      'is too long: a repository has at most 256 characters, a tag 128',
    ],
    [
      'has a tag of 129 characters',
      `a:${'b'.repeat(129)}`,
      'is too long: a repository has at most 256 characters, a tag 128',
    ],
  ])('rejects a filter that %s', (_, filter, problem) => {
    expect(faultsOf(filter)).toEqual([expect.stringContaining(problem)]);
  });

  test('reports all faults together', () => {
    expect(faultsOf('a:*,,b,c:*')).toEqual([
      'filter "" is empty',
      'filter "b" is not REPOSITORY:TAG, with one colon',
    ]);
  });

  test('accepts a filter of the maximum length', () => {
    expect(matches(`${'a'.repeat(256)}:${'b'.repeat(128)}`, 'a'.repeat(256), 'b'.repeat(128))).toBe(true);
  });
});

describe('bounded time', () => {
  /** With backtracking, matching would take centuries; otherwise it takes less than a minute on any machine. */
  function interruptible<Result>(run: () => Result): Result {
    return runInNewContext('run()', { run }, { timeout: 60_000 }) as Result;
  }

  // Each star could begin at each of the characters: with backtracking, there are more combinations than there are atoms.
  test.each([
    ['*a*a*a*a*a*b:*', 'a'.repeat(256)],
    [`${'*a'.repeat(120)}*b:*`, 'a'.repeat(256)],
    [`*:${'*a'.repeat(60)}*b`, 'a'.repeat(128)],
    [`${'*/a'.repeat(80)}*b:*`, 'a/'.repeat(127) + 'a'],
  ])('matching with the filter %s takes bounded time', (filter, text) => {
    const filters = parseImageFilters(filter);
    const [repository, tag] = filter.startsWith('*:') ? ['web', text] : [text, 'v1'];
    expect(interruptible(() => findMatchingFilter(filters, repository, tag))).toBe(undefined);
  });

  test('validating a long text takes bounded time', () => {
    expect(interruptible(() => faultsOf(`${'a-'.repeat(2000)}!`))).toHaveLength(1);
    expect(interruptible(() => faultsOf(`${'a-'.repeat(127)}-:%`))).toHaveLength(1);
  });
});

test('an image without a tag has no characters there that a filter could match', () => {
  for (const character of 'abcdefghijklmnopqrstuvwxyz0123456789.-_') {
    expect(matches(`web:*${character}*`, 'web')).toBe(false);
  }
});
