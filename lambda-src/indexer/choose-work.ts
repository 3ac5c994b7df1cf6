// Chooses which parts of an image to index, based on its manifests and on what the repository already has. Reads only JSON:
// no layer is read, and nothing is written.
import type { ContentReader } from '../content/content-store.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain, type ImageSkipReason } from '../core/reasons.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import { describeMissingPlatforms } from '../core/soci/platform-choice.ts';
import type { SociIndex } from '../core/soci/soci-index.ts';
import { findIndexGaps } from '../image/gaps.ts';
import { findReferringIndexes, type PresentIndex } from '../image/soci-indexes.ts';
import {
  describeEntry,
  MissingManifestError,
  missingFromPart,
  readPlatformImages,
  readSourceImage,
  type SourceImage,
} from '../image/source-image.ts';
import { chooseReferrer, type PlatformLayers } from './existing-index.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import { platformOutcomeOf, type ImageOutcome } from './outcome.ts';
import { readPrefetchFiles } from './prefetch-files.ts';
import type { ZtocSources } from './reusable-ztocs.ts';
import { type BuildPlan, planV2, type TagPlan } from './v2-plan.ts';

/** The work to be done. */
export interface Work {
  readonly image: SourceImage;
  /** All requested platforms, in the image's order. */
  readonly platforms: readonly PlatformLayers[];
  /** Those that get a SOCI index. */
  readonly toIndex: readonly PlatformLayers[];
  /** V1: platforms whose existing SOCI index is kept. */
  readonly existing: ReadonlyMap<PlatformLayers, Digest>;
  /** Where to look for zTOCs to reuse. */
  readonly ztocSources: ZtocSources;
  readonly warnings: readonly string[];
  /** V1, with `force`: SOCI indexes that already refer to the image. */
  readonly referrers: readonly PresentIndex[];
  /**
   * Existing indexes without missing parts, even if they lack layers that could be in them: V1 SOCI indexes, or the V2
   * image at the target tag. If building results in the same digest, those layers cannot be indexed.
   */
  readonly wholeIndexes: ReadonlySet<Digest>;
  /** V2: what to write, and where. */
  readonly v2?: BuildPlan | TagPlan;
}

/** An image with at least one platform that is worth indexing. */
interface Candidate {
  readonly source: ImageSource;
  readonly image: SourceImage;
  readonly platforms: readonly PlatformLayers[];
  readonly worthIndexing: readonly PlatformLayers[];
  readonly warnings: readonly string[];
}

/**
 * @returns The work; or the outcome if there is nothing to do.
 * @throws Same as `indexImage`.
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
  const warnings = image.withoutPlatform.map(
    ({ digest }) => `the manifest ${digest} has no platform in the image index, so it is not indexed`,
  );
  if (choices.chosen.length === 0) return skip('no-platform', options);
  if (options.version === 'V2') warnings.push(...checkMissing(image, options));

  const platforms: PlatformLayers[] = [];
  for (const platform of readPlatformImages(image)) {
    const layers = selectLayers(platform.manifest.layers, options.minimumLayerSizeBytes);
    const isWorthIndexing = layers.some(({ kind }) => kind === 'index');
    const prefetch = await readPrefetchFiles(
      store,
      { ...platform, config: image.config },
      isWorthIndexing ? options.prefetch : undefined,
      options.signal,
    );
    warnings.push(...prefetch.warnings);
    platforms.push({ ...platform, layers, prefetchFiles: prefetch.files });
  }
  const worthIndexing = platforms.filter(({ layers }) => layers.some(({ kind }) => kind === 'index'));
  if (worthIndexing.length === 0) {
    const indexes = platforms.map((platform) => platformOutcomeOf(platform, new Map()));
    return { ...skip('no-layer-to-index', options), indexes, warnings };
  }
  const candidate = { source, image, platforms, worthIndexing, warnings };
  return options.version === 'V1'
    ? chooseReferrers(store, candidate, options)
    : chooseImage(store, candidate, options);
}

/**
 * @returns A warning for each entry that may be missing.
 * @throws MissingManifestError if a manifest is missing and the V2 image would be incomplete without it.
 */
function checkMissing(image: SourceImage, { platforms, mayBePartial }: IndexImageOptions): readonly string[] {
  const [first] = mayBePartial === true ? missingFromPart(image, platforms) : image.missing;
  if (first !== undefined) throw new MissingManifestError(first);
  return image.missing.map((entry) => `${describeEntry(entry)} is missing; its entry is kept unchanged`);
}

/** V1: chooses the platforms that have no SOCI index, neither ours nor another builder's. */
async function chooseReferrers(
  store: ContentReader,
  candidate: Candidate,
  options: IndexImageOptions,
): Promise<Work> {
  const { image, platforms, worthIndexing } = candidate;
  const warnings = [...candidate.warnings];
  const existing = new Map<PlatformLayers, Digest>();
  const sociIndexes: PresentIndex[] = [];
  const wholeIndexes = new Set<Digest>();
  for (const platform of worthIndexing) {
    const { indexes } = await findReferringIndexes(store, platform.entry.digest, options.signal);
    sociIndexes.push(...indexes);
    const whole: PresentIndex[] = [];
    for (const one of indexes) {
      if ((await findIndexGaps(store, [one], options.signal)).length === 0) whole.push(one);
    }
    for (const { digest } of whole) wholeIndexes.add(digest);
    const referrer = chooseReferrer(whole, platform, options);
    if (options.force === true || referrer === undefined || referrer.difference === 'other settings')
      continue;
    existing.set(platform, referrer.digest);
    if (referrer.difference === 'other builder') {
      warnings.push(
        `${formatPlatform(platform.platform)}: the SOCI index ${referrer.digest} of another builder is kept`,
      );
    }
  }
  const toIndex = worthIndexing.filter((platform) => !existing.has(platform));
  const ztocSources = ztocSourcesOf(candidate, sociIndexes, options);
  const referrers = sociIndexes;
  return { image, platforms, toIndex, existing, ztocSources, warnings, referrers, wholeIndexes };
}

/** V2: the remaining work, or the outcome if nothing remains to be done or the target tag is not available. */
async function chooseImage(
  store: ContentReader,
  candidate: Candidate,
  options: IndexImageOptions,
): Promise<Work | ImageOutcome> {
  const { source, image, platforms, worthIndexing, warnings } = candidate;
  const request = { ...options, ...(source.tag !== undefined && { sourceTag: source.tag }) };
  const plan = await planV2(store, image, worthIndexing, request, options.signal);
  if (plan.kind === 'already-indexed') return { ...alreadyIndexed(plan.digest, plan.tag, options), warnings };
  if (plan.kind === 'skip') return { ...skip(plan.reason, options, plan.tag), warnings };
  const { toIndex, sociIndexes } = plan.kind === 'build' ? plan : { toIndex: [], sociIndexes: [] };
  const ztocSources = ztocSourcesOf(candidate, sociIndexes, options);
  const wholeIndexes = new Set(plan.kind === 'build' && plan.whole !== undefined ? [plan.whole] : []);
  const existing = new Map<PlatformLayers, Digest>();
  const common = { image, existing, ztocSources, warnings, referrers: [], wholeIndexes };
  return { ...common, platforms: plan.kind === 'tag' ? [] : platforms, toIndex, v2: plan };
}

function ztocSourcesOf(
  { source, image, worthIndexing }: Candidate,
  sociIndexes: readonly SociIndex[],
  { version, targetTag, listRecentTags }: IndexImageOptions,
): ZtocSources {
  // The images at these two tags have already been read.
  const isOther = (tag: string) => tag !== source.tag && tag !== targetTag;
  return {
    version,
    image,
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
