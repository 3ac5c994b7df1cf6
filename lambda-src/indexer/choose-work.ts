// What of an image is to be indexed, told by its manifests and by what the repository has already. JSON only: no layer is
// read, nothing is written.
import type { ContentReader } from '../content/content-store.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain, type ImageSkipReason } from '../core/reasons.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import { describeMissingPlatforms } from '../core/soci/platform-choice.ts';
import type { SociIndex } from '../core/soci/soci-index.ts';
import { findReferringIndexes } from '../image/soci-indexes.ts';
import {
  isAlreadyConverted,
  readPlatformImages,
  readSourceImage,
  type SourceImage,
} from '../image/source-image.ts';
import { chooseReferrer, type PlatformLayers, readTargetState } from './existing-index.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import { describePlatform, type ImageOutcome } from './outcome.ts';
import type { ZtocSources } from './reusable-ztocs.ts';

/** What there is to do. */
export interface Work {
  readonly image: SourceImage;
  /** All platforms that are asked for, in the image's order. */
  readonly platforms: readonly PlatformLayers[];
  /** Those that get a SOCI index. */
  readonly toIndex: readonly PlatformLayers[];
  /** V1: those whose SOCI index stays. */
  readonly existing: ReadonlyMap<PlatformLayers, Digest>;
  /** Where zTOCs may be found that need not be built again. */
  readonly ztocSources: ZtocSources;
  readonly warnings: readonly string[];
}

/** An image with at least one platform that is worth indexing. */
interface Candidate {
  readonly source: ImageSource;
  readonly image: SourceImage;
  readonly platforms: readonly PlatformLayers[];
  readonly worthIndexing: readonly PlatformLayers[];
}

/**
 * @returns The work; or the outcome, where there is nothing to do.
 * @throws As `indexImage`.
 */
export async function chooseWork(
  store: ContentReader,
  source: ImageSource,
  options: IndexImageOptions,
): Promise<Work | ImageOutcome> {
  const stored = await store.fetchManifest(source.reference, options.signal);
  const image = await readSourceImage(store, stored, options.platforms, options.signal);
  if (image.kind === 'none') return skip(image.reason, options);
  const { choices } = image;
  if (choices.missing.length > 0 && options.missingPlatforms === 'refuse') {
    throw new ConfigError([describeMissingPlatforms(choices)]);
  }
  if (choices.chosen.length === 0) return skip('no-platform', options);

  const platforms = readPlatformImages(image).map((platform) => ({
    ...platform,
    layers: selectLayers(platform.manifest.layers, options.minimumLayerSize),
  }));
  const worthIndexing = platforms.filter(({ layers }) => layers.some(({ kind }) => kind === 'index'));
  if (worthIndexing.length === 0) {
    const indexes = platforms.map((platform) => describePlatform(platform, new Map()));
    return { ...skip('no-layer-to-index', options), indexes };
  }
  const candidate = { source, image, platforms, worthIndexing };
  return options.version === 'V1'
    ? chooseReferrers(store, candidate, options)
    : chooseImage(store, candidate, options);
}

/** V1: the platforms that no SOCI index of this or of another builder refers to. */
async function chooseReferrers(
  store: ContentReader,
  candidate: Candidate,
  options: IndexImageOptions,
): Promise<Work> {
  const { image, platforms, worthIndexing } = candidate;
  const warnings: string[] = [];
  const existing = new Map<PlatformLayers, Digest>();
  const sociIndexes: SociIndex[] = [];
  for (const platform of worthIndexing) {
    const { indexes } = await findReferringIndexes(store, platform.entry.digest, options.signal);
    sociIndexes.push(...indexes);
    const referrer = chooseReferrer(indexes, platform, options);
    if (referrer === undefined || referrer.difference === 'other settings') continue;
    existing.set(platform, referrer.digest);
    if (referrer.difference === 'other builder') {
      warnings.push(
        `${formatPlatform(platform.platform)}: the SOCI index ${referrer.digest} of another builder stays`,
      );
    }
  }
  const toIndex = worthIndexing.filter((platform) => !existing.has(platform));
  const ztocSources = ztocSourcesOf(candidate, sociIndexes, options);
  return { image, platforms, toIndex, existing, ztocSources, warnings };
}

/** V2: all platforms, unless the image, or the one at the target tag, has its indexes; or the target tag cannot be had. */
async function chooseImage(
  store: ContentReader,
  candidate: Candidate,
  options: IndexImageOptions,
): Promise<Work | ImageOutcome> {
  const { source, image, platforms, worthIndexing } = candidate;
  const { targetTag } = options;
  if (isAlreadyConverted(image, worthIndexing)) return alreadyIndexed(image.digest, source.tag, options);

  const sociIndexes: SociIndex[] = [];
  if (targetTag !== undefined) {
    const { targetStore = store, signal } = options;
    const target = await readTargetState(targetStore, targetTag, image, worthIndexing, options, signal);
    if (target.kind === 'same') return alreadyIndexed(target.digest, targetTag, options);
    const isSourceTag = targetTag === source.tag && options.targetStore === undefined;
    const isOurs = isSourceTag || options.replacesPlainImages === true;
    if (target.kind === 'taken' && !isOurs) return skip('target-tag-taken', options, targetTag);
    if (target.kind !== 'nothing' && (await options.isTagImmutable?.(targetTag)) === true) {
      return target.kind === 'other settings'
        ? alreadyIndexed(target.digest, targetTag, options)
        : skip('tag-immutable', options, targetTag);
    }
    if ('sociIndexes' in target) sociIndexes.push(...target.sociIndexes);
  }
  const ztocSources = ztocSourcesOf(candidate, sociIndexes, options);
  return { image, platforms, toIndex: worthIndexing, existing: new Map(), ztocSources, warnings: [] };
}

function ztocSourcesOf(
  { source, image, worthIndexing }: Candidate,
  sociIndexes: readonly SociIndex[],
  { version, targetTag, listRecentTags }: IndexImageOptions,
): ZtocSources {
  // What these two have has been looked at by then.
  const isOther = (tag: string) => tag !== source.tag && tag !== targetTag;
  return {
    version,
    image: image.index,
    platforms: worthIndexing,
    sociIndexes,
    ...(listRecentTags && { listRecentTags: async () => (await listRecentTags()).filter(isOther) }),
  };
}

function skip(reason: ImageSkipReason, { version }: IndexImageOptions, details?: string): ImageOutcome {
  return { version, status: 'skipped', ...explain(reason, details), indexes: [], bytesRead: 0, warnings: [] };
}

function alreadyIndexed(
  digest: Digest,
  tag: string | undefined,
  { version }: IndexImageOptions,
): ImageOutcome {
  const where = tag === undefined ? {} : { tag };
  return { version, status: 'already-indexed', digest, ...where, indexes: [], bytesRead: 0, warnings: [] };
}
