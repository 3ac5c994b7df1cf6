// Creates the event that ECR would send for a new push, for images whose event was lost or never handled.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
import type { Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';

/** An image as ECR lists it. */
export interface TaggedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  readonly manifestMediaType?: string;
  /** The artifact type of a manifest, or its config's media type. Absent for image indexes. */
  readonly artifactType?: string;
}

/** The registry's region and account. */
export interface RegistryPlace {
  readonly account: string;
  readonly region: string;
}

/** @param id Identifies the event in logs. */
export function makePushEvent(
  { repository, tag, digest, manifestMediaType, artifactType }: TaggedImage,
  { account, region }: RegistryPlace,
  id: string,
  time: Date,
): object {
  return {
    version: '0',
    id,
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account,
    // Without fractions of a second, as in EventBridge.
    time: time.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    region,
    resources: [],
    detail: dropUndefined({
      result: 'SUCCESS',
      'repository-name': repository,
      'image-digest': digest,
      'action-type': 'PUSH',
      'image-tag': tag,
      'manifest-media-type': manifestMediaType,
      'artifact-media-type': artifactType,
    }),
  };
}
