// The index that an image is to get from a builder elsewhere: whether there is anything to wait for, and whether it is
// there by now. Only JSON is read. Which build tool and which size of spans it was made with makes no difference here.
import type { ContentReader, StoredManifest } from '../content/content-store.ts';
import { fetchUnlessMissing } from '../content/fetch-unless-missing.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import { type ImageIndex, type ImageManifest, parseIndex } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { findPlatformSociIndex, isConversionOf } from '../core/soci/conversion.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import { type SociIndex, sociIndexVersionOf } from '../core/soci/soci-index.ts';
import type { ImageSkipReason } from '../core/reasons.ts';
import { findReferringIndexes, flawOf, readSociIndex } from './soci-indexes.ts';
import {
  isAlreadyConverted,
  type PlatformImage,
  readPlatformImages,
  readSourceImage,
} from './source-image.ts';

export interface Expectation {
  /** What the index is to be: a V2 image at a tag, or V1 referrers. */
  readonly target: { readonly version: 'V1' } | { readonly version: 'V2'; readonly tag: string };
  /** Platforms that must have an index, as far as one is worth it. Undefined: with V1 all, with V2 those that it has. */
  readonly platforms: readonly Platform[] | undefined;
  /** Bytes as stored: a smaller layer is not indexed. */
  readonly minimumLayerSize: number;
}

/** What the manifests of an image tell beforehand. */
export type Prospect =
  /** Nothing of it is indexed. */
  | { readonly kind: 'none'; readonly reason: ImageSkipReason }
  /** With V2: it has its indexes in itself. */
  | { readonly kind: 'converted' }
  /** These platforms are worth an index. */
  | { readonly kind: 'index'; readonly platforms: readonly PlatformImage[] };

/** @throws As `readSourceImage`. */
export async function readProspect(
  store: ContentReader,
  source: StoredManifest,
  { target, platforms, minimumLayerSize }: Expectation,
  signal?: AbortSignal,
): Promise<Prospect> {
  const image = await readSourceImage(store, source, platforms, signal);
  if (image.kind === 'none') return image;
  if (image.choices.chosen.length === 0) return { kind: 'none', reason: 'no-platform' };
  const worthIndexing = readPlatformImages(image).filter(({ manifest }) =>
    selectLayers(manifest.layers, minimumLayerSize).some(({ kind }) => kind === 'index'),
  );
  if (worthIndexing.length === 0) return { kind: 'none', reason: 'no-layer-to-index' };
  if (target.version === 'V2' && isAlreadyConverted(image, worthIndexing)) return { kind: 'converted' };
  return { kind: 'index', platforms: worthIndexing };
}

/**
 * - `there`: `digest` is what to deploy, V2 the image at the tag, V1 the source itself
 * - `unchanged`: with V2 the tag points to the source as it is
 * - `not yet`: for a reason, which is a sentence without its end
 */
export type IndexState =
  | { readonly kind: 'there'; readonly digest: Digest }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'not yet'; readonly reason: string };

/**
 * Looks once whether the index is there.
 *
 * @param required The platforms that `readProspect` has found worth one.
 * @throws As `readSourceImage`; what the store throws.
 */
export async function readIndexState(
  store: ContentReader,
  source: StoredManifest,
  required: readonly PlatformImage[],
  { target, platforms }: Expectation,
  signal?: AbortSignal,
): Promise<IndexState> {
  return target.version === 'V1'
    ? readReferrerState(store, source, required, signal)
    : readTagState(store, source, target.tag, platforms === undefined ? [] : required, signal);
}

/** V1: a builder writes one index after the other, so that all must be there. */
async function readReferrerState(
  store: ContentReader,
  source: StoredManifest,
  required: readonly PlatformImage[],
  signal: AbortSignal | undefined,
): Promise<IndexState> {
  const waiting: PlatformImage[] = [];
  for (const platform of required) {
    const { indexes } = await findReferringIndexes(store, platform.entry.digest, signal);
    if (!indexes.some((index) => coversLayer(index, platform.manifest))) waiting.push(platform);
  }
  return waiting.length === 0
    ? { kind: 'there', digest: source.digest }
    : { kind: 'not yet', reason: `there is no SOCI index for ${listPlatforms(waiting)}` };
}

/**
 * V2: the tag is written last, when everything else is there. What stands at it counts if it is what this very source
 * becomes with the SOCI indexes that it holds: the index of an earlier push of the same tag does not.
 */
async function readTagState(
  store: ContentReader,
  source: StoredManifest,
  tag: string,
  required: readonly PlatformImage[],
  signal: AbortSignal | undefined,
): Promise<IndexState> {
  const notYet = (reason: string): IndexState => ({ kind: 'not yet', reason });
  const found = await fetchUnlessMissing(store, tag, signal);
  if (found === undefined) return notYet(`there is no tag ${tag}`);
  if (found.digest === source.digest) return { kind: 'unchanged' };
  const index = isIndexType(found.mediaType) ? parseIndex(found.bytes) : undefined;
  const indexedPlatforms = index === undefined ? [] : listIndexedPlatforms(index);
  if (index === undefined || indexedPlatforms.length === 0) {
    return notYet(
      `the tag ${tag} points to something without SOCI indexes, which most builders do not replace`,
    );
  }
  // As many platforms as the builder has indexed, whatever is asked for here: else the digests would differ.
  const image = await readSourceImage(store, source, indexedPlatforms, signal);
  if (image.kind === 'none') return notYet(`the source is no image (${image.reason})`);
  const { choices, manifests } = image;
  if (!isConversionOf({ digest: found.digest, index }, image.index, manifests, choices.chosen)) {
    return notYet(`the tag ${tag} points to the SOCI image of another source`);
  }
  const indexed = new Set(choices.chosen.map(({ entry }) => entry.digest));
  const missing = required.filter(({ entry }) => !indexed.has(entry.digest));
  if (missing.length > 0) return notYet(`the tag ${tag} has no SOCI index for ${listPlatforms(missing)}`);
  for (const { platform, manifest } of readPlatformImages(image)) {
    const sociIndex = await readSociIndex(store, findPlatformSociIndex(index, platform)!.digest, signal);
    if (sociIndex.kind !== 'present' || !coversLayer(sociIndex, manifest)) {
      const what = sociIndex.kind === 'present' ? 'it covers none of the layers' : flawOf(sociIndex);
      return notYet(`the tag ${tag} has no good SOCI index for ${formatPlatform(platform)}: ${what}`);
    }
  }
  // What is deployed is asked for by its digest.
  if ((await store.resolve(found.digest, signal)) === undefined) {
    return notYet(`the tag ${tag} points to ${found.digest}, which is not there yet`);
  }
  return { kind: 'there', digest: found.digest };
}

function listIndexedPlatforms({ manifests }: ImageIndex): readonly Platform[] {
  return manifests.flatMap(({ artifactType, platform }) =>
    sociIndexVersionOf(artifactType) === 'V2' && platform !== undefined ? [platform] : [],
  );
}

function coversLayer(sociIndex: SociIndex, { layers }: ImageManifest): boolean {
  return sociIndex.layers.some(({ layerDigest }) => layers.some(({ digest }) => digest === layerDigest));
}

function listPlatforms(platforms: readonly PlatformImage[]): string {
  return platforms.map(({ platform }) => formatPlatform(platform)).join(', ');
}
