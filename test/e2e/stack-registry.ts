// What Amazon ECR makes of the requests that its registry gets: the events that it sends, and the actions that it asks
// permission for.
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

/** That a manifest or index has arrived, as ECR announces it. */
export interface EcrPushEvent {
  readonly detail: {
    readonly 'repository-name': string;
    readonly 'image-digest': string;
    readonly 'image-tag': string;
    /** Not there for a replica. */
    readonly 'manifest-media-type'?: string;
    /** Not there for an image index either. */
    readonly 'artifact-media-type'?: string;
  };
}

const requestPath = /^\/v2\/(.+)\/(manifests|blobs\/uploads|blobs|referrers)\/([^/]*)$/;

/**
 * The events of all pushes among the requests, in their order.
 *
 * @param openStore Gives the repository, out of which the media types are read, and to what a tag points now.
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
          // A push by digest has an empty one.
          'image-tag': reference === digest ? '' : reference,
          'manifest-media-type': mediaType,
          ...(artifactType !== undefined && { 'artifact-media-type': artifactType }),
        },
      };
    }),
  );
}

/** By method and part of the registry; an upload may need all three of its actions, even for one PUT. */
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

/** What the sender of a request must be allowed to do. @throws Error for a request that ECR knows no action for. */
export function listActions({ method, path }: LoggedRequest, place: EcrPlace): readonly AwsCall[] {
  const [, repository = '', part = ''] = requestPath.exec(path) ?? [];
  const actions = actionsOfRequests[`${method} ${part}`];
  if (actions === undefined) throw new Error(`ECR has no action for ${method} ${path}`);
  const { partition, region, accountId } = place;
  const resource = `arn:${partition}:ecr:${region}:${accountId}:repository/${repository}`;
  return actions.map((action) => ({ action, resource }));
}
