// ECR's replication: copies an image with everything that refers to it from one repository to another, and makes the
// destination's event for each manifest.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/replication.html
import { randomUUID } from 'node:crypto';
import type { ContentReader, ContentStore } from '../../lambda-src/content/content-store.ts';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import type { EcrPlace, EcrPushEvent } from './stack-registry.ts';

/** Larger than any layer of the tests. */
const maximumBlobBytes = 64 * 1024 * 1024;

/**
 * @param reference A tag or digest at the source; a tag is kept.
 * @returns The events at the destination: each manifest comes after those that it refers to, and before its referrers.
 */
export async function replicate(
  source: ContentReader,
  reference: string,
  target: ContentStore,
  { place, repository }: { readonly place: EcrPlace; readonly repository: string },
): Promise<readonly EcrPushEvent[]> {
  const manifest = await source.fetchManifest(reference);
  const tag = reference === manifest.digest ? undefined : reference;
  const {
    manifests = [],
    layers = [],
    config,
  } = JSON.parse(Buffer.from(manifest.bytes).toString()) as {
    readonly manifests?: readonly Descriptor[];
    readonly layers?: readonly Descriptor[];
    readonly config?: Descriptor;
  };
  const copy = (digest: Digest) => replicate(source, digest, target, { place, repository });
  const events: EcrPushEvent[] = [];
  for (const { digest } of manifests) events.push(...(await copy(digest)));
  for (const blob of [...layers, ...(config === undefined ? [] : [config])]) {
    await target.pushBlob(blob, await readWholeBlob(source, blob, maximumBlobBytes));
  }
  await target.pushManifest(manifest, tag);
  events.push(describeReplica(manifest.digest, tag, place, repository));
  for (const { digest } of await source.listReferrers(manifest.digest)) events.push(...(await copy(digest)));
  return events;
}

function describeReplica(
  digest: Digest,
  tag: string | undefined,
  { accountId, region }: EcrPlace,
  repository: string,
): EcrPushEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'ECR Replication Action',
    source: 'aws.ecr',
    account: accountId,
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    region,
    resources: [`arn:aws:ecr:${region}:${accountId}:repository/${repository}`],
    detail: {
      result: 'SUCCESS',
      'repository-name': repository,
      'image-digest': digest,
      'source-account': accountId,
      'action-type': 'REPLICATE',
      'source-region': 'ap-south-1',
      'image-tag': tag ?? '',
    },
  } as EcrPushEvent;
}
