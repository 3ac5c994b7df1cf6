// ECR's DescribeImages, for what the registry itself does not say: which tags of a repository are recent.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
import { DescribeImagesCommand, ECRClient, type ImageDetail } from '@aws-sdk/client-ecr';
import { requestHandling } from './request-handling.ts';

/** ECR's own limit. */
const imagesPerPage = 1000;

/**
 * Pages that are looked at. ECR has no order by time: in a repository of more images with tags than these hold, some of
 * the most recent may be missed, and what they would have saved is done again.
 */
const maximumPages = 5;

/**
 * A tag of each image that has one that is wanted, the image that was pushed last first.
 *
 * @param isWanted Is also told what kind of manifest the tag points to.
 * @throws What the SDK throws.
 */
export async function listRecentTags(
  repository: string,
  isWanted: (tag: string, mediaType: string | undefined) => boolean,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const client = new ECRClient({ requestHandler: requestHandling() });
  const images: ImageDetail[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < maximumPages && (page === 0 || nextToken !== undefined); page++) {
    const command = new DescribeImagesCommand({
      repositoryName: repository,
      filter: { tagStatus: 'TAGGED' },
      maxResults: imagesPerPage,
      ...(nextToken !== undefined && { nextToken }),
    });
    const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
    images.push(...(answer.imageDetails ?? []));
    nextToken = answer.nextToken;
  }
  return images
    .toSorted((a, b) => pushTime(b) - pushTime(a))
    .flatMap(({ imageTags = [], imageManifestMediaType }) => {
      const tag = imageTags.find((one) => isWanted(one, imageManifestMediaType));
      return tag === undefined ? [] : [tag];
    });
}

function pushTime({ imagePushedAt }: ImageDetail): number {
  return imagePushedAt?.getTime() ?? 0;
}
