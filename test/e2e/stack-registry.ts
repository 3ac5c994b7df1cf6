// How Amazon ECR responds to requests to its registry: the events that it sends, and the permissions that it requires.
import { randomUUID } from 'node:crypto';
import type { ContentReader } from '../../lambda-src/content/content-store.ts';
import type { LoggedRequest } from '../../lambda-src/local-registry/local-registry.ts';
import type { AwsCall } from './stack-policy.ts';

/** Where the registry is. */
export interface EcrPlace {
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
}

/** ECR's event for a pushed manifest or image index. */
export interface EcrPushEvent {
  readonly detail: {
    readonly 'repository-name': string;
    readonly 'image-digest': string;
    readonly 'image-tag': string;
    /** Absent for a replica. */
    readonly 'manifest-media-type'?: string;
    /** Also absent for an image index. */
    readonly 'artifact-media-type'?: string;
  };
}

const requestPath = /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|referrers)\/([^/]*)$/;

/**
 * The events of all pushes among the requests, in order.
 *
 * @param openStore Opens the repository, from which the media types and the current targets of tags are read.
 */
export async function describePushes(
  requests: readonly LoggedRequest[],
  place: EcrPlace,
  openStore: (repository: string) => ContentReader,
): Promise<readonly EcrPushEvent[]> {
  const pushes = requests.filter(({ method, status, path }) => {
    return method === 'PUT' && status === 201 && requestPath.exec(path)?.[2] === 'manifests';
  });
  return Promise.all(
    pushes.map(async ({ path }) => {
      const [, repository = '', , reference = ''] = requestPath.exec(path)!;
      const { digest, mediaType, bytes } = await openStore(repository).fetchManifest(reference);
      const manifest = JSON.parse(Buffer.from(bytes).toString()) as {
        readonly artifactType?: string;
        readonly config?: { readonly mediaType: string };
      };
      const artifactType = manifest.artifactType ?? manifest.config?.mediaType;
      return {
        version: '0',
        id: randomUUID(),
        'detail-type': 'ECR Image Action',
        source: 'aws.ecr',
        account: place.accountId,
        time: `${new Date().toISOString().slice(0, 19)}Z`,
        region: place.region,
        resources: [],
        detail: {
          result: 'SUCCESS',
          'action-type': 'PUSH',
          'repository-name': repository,
          'image-digest': digest,
          // Empty for a push by digest.
          'image-tag': reference === digest ? '' : reference,
          'manifest-media-type': mediaType,
          ...(artifactType !== undefined && { 'artifact-media-type': artifactType }),
        },
      };
    }),
  );
}

/** By method and endpoint. An upload may need all three of its actions, even for one PUT. */
const actionsOfRequests: Readonly<Record<string, readonly string[]>> = {
  'GET manifests': ['ecr:BatchGetImage'],
  'HEAD manifests': ['ecr:BatchGetImage'],
  'GET referrers': ['ecr:BatchGetImage'],
  'PUT manifests': ['ecr:PutImage'],
  'GET blobs': ['ecr:GetDownloadUrlForLayer'],
  'HEAD blobs': ['ecr:BatchCheckLayerAvailability'],
  'POST blobs/uploads': ['ecr:InitiateLayerUpload'],
  'PUT blobs/uploads': ['ecr:UploadLayerPart', 'ecr:CompleteLayerUpload'],
};

/** The permissions that a request requires. @throws Error for a request for which ECR has no action. */
export function listActions({ method, path }: LoggedRequest, place: EcrPlace): readonly AwsCall[] {
  const [, repository = '', part = ''] = requestPath.exec(path) ?? [];
  const actions = actionsOfRequests[`${method} ${part}`];
  if (actions === undefined) throw new Error(`ECR has no action for ${method} ${path}`);
  const { partition, region, accountId } = place;
  const resource = `arn:${partition}:ecr:${region}:${accountId}:repository/${repository}`;
  return actions.map((action) => ({ action, resource }));
}
