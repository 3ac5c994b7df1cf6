import { describe, expect, test } from '@jest/globals';
import { openEcrListing } from '../../lambda-src/aws/ecr-listing.ts';
import { type ListedImage, listImages } from '../../lambda-src/aws/list-images.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { accountId, type DescribedImage } from '../helpers/ecr-account.ts';
import { useEcrAccount } from '../helpers/use-ecr-account.ts';

const openAccount = useEcrAccount();
const digest = digestOf(Buffer.from('a'));
const signal = new AbortController().signal;

async function listAll(images: readonly DescribedImage[]) {
  const account = await openAccount({ repositories: ['app'], images: () => images });
  const listed: ListedImage[] = [];
  for await (const image of listImages(openEcrListing(), 'app', signal)) listed.push(image);
  return { account, listed };
}

describe('listImages', () => {
  test('lists each image once across all pages', async () => {
    const images = Array.from({ length: 95 }, (_, index) => ({
      imageDigest: digestOf(Buffer.from(`${index}`)),
      imagePushedAt: 1,
    }));
    const { account, listed } = await listAll(images);
    expect(listed.map((image) => image.digest)).toEqual(images.map(({ imageDigest }) => imageDigest));
    expect(account.inputsOf('DescribeImages')).toEqual([
      { repositoryName: 'app', maxResults: 1000 },
      { repositoryName: 'app', maxResults: 1000, nextToken: '40' },
      { repositoryName: 'app', maxResults: 1000, nextToken: '80' },
    ]);
  });

  test('returns the fields that ECR reports, and omits the others', async () => {
    const { listed } = await listAll([
      {
        imageDigest: digest,
        imageTags: ['v1', 'latest'],
        imageSizeInBytes: 7,
        imagePushedAt: 1.5,
        imageManifestMediaType: 'm',
        artifactMediaType: 'a',
        subjectManifestDigest: 's',
      },
      { imageDigest: digest, imagePushedAt: 2 },
    ]);
    expect(listed).toEqual([
      {
        account: accountId,
        digest,
        tags: ['v1', 'latest'],
        pushedAtMilliseconds: 1500,
        bytes: 7,
        manifestMediaType: 'm',
        artifactType: 'a',
        subject: 's',
      },
      { account: accountId, digest, tags: [], pushedAtMilliseconds: 2000, bytes: 0 },
    ]);
  });

  test('throws if ECR omits a field that identifies an image', async () => {
    await expect(listAll([{ imageDigest: 'sha256:short', imagePushedAt: 1 }])).rejects.toThrow(
      'described an image of app without a registry, digest or push time',
    );
  });
});
