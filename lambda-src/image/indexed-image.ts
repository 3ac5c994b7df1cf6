// An image with the SOCI indexes of its platforms, or whatever else the reference points to.
import type { ContentReader } from '../content/content-store.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import type { ImageSkipReason } from '../core/reasons.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import {
  findSociIndexes,
  type PlatformSociIndexes,
  type PresentIndex,
  presentIndexOf,
} from './soci-indexes.ts';
import { readPlatformImages, readSourceImage } from './source-image.ts';

export interface IndexedPlatform extends PlatformImage, PlatformSociIndexes {}

export type IndexedImage =
  | { readonly kind: 'image'; readonly digest: Digest; readonly platforms: readonly IndexedPlatform[] }
  /** The reference points to a SOCI index itself. */
  | { readonly kind: 'soci-index'; readonly index: PresentIndex }
  | { readonly kind: 'none'; readonly digest: Digest; readonly reason: ImageSkipReason };

/**
 * Reads an image with all its SOCI indexes.
 *
 * @param wanted Platforms to read; by default, all of the image.
 * @throws Same as `readSourceImage`.
 */
export async function readIndexedImage(
  store: ContentReader,
  reference: string,
  wanted?: readonly Platform[],
  signal?: AbortSignal,
): Promise<IndexedImage> {
  const stored = await store.fetchManifest(reference, signal);
  if (!isIndexType(stored.mediaType) && manifestKindOf(parseManifest(stored.bytes)) === 'soci-index') {
    return { kind: 'soci-index', index: presentIndexOf(stored) };
  }
  const image = await readSourceImage(store, stored, wanted, signal);
  if (image.kind === 'none') return { kind: 'none', digest: stored.digest, reason: image.reason };
  const platforms: IndexedPlatform[] = [];
  for (const platform of readPlatformImages(image)) {
    platforms.push({ ...platform, ...(await findSociIndexes(store, image, platform, signal)) });
  }
  return { kind: 'image', digest: stored.digest, platforms };
}
