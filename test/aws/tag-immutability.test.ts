import { describe, expect, test } from '@jest/globals';
import { isTagImmutable } from '../../lambda-src/aws/tag-immutability.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

function excluding(...filters: readonly string[]) {
  return filters.map((filter) => ({ filterType: 'WILDCARD', filter }));
}

describe('an existing tag', () => {
  test.each<readonly [string, Record<string, unknown>, string, boolean]>([
    ['is mutable in a mutable repository', { imageTagMutability: 'MUTABLE' }, 'v1', false],
    ['is immutable in an immutable repository', { imageTagMutability: 'IMMUTABLE' }, 'v1', true],
    [
      'is mutable in an immutable repository with a filter that excludes it',
      {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('x', '*-soci'),
      },
      'v1-soci',
      false,
    ],
    [
      'is immutable in an immutable repository with filters that exclude others',
      {
        imageTagMutability: 'IMMUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('*-soci'),
      },
      'v1-soci-2',
      true,
    ],
    [
      'is immutable in a mutable repository with a filter that excludes it',
      {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('release-*'),
      },
      'release-',
      true,
    ],
    [
      'is mutable in a mutable repository with filters that exclude others',
      {
        imageTagMutability: 'MUTABLE_WITH_EXCLUSION',
        imageTagMutabilityExclusionFilters: excluding('release-*'),
      },
      'my-release-1',
      false,
    ],
    [
      'is compared literally with a dot in a filter',
      { imageTagMutability: 'MUTABLE_WITH_EXCLUSION', imageTagMutabilityExclusionFilters: excluding('v1.*') },
      'v1x2',
      false,
    ],
    [
      'is compared with a filter that has two wildcards',
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

  test('causes an error if ECR cannot describe its repository', async () => {
    await openAws({
      refuse: () => ({ status: 400, type: 'RepositoryNotFoundException', message: 'team/web is gone' }),
    });
    await expect(isTagImmutable('team/web', 'v1')).rejects.toMatchObject({
      name: 'RepositoryNotFoundException',
    });
  });

  test('causes an error if time is up', async () => {
    await openAws();
    await expect(isTagImmutable('team/web', 'v1', AbortSignal.abort())).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
  });
});
