// Gives an image that gets no index the target tag as it is, so that whoever deploys may always deploy the target tag.
import type { ContentStore } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';

/**
 * - `tagged`: the target tag points to the image, now or already
 * - `moved`: the image's own tag points elsewhere by now
 * - `immutable`: the target tag points to something else, and stays
 */
export type SkippedImageTag = 'tagged' | 'moved' | 'immutable';

export async function tagSkippedImage(
  store: ContentStore,
  image: { readonly digest: Digest; readonly tag: string; readonly targetTag: string },
  isTagImmutable: (tag: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<SkippedImageTag> {
  const { digest, tag, targetTag } = image;
  const target = await store.resolve(targetTag, signal);
  if (target?.digest === digest) return 'tagged';
  if (target !== undefined && (await isTagImmutable(targetTag))) return 'immutable';
  const manifest = await store.fetchManifest(digest, signal);
  if ((await store.resolve(tag, signal))?.digest !== digest) return 'moved';
  await store.pushManifest(manifest, targetTag, signal);
  return 'tagged';
}
