import { describe, expect, test } from '@jest/globals';
import type { ListedImage } from '../../../lambda-src/aws/list-images.ts';
import { planRepository, type PlanCriteria } from '../../../lambda-src/cli/backfill/repository-plan.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { parseTargetTagTemplate } from '../../../lambda-src/core/soci/target-tag.ts';
import { parseImageFilters } from '../../../lambda-src/events/image-filters.ts';

function listed(
  tags: readonly string[],
  pushedAtMilliseconds: number,
  more: Partial<ListedImage> = {},
): ListedImage {
  const digest = digestOf(Buffer.from(`${tags.join()}${pushedAtMilliseconds}`));
  return { account: '111122223333', digest, tags, pushedAtMilliseconds, bytes: 10, ...more };
}

/** The tags to index, the number of tags that are already indexed, and the number of skipped tags by reason. */
function plan(
  images: readonly ListedImage[],
  more: Partial<PlanCriteria> & { readonly template?: string } = {},
) {
  const { template = '{tag}-soci', ...criteria } = more;
  const {
    images: toIndex,
    matched,
    alreadyIndexed,
    passed,
  } = planRepository('app', images, {
    filters: parseImageFilters('app:*'),
    version: 'V2',
    targetTagTemplate: parseTargetTagTemplate(template),
    recheck: false,
    ...criteria,
  });
  expect(matched).toBe(toIndex.length + alreadyIndexed);
  return [toIndex.map(({ tag }) => tag), alreadyIndexed, Object.fromEntries(passed)];
}

describe('with V2', () => {
  test.each<readonly [string, readonly ListedImage[], readonly unknown[]]>([
    ['an image without a target tag is not indexed', [listed(['v1'], 5)], [['v1'], 0, {}]],
    [
      'an image is indexed if its target tag was pushed after it',
      [listed(['v1'], 5), listed(['v1-soci'], 6)],
      [[], 1, { 'own-tag': 1 }],
    ],
    [
      'an image is indexed if both tags were pushed in the same second',
      [listed(['v1'], 5), listed(['v1-soci'], 5)],
      [[], 1, { 'own-tag': 1 }],
    ],
    [
      'an image is not indexed if its target tag belongs to an earlier push of the tag',
      [listed(['v1'], 7), listed(['v1-soci'], 6)],
      [['v1'], 0, { 'own-tag': 1 }],
    ],
    [
      'the target tag of another tag does not count',
      [listed(['v1', 'latest'], 5), listed(['v1-soci'], 6)],
      [['latest'], 1, { 'own-tag': 1 }],
    ],
    [
      'an image that carries its own target tag is indexed',
      [listed(['v1', 'v1-soci'], 5)],
      [[], 1, { 'own-tag': 1 }],
    ],
    [
      'a converted image is also indexed under an additional tag',
      [listed(['v1'], 5), listed(['v1-soci', 'prod'], 6)],
      [[], 2, { 'own-tag': 1 }],
    ],
    [
      'an unchanged image with a target tag is not indexed under an additional tag',
      [listed(['v1', 'v1-soci', 'prod'], 5)],
      [['prod'], 1, { 'own-tag': 1 }],
    ],
  ])('%s', (_, images, expected) => {
    expect(plan(images)).toEqual(expected);
    // ECR lists images in no particular order.
    expect(plan(images.toReversed())).toEqual(expected);
  });

  test('an image cannot be recognized as indexed if the template reuses the tag itself', () => {
    expect(plan([listed(['v1'], 5)], { template: '{tag}' })).toEqual([['v1'], 0, {}]);
  });

  test('an indexed image is planned again with recheck', () => {
    const images = [listed(['v1'], 5), listed(['v1-soci'], 6)];
    expect(plan(images, { recheck: true })).toEqual([['v1'], 0, { 'own-tag': 1 }]);
  });
});

describe('with V1', () => {
  const image = listed(['v1', 'v2'], 5);
  const index = listed([], 6, {
    artifactType: 'application/vnd.amazon.soci.index.v1+json',
    subject: image.digest,
  });

  test('an image is indexed if a SOCI index refers to it, whatever its tag', () => {
    expect(plan([image, index], { version: 'V1' })).toEqual([[], 2, { 'not-an-image': 1 }]);
  });

  test('a signature that refers to an image is not an index', () => {
    const signature = { ...index, artifactType: 'application/vnd.cncf.notary.signature' };
    expect(plan([image, signature], { version: 'V1' })).toEqual([
      ['v1'],
      0,
      { 'not-an-image': 1, 'other-tag-of-image': 1 },
    ]);
  });

  test('a tag that looks like a V2 target tag is an ordinary tag', () => {
    expect(plan([listed(['v1-soci'], 5)], { version: 'V1' })).toEqual([['v1-soci'], 0, {}]);
  });

  test('an indexed image is planned again with recheck', () => {
    expect(plan([image, index], { version: 'V1', recheck: true })[0]).toEqual(['v1']);
  });
});

describe('skipping', () => {
  test.each<readonly [string, readonly ListedImage[], Partial<PlanCriteria>]>([
    ['untagged', [listed([], 5)], {}],
    ['no-filter-match', [listed(['v1'], 5)], { filters: parseImageFilters('app:v2,other:*') }],
    ['not-in-function-filters', [listed(['v1'], 5)], { functionFilters: parseImageFilters('app:v2') }],
    ['before-since', [listed(['v1'], 5)], { sinceMilliseconds: 6 }],
    ['target-tag-too-long', [listed(['v'.repeat(124)], 5)], {}],
    ['own-tag', [listed(['v1-soci'], 5)], {}],
    ['not-an-image', [listed([], 5, { artifactType: 'application/vnd.in-toto+json' })], {}],
    ['not-an-image', [listed([`sha256-${'a'.repeat(64)}.att`], 5)], {}],
  ])('skips an image with the reason %s', (reason, images, criteria) => {
    expect(plan(images, criteria)).toEqual([[], 0, { [reason]: 1 }]);
  });

  test('does not skip an image pushed exactly at the time of --since', () => {
    expect(plan([listed(['v1'], 5)], { sinceMilliseconds: 5 })[0]).toEqual(['v1']);
  });

  test('does not skip an image whose target tag just fits', () => {
    expect(plan([listed(['v'.repeat(123)], 5)])[0]).toHaveLength(1);
  });
});
