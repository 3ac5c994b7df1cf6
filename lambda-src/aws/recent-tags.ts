// Uses ECR's DescribeImages, because the registry API does not report which tags of a repository are recent.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
import { DescribeImagesCommand, ECRClient, type ImageDetail } from '@aws-sdk/client-ecr';
import { requestHandling } from './request-handling.ts';

/** ECR's own limit. */
const imagesPerPage = 1000;

/**
 * Maximum number of pages. ECR does not sort by time: in a repository with more tagged images, some recent ones may be
 * missed, and their layers are read again.
 */
const maximumPages = 5;

/**
 * One wanted tag of each image that has any, most recently pushed image first.
 *
 * @param isWanted Also receives the media type of the tag's manifest.
 * @throws Any error from the SDK.
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
