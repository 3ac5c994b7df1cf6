// What Lambda passes to a handler: an event from ECR, and a context.
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import type { LambdaContext } from '../../lambda-src/handlers/lambda-context.ts';

export interface PushParts {
  readonly repository?: string;
  readonly tag?: string | null;
  readonly digest?: string;
  readonly artifactType?: string;
}

/** As ECR sends it for a pushed image index: without an artifact type. */
export function pushEvent({
  repository = 'team/app',
  tag = 'latest',
  digest = digestOf(new Uint8Array()),
  artifactType,
}: PushParts = {}): Record<string, unknown> {
  return {
    version: '0',
    id: '4f5ec4d5-4de4-7aad-a046-56d5cfe1df0e',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '111122223333',
    time: '2025-09-02T10:14:00Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      result: 'SUCCESS',
      'repository-name': repository,
      'image-digest': digest,
      'action-type': 'PUSH',
      'image-tag': tag,
      'manifest-media-type': 'application/vnd.oci.image.index.v1+json',
      ...(artifactType !== undefined && { 'artifact-media-type': artifactType }),
    },
  };
}

export function lambdaContext(
  parts: Partial<LambdaContext> & { readonly remainingMilliseconds?: number } = {},
): LambdaContext {
  const { remainingMilliseconds = 900_000, ...given } = parts;
  return {
    functionName: 'name-generator',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:111122223333:function:name-generator',
    awsRequestId: '8a5b6f2e-0000-4000-8000-000000000000',
    memoryLimitInMB: '1769',
    getRemainingTimeInMillis: () => remainingMilliseconds,
    ...given,
  };
}

/** As ECR sends it to the destination for an image that was replicated, or that could not be: without media types. */
export function replicationEvent(parts: PushParts = {}, result = 'SUCCESS'): Record<string, unknown> {
  return {
    ...pushEvent(parts),
    'detail-type': 'ECR Replication Action',
    detail: {
      ...imageOf(parts),
      result,
      'action-type': 'REPLICATE',
      'source-account': '444455556666',
      'source-region': 'us-west-2',
    },
  };
}

/** As ECR sends it for an image that was fetched into a pull-through cache, or that could not be. */
export function pullThroughEvent(parts: PushParts = {}, status = 'SUCCESS'): Record<string, unknown> {
  return {
    ...pushEvent(parts),
    'detail-type': 'ECR Pull Through Cache Action',
    detail: {
      ...imageOf(parts),
      'rule-version': '1',
      'sync-status': status,
      'ecr-repository-prefix': 'team',
      'upstream-registry-url': 'public.ecr.aws',
    },
  };
}

function imageOf(parts: PushParts): object {
  const detail = pushEvent(parts)['detail'] as Record<string, unknown>;
  return Object.fromEntries(
    ['repository-name', 'image-digest', 'image-tag'].map((field) => [field, detail[field]]),
  );
}
