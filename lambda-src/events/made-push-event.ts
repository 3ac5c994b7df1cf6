// The event that ECR would send, had an image just been pushed: for images whose own event was never heard, or was lost.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html
import type { Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';

/** An image as a list of ECR's has it. */
export interface TaggedImage {
  readonly repository: string;
  readonly tag: string;
  readonly digest: Digest;
  readonly manifestMediaType?: string;
  /** The artifact type of a manifest, or its config's media type. Image indexes do not have it. */
  readonly artifactType?: string;
}

/** Where the registry is. */
export interface RegistryPlace {
  readonly account: string;
  readonly region: string;
}

/** @param id Tells the event from others in logs. */
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
    // To the second, as EventBridge has it.
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
