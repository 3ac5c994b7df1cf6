// Checks for an index that a builder elsewhere is expected to make: whether there will be one, and whether it exists yet.
// Reads JSON only. Any build tool and span size is accepted.
import type { ContentReader, StoredManifest } from '../content/content-store.ts';
import { fetchUnlessMissing } from '../content/fetch-unless-missing.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import type { ImageManifest } from '../core/oci/manifest.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { findPlatformSociIndex, isConversionOf, restoredDigest } from '../core/soci/conversion.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import type { SociIndex } from '../core/soci/soci-index.ts';
import { explain, type Explained, type ImageSkipReason } from '../core/reasons.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import { describeGap, findImageGaps, findIndexGaps, type Gap } from './gaps.ts';
import { findReferringIndexes, flawOf, type ReadIndex, readV2Image } from './soci-indexes.ts';
import { isAlreadyConverted, readPlatformImages, readSourceImage } from './source-image.ts';

export interface Expectation {
  /** The expected index: a V2 image at a tag, or V1 referrers. */
  readonly target: { readonly version: 'V1' } | { readonly version: 'V2'; readonly tag: string };
  /**
   * Platforms that must have an index if they are worth one. Undefined: with V1, all platforms; with V2, those that the
   * index contains.
   */
  readonly platforms: readonly Platform[] | undefined;
  /** Whether the builder replaces an image without SOCI indexes at the target tag. @default false */
  readonly replacesPlainImages?: boolean;
  /** Stored bytes. A smaller layer is not indexed. */
  readonly minimumLayerSizeBytes: number;
}

/** What the image's manifests show in advance. */
export type Prospect =
  /** Nothing will be indexed. */
  | { readonly kind: 'none'; readonly reason: ImageSkipReason }
  /** With V2: the image already contains its indexes. */
  | { readonly kind: 'converted'; readonly gaps: readonly Gap[] }
  /** These platforms are worth an index. */
  | { readonly kind: 'index'; readonly platforms: readonly PlatformImage[] };

/** @throws Same as `readSourceImage`. */
export async function readProspect(
  store: ContentReader,
  source: StoredManifest,
  { target, platforms, minimumLayerSizeBytes }: Expectation,
  signal?: AbortSignal,
): Promise<Prospect> {
  const image = await readSourceImage(store, source, platforms, signal);
  if (image.kind === 'none') return image;
  if (image.choices.chosen.length === 0) return { kind: 'none', reason: 'no-platform' };
  const worthIndexing = readPlatformImages(image).filter(({ manifest }) =>
    selectLayers(manifest.layers, minimumLayerSizeBytes).some(({ kind }) => kind === 'index'),
  );
  if (worthIndexing.length === 0) return { kind: 'none', reason: 'no-layer-to-index' };
  if (target.version === 'V2' && isAlreadyConverted(image, worthIndexing)) {
    return { kind: 'converted', gaps: await findImageGaps(store, image.index, image.sociEntries, signal) };
  }
  return { kind: 'index', platforms: worthIndexing };
}

/**
 * - `there`: `digest` is what to deploy: with V2 the image at the tag, with V1 the source itself
 * - `unchanged`: with V2, the tag points to the unchanged source
 * - `not yet`: `reason` is a sentence without a full stop. `isKnown`: the reason is the cause, not only a symptom
 * - `never`: waiting does not help
 */
export type IndexState =
  | { readonly kind: 'there'; readonly digest: Digest }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'not yet'; readonly reason: string; readonly isKnown?: boolean }
  | ({ readonly kind: 'never' } & Explained<'target-tag-taken' | 'platform-not-indexed'>);

/**
 * Checks once whether the index exists.
 *
 * @param required The platforms that `readProspect` considers worth an index.
 * @throws Same as `readSourceImage`; any error from the store.
 */
export async function readIndexState(
  store: ContentReader,
  source: StoredManifest,
  required: readonly PlatformImage[],
  expectation: Expectation,
  signal?: AbortSignal,
): Promise<IndexState> {
  const { target, platforms } = expectation;
  return target.version === 'V1'
    ? readReferrerState(store, source, required, signal)
    : readTagState(store, source, target.tag, platforms === undefined ? [] : required, expectation, signal);
}

/** V1: a builder writes one index after the other, so all of them must exist. */
async function readReferrerState(
  store: ContentReader,
  source: StoredManifest,
  required: readonly PlatformImage[],
  signal: AbortSignal | undefined,
): Promise<IndexState> {
  const waiting: PlatformImage[] = [];
  for (const platform of required) {
    const { indexes } = await findReferringIndexes(store, platform.entry.digest, signal);
    let isThere = false;
    for (const index of indexes.filter((one) => coversLayer(one, platform.manifest))) {
      isThere ||= (await findIndexGaps(store, [index], signal)).length === 0;
    }
    if (!isThere) waiting.push(platform);
  }
  return waiting.length === 0
    ? { kind: 'there', digest: source.digest }
    : { kind: 'not yet', reason: `there is no SOCI index for ${listPlatforms(waiting)}` };
}

/**
 * V2: the tag is written last, when everything else exists. The image at the tag counts only if it is the conversion of
 * exactly this source with the SOCI indexes that it contains; the image of an earlier push of the same tag does not.
 */
async function readTagState(
  store: ContentReader,
  source: StoredManifest,
  tag: string,
  required: readonly PlatformImage[],
  { replacesPlainImages }: Expectation,
  signal: AbortSignal | undefined,
): Promise<IndexState> {
  const notYet = (reason: string, isKnown = false): IndexState => ({
    kind: 'not yet',
    reason,
    ...(isKnown && { isKnown }),
  });
  const found = await fetchUnlessMissing(store, tag, signal);
  if (found === undefined) return notYet(`there is no tag ${tag}`);
  if (found.digest === source.digest) return { kind: 'unchanged' };
  const converted = await readV2Image(store, found, signal);
  if (converted === undefined) {
    return replacesPlainImages === true
      ? notYet(`the tag ${tag} points to an image without SOCI indexes`)
      : { kind: 'never', ...explain('target-tag-taken', tag) };
  }
  // The platforms that the builder has indexed, not those that were requested: otherwise the digests would differ.
  const image = await readSourceImage(store, source, listIndexedPlatforms(converted), signal);
  if (image.kind === 'none') return notYet(`the source is not an image (${image.reason})`);
  const { choices } = image;
  // A tool that copied the image may have dropped artifact types, which runtimes do not need.
  if (!isConversionOf({ ...converted, digest: restoredDigest(converted) }, image, choices.chosen)) {
    return notYet(`the tag ${tag} points to the SOCI image of another source`);
  }
  const indexed = new Set(choices.chosen.map(({ entry }) => entry.digest));
  const missing = required.filter(({ entry }) => !indexed.has(entry.digest));
  if (missing.length > 0)
    return { kind: 'never', ...explain('platform-not-indexed', listPlatforms(missing)) };
  for (const { platform, manifest } of readPlatformImages(image)) {
    const { digest } = findPlatformSociIndex(converted, platform)!;
    const { found: sociIndex } = converted.sociEntries.find(({ entry }) => entry.digest === digest)!;
    if (sociIndex.kind !== 'present' || !coversLayer(sociIndex, manifest)) {
      const what = sociIndex.kind === 'present' ? 'it covers none of the layers' : flawOf(sociIndex);
      return notYet(`the tag ${tag} has no usable SOCI index for ${formatPlatform(platform)}: ${what}`, true);
    }
  }
  const gaps = await findImageGaps(store, converted.index, converted.sociEntries, signal);
  // If the source is a partial copy, its missing parts are not expected.
  const gap = gaps.find(({ digest }) => !image.missing.some((entry) => entry.digest === digest));
  if (gap !== undefined) return notYet(describeGap(gap), true);
  // The image will be deployed by its digest.
  if ((await store.resolve(found.digest, signal)) === undefined) {
    return notYet(`the tag ${tag} points to ${found.digest}, which does not exist yet`);
  }
  return { kind: 'there', digest: found.digest };
}

function listIndexedPlatforms({ sociEntries, sociDigests }: ReadIndex): readonly Platform[] {
  return sociEntries.flatMap(({ entry: { digest, platform } }) =>
    sociDigests.has(digest) && platform !== undefined ? [platform] : [],
  );
}

function coversLayer(sociIndex: SociIndex, { layers }: ImageManifest): boolean {
  return sociIndex.layers.some(({ layerDigest }) => layers.some(({ digest }) => digest === layerDigest));
}

function listPlatforms(platforms: readonly PlatformImage[]): string {
  return platforms.map(({ platform }) => formatPlatform(platform)).join(', ');
}
