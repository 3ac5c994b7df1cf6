// The SOCI indexes that an image has, found as a runtime finds them: V2 by the manifest's annotation, V1 as referrers.
import type { ContentReader, StoredManifest } from '../content/content-store.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { findSociIndex } from '../core/soci/conversion.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import { parseSociIndex, type SociIndex, sociIndexTypes } from '../core/soci/soci-index.ts';
import type { ImageSkipReason } from './outcome.ts';
import { type PlatformImage, readPlatformImages, readSourceImage } from './source-image.ts';

export interface FoundIndex extends SociIndex {
  readonly digest: Digest;
  /** Bytes of its manifest. */
  readonly size: number;
}

export interface PlatformIndexes extends PlatformImage {
  readonly indexes: readonly FoundIndex[];
}

export type ImageIndexes =
  | { readonly kind: 'image'; readonly digest: Digest; readonly platforms: readonly PlatformIndexes[] }
  /** The reference is that of a SOCI index itself. */
  | { readonly kind: 'soci index'; readonly index: FoundIndex }
  | { readonly kind: 'none'; readonly digest: Digest; readonly reason: ImageSkipReason };

/**
 * Reads an image's SOCI indexes, no zTOC.
 *
 * @param wanted Platforms to look at; all of the image's by default.
 * @throws NotFoundError if the image, or an index that it names, is not there; FormatError where one is damaged.
 */
export async function findSociIndexes(
  store: ContentReader,
  reference: string,
  wanted?: readonly Platform[],
  signal?: AbortSignal,
): Promise<ImageIndexes> {
  const stored = await store.fetchManifest(reference, signal);
  if (!isIndexType(stored.mediaType) && manifestKindOf(parseManifest(stored.bytes)) === 'soci-index') {
    return { kind: 'soci index', index: describeIndex(stored) };
  }
  const image = await readSourceImage(store, stored, wanted, signal);
  if (image.kind === 'none') return { kind: 'none', digest: stored.digest, reason: image.reason };

  const platforms: PlatformIndexes[] = [];
  for (const platform of readPlatformImages(image)) {
    const indexes: FoundIndex[] = [];
    const converted = findSociIndex(image.index, platform.manifest);
    if (converted !== undefined)
      indexes.push(describeIndex(await store.fetchManifest(converted.digest, signal)));
    for (const referrer of await store.listReferrers(platform.entry.digest, sociIndexTypes.V1, signal)) {
      indexes.push(describeIndex(await store.fetchManifest(referrer.digest, signal)));
    }
    platforms.push({ ...platform, indexes });
  }
  return { kind: 'image', digest: stored.digest, platforms };
}

function describeIndex(stored: StoredManifest): FoundIndex {
  return { ...parseSociIndex(stored.bytes), digest: stored.digest, size: stored.bytes.length };
}
