// ECR's DescribeImages, page by page: what lies in one repository, without reading a manifest.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeImages.html
import { DescribeImagesCommand, type ImageDetail } from '@aws-sdk/client-ecr';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { type EcrListing, maximumPage } from './ecr-listing.ts';
import { AwsError } from './aws-error.ts';

/** A manifest in a repository: an image, or an artifact that looks like one. */
export interface ListedImage {
  /** Of the registry. */
  readonly account: string;
  readonly digest: Digest;
  /** Empty for a push by digest. */
  readonly tags: readonly string[];
  /** When the manifest came first, in milliseconds; a tag that moves to it later does not change that. */
  readonly pushedAtMilliseconds: number;
  /** Compressed; of an image index its largest image's. */
  readonly bytes: number;
  readonly manifestMediaType?: string;
  /** The artifact type of a manifest, or its config's media type. Image indexes do not have it. */
  readonly artifactType?: string;
  /** The manifest that this one refers to, as a SOCI index V1 does to its image. */
  readonly subject?: string;
}

/** Archived images are not among them: they cannot be pulled. @throws What the SDK throws; the signal's reason. */
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
    throw new AwsError(`ECR described an image of ${repository} without its registry, digest or time`);
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
