import { describe, expect, test } from '@jest/globals';
import { listRecentTags } from '../../lambda-src/aws/recent-tags.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const any = () => true;

/** An image as ECR describes it. JSON 1.1 expresses times in seconds. */
function image(pushedAt: number | undefined, tags: readonly string[] | undefined, mediaType = indexType) {
  return { imageTags: tags, imagePushedAt: pushedAt, imageManifestMediaType: mediaType };
}

describe('listRecentTags', () => {
  test('returns tags by push time, newest first, in whatever order ECR lists them', async () => {
    const aws = await openAws({
      describeImages: () => ({
        imageDetails: [image(2, ['second']), image(3, ['third']), image(1, ['first'])],
      }),
    });
    expect(await listRecentTags('team/web', any)).toEqual(['third', 'second', 'first']);
    expect(aws.calls).toEqual([
      {
        action: 'DescribeImages',
        input: { repositoryName: 'team/web', filter: { tagStatus: 'TAGGED' }, maxResults: 1000 },
      },
    ]);
  });

  test('returns one tag per image: the first that the filter accepts', async () => {
    await openAws({ describeImages: () => ({ imageDetails: [image(1, ['v1', 'v1-soci', 'v2-soci'])] }) });
    expect(await listRecentTags('team/web', (tag) => tag.endsWith('-soci'))).toEqual(['v1-soci']);
  });

  test('can select tags by the media type of their manifest', async () => {
    await openAws({
      describeImages: () => ({ imageDetails: [image(2, ['a'], manifestType), image(1, ['b'])] }),
    });
    expect(await listRecentTags('team/web', (_tag, mediaType) => mediaType === indexType)).toEqual(['b']);
  });

  test('ignores untagged images, and puts images without a push time last', async () => {
    await openAws({
      describeImages: () => ({
        imageDetails: [image(3, undefined), image(undefined, ['unknown']), image(1, ['first'])],
      }),
    });
    expect(await listRecentTags('team/web', any)).toEqual(['first', 'unknown']);
  });

  test('reads at most five pages', async () => {
    let page = 0;
    const aws = await openAws({
      describeImages: () => ({
        imageDetails: [image(++page, [`v${page}`])],
        nextToken: `after ${page}`,
      }),
    });
    expect(await listRecentTags('team/web', any)).toEqual(['v5', 'v4', 'v3', 'v2', 'v1']);
    expect(aws.calls.map(({ input }) => (input as { nextToken?: string }).nextToken)).toEqual([
      undefined,
      'after 1',
      'after 2',
      'after 3',
      'after 4',
    ]);
  });

  test('stops when time is up', async () => {
    await openAws();
    await expect(listRecentTags('team/web', any, AbortSignal.abort())).rejects.toHaveProperty(
      'name',
      'AbortError',
    );
  });
});

test('tags of images that were pushed at the same time stay in the order of ECR, page by page', async () => {
  let page = 0;
  await openAws({
    describeImages: () => {
      page++;
      return {
        imageDetails: [image(0, [`page ${page}, first`]), image(undefined, [`page ${page}, second`])],
        ...(page === 1 && { nextToken: 'more' }),
      };
    },
  });
  expect(await listRecentTags('team/web', any)).toEqual([
    'page 1, first',
    'page 1, second',
    'page 2, first',
    'page 2, second',
  ]);
});
