// The SOCI tag of a source tag, or the source tag of a SOCI tag. V2 pushes a new image, so it matters which of the two is
// deployed, and whether both belong to the same push.
import type { Digest } from '../core/oci/descriptor.ts';
import type { ImageManifest } from '../core/oci/manifest.ts';
import { platformKey } from '../core/oci/platform.ts';
import { readOtherTag } from './examined-image.ts';
import type { ExaminedStore } from './examined-indexes.ts';
import { sociIndexDigestAnnotation } from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

export interface RelatedTag {
  readonly tag: string;
  readonly digest: Digest;
  readonly platforms: readonly PlatformImage[];
}

/** Reads the image at another tag. Undefined if it does not exist. @throws What the store throws. */
export async function readRelatedTag(store: ExaminedStore, tag: string): Promise<RelatedTag | undefined> {
  const other = await readOtherTag(store, tag);
  return other && { tag, ...other };
}

/** The same platform at the other tag. */
export function findCounterpart(related: RelatedTag, { platform }: PlatformImage): PlatformImage | undefined {
  const key = platformKey(platform);
  return related.platforms.find((other) => platformKey(other.platform) === key);
}

/** The same platform of the same image, with a V2 SOCI index, at the other tag. */
export function findIndexedTwin(related: RelatedTag, platform: PlatformImage): PlatformImage | undefined {
  const counterpart = findCounterpart(related, platform);
  if (counterpart === undefined || !namesSociIndex(counterpart)) return undefined;
  return isSameImage(counterpart.manifest, platform.manifest) ? counterpart : undefined;
}

/** Whether the image's manifest names a V2 SOCI index. */
export function namesSociIndex({ manifest }: PlatformImage): boolean {
  return manifest.annotations?.[sociIndexDigestAnnotation] !== undefined;
}

/**
 * Whether two manifests belong to the same image: the conversion to V2 changes a manifest, but neither config nor layers.
 */
export function isSameImage(one: ImageManifest, other: ImageManifest): boolean {
  return (
    one.config.digest === other.config.digest &&
    one.layers.length === other.layers.length &&
    one.layers.every(({ digest }, position) => digest === other.layers[position]?.digest)
  );
}
