// The state of an image's index as clients see it in a store: its tags and referrers. Everything that they refer to must
// exist.
import type { ContentReader } from '../../lambda-src/content/content-store.ts';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { isIndexType, isManifestType } from '../../lambda-src/core/oci/media-type.ts';
import { type SampleImage, sourceTag, targetTag } from './sample-image.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

export interface ImageState {
  /** What the target tag points to. */
  readonly target: Digest | undefined;
  /** The SOCI indexes V1 of each platform. */
  readonly referrers: readonly (readonly Digest[])[];
}

/** Reads everything that a client can find. @throws NotFoundError if something refers to missing content. */
export async function readImageState(store: ContentReader, image: SampleImage): Promise<ImageState> {
  const seen = new Set<Digest>();
  await visitManifest(store, sourceTag, seen);
  const target = await store.resolve(targetTag);
  if (target !== undefined) await visitManifest(store, targetTag, seen);
  const referrers: Digest[][] = [];
  for (const platform of image.platforms) {
    const found = await store.listReferrers(platform.digest, sociIndexTypes.V1);
    for (const { digest } of found) await visitManifest(store, digest, seen);
    referrers.push(found.map(({ digest }) => digest));
  }
  return { target: target?.digest, referrers };
}

/** Whether the state has only what a complete run would make: the target tag points to its image, or does not exist. */
export function isPartOf(state: ImageState, whole: ImageState): boolean {
  return (
    (state.target === undefined || state.target === whole.target) &&
    state.referrers.every((digests, platform) =>
      digests.every((digest) => whole.referrers[platform]?.includes(digest) === true),
    )
  );
}

interface Links {
  readonly config?: Descriptor;
  readonly subject?: Descriptor;
  readonly layers?: readonly Descriptor[];
  readonly manifests?: readonly Descriptor[];
}

/** Reads, and thus verifies, a manifest and everything that it refers to. */
async function visitManifest(store: ContentReader, reference: string, seen: Set<Digest>): Promise<void> {
  const manifest = await store.fetchManifest(reference);
  if (seen.has(manifest.digest)) return;
  seen.add(manifest.digest);
  const links = JSON.parse(Buffer.from(manifest.bytes).toString()) as Links;
  const { config, subject, layers = [], manifests = [] } = links;
  for (const link of [config, subject, ...layers, ...manifests]) {
    if (link === undefined || seen.has(link.digest)) continue;
    if (isManifestType(link.mediaType) || isIndexType(link.mediaType)) {
      await visitManifest(store, link.digest, seen);
    } else {
      seen.add(link.digest);
      await readWholeBlob(store, link, link.size);
    }
  }
}
