import { describe, expect, test } from '@jest/globals';
import { isTagImmutable } from '../../lambda-src/aws/tag-immutability.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

function excluding(...filters: readonly string[]) {
  return filters.map((filter) => ({ filterType: 'WILDCARD', filter }));
}

describe('a tag that exists', () => {
  test.each<readonly [string, Record<string, unknown>, string, boolean]>([
    ['can be moved in a repository that says so', { imageTagMutability: 'MUTABLE' }, 'v1', false],
    ['stays in an immutable repository', { imageTagMutability: 'IMMUTABLE' }, 'v1', true],
    [
      'can be moved in an immutable repository whose filter excludes it',
      {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('x', '*-soci'),
      },
      'v1-soci',
      false,
    ],
    [
      'stays in an immutable repository whose filters exclude others',
      {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('*-soci'),
      },
      'v1-soci-2',
      true,
    ],
    [
      'stays in a mutable repository whose filter excludes it',
      {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('release-*'),
      },
      'release-',
      true,
    ],
    [
      'can be moved in a mutable repository whose filters exclude others',
      {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('release-*'),
      },
      'my-release-1',
      false,
    ],
    [
      'is compared with a filter whose dot is a dot',
      { imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: excluding('v1.*') },
      'v1x2',
      false,
    ],
    [
      'is compared with a filter of two stars',
      {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('v*-r*'),
      },
      'v1-r2',
      true,
    ],
  ])('%s', async (_, repository, tag, isImmutable) => {
    const aws = await openAws({ repository });
    await expect(isTagImmutable('team/web', tag)).resolves.toBe(isImmutable);
    expect(aws.calls).toEqual([{ action: 'DescribeRepositories', input: { repositoryNames: ['team/web'] } }]);
  });

  test('is not judged where ECR does not answer for its repository', async () => {
    await openAws({
      refuse: () => ({ status: 400, type: 'RepositoryNotFoundException', message: 'team/web is gone' }),
    });
    await expect(isTagImmutable('team/web', 'v1')).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    });
  });

  test('is not judged when time is up', async () => {
    await openAws();
    await expect(isTagImmutable('team/web', 'v1', AbortSignal.abort())).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
  });
});
