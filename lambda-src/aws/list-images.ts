// ECR's DescribeImages, page by page: the images of one repository, without reading a manifest.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
import { DescribeImagesCommand, type ImageDetail } from '@aws-sdk/client-ecr';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { type EcrListing, maximumPage } from './ecr-listing.ts';
import { AwsError } from './aws-error.ts';

/** A manifest in a repository: an image, or an artifact that looks like one. */
export interface ListedImage {
  /** The account of the registry. */
  readonly account: string;
  readonly digest: Digest;
  /** Empty if it was pushed by digest. */
  readonly tags: readonly string[];
  /** When the manifest was first pushed, in milliseconds; moving a tag to it does not change that. */
  readonly pushedAtMilliseconds: number;
  /** Compressed size; for an image index, that of its largest image. */
  readonly bytes: number;
  readonly manifestMediaType?: string;
  /** The artifact type of a manifest, or its config's media type. Absent for image indexes. */
  readonly artifactType?: string;
  /** The manifest that this one refers to, such as the image of a V1 SOCI index. */
  readonly subject?: string;
}

/** Archived images are not listed, because they cannot be pulled. @throws Any error from the SDK; the signal's reason. */
export async function* listImages(
  listing: EcrListing,
  repository: string,
  signal: AbortSignal,
): AsyncGenerator<ListedImage> {
  let nextToken: string | undefined;
  do {
    const answer = await listing.send(
      new DescribeImagesCommand({
        repositoryName: repository,
        maxResults: maximumPage,
        ...(nextToken !== undefined && { nextToken }),
      }),
      { abortSignal: signal },
    );
    for (const detail of answer.imageDetails ?? []) yield readImage(detail, repository);
    ({ nextToken } = answer);
  } while (nextToken !== undefined);
}

function readImage(detail: ImageDetail, repository: string): ListedImage {
  const { registryId, imageDigest, imagePushedAt } = detail;
  if (registryId === undefined || !isDigest(imageDigest) || imagePushedAt === undefined) {
    throw new AwsError(`ECR described an image of ${repository} without a registry, digest or push time`);
  }
  return dropUndefined({
    account: registryId,
    digest: imageDigest,
    tags: detail.imageTags ?? [],
    pushedAtMilliseconds: imagePushedAt.getTime(),
    bytes: detail.imageSizeInBytes ?? 0,
    manifestMediaType: detail.imageManifestMediaType,
    artifactType: detail.artifactMediaType,
    subject: detail.subjectManifestDigest,
  });
}
