// The story of an image: which of its platforms and layers are indexed, in which order things are written, and how it ends.
import {
  type ContentReader,
  type ContentStore,
  ImmutableTagError,
  NotFoundError,
} from '../content/content-store.ts';
import { ConfigError } from '../core/errors.ts';
import type { Descriptor, Digest, Platform } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { convertImage } from '../core/soci/conversion.ts';
import { explain, type Explained, type ImageSkipReason, type SupersededReason } from '../core/reasons.ts';
import { selectLayers } from '../core/soci/layer-selection.ts';
import { describeMissingPlatforms } from '../core/soci/platform-choice.ts';
import {
  encodeSociIndex,
  sociConfigBytes,
  sociConfigOf,
  type SociIndex,
  type SociIndexVersion,
} from '../core/soci/soci-index.ts';
import type { LayerCompression } from '../core/ztoc/ztoc.ts';
import {
  chooseReferrer,
  type IndexSettings,
  type PlatformLayers,
  readTargetState,
} from './existing-index.ts';
import { findReferringIndexes } from '../image/soci-indexes.ts';
import { indexLayers, type IndexProgress } from './index-layers.ts';
import type {
  ImageOutcome,
  KnownLayer,
  LayerOutcome,
  PlatformOutcome,
  TriedLayerOutcome,
} from './outcome.ts';
import { findReusableZtocs, type ZtocSources } from './reusable-ztocs.ts';
import {
  isAlreadyConverted,
  readPlatformImages,
  readSourceImage,
  type SourceImage,
} from '../image/source-image.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';

/** Which image. */
export interface ImageSource {
  /** What is read: a digest where one is known, so that it is this very image, else the tag. */
  readonly reference: string;
  /** The tag by which the image is known. Just before the target is written it is looked at again. */
  readonly tag?: string;
}

export interface IndexImageOptions extends IndexSettings {
  readonly version: SociIndexVersion;
  /** @default all of the image's */
  readonly platforms?: readonly Platform[];
  /** Platforms that the image does not have: an error, or passed over as long as there is another. */
  readonly missingPlatforms: 'refuse' | 'pass over';
  /** Bytes as stored. A smaller layer is sooner downloaded than indexed. */
  readonly minimumLayerSize: number;
  /** The tag of a V2 image. Without it the image is written by digest only. V1 has none. */
  readonly targetTag?: string;
  /** Where the target tag is, if the store writes to another place than it reads the image from. @default the store */
  readonly targetStore?: ContentReader;
  /**
   * Whether a target tag may be taken from an image without SOCI indexes. Elsewhere such an image is somebody else's.
   *
   * @default false
   */
  readonly replacesPlainImages?: boolean;
  /** Whether the target tag, which exists, may not be moved. Asked only if that matters. */
  readonly isTagImmutable?: (tag: string) => Promise<boolean>;
  /** Reads and builds everything, writes nothing. */
  readonly dryRun?: boolean;
  /**
   * Whether a zTOC that the repository already has for a layer, made with the same settings, is used again instead of
   * reading the layer. What that rests on is said in SECURITY.md.
   *
   * @default false
   */
  readonly reuseZtocs?: boolean;
  /** Tags of other images in the repository whose zTOCs may be used again, the most recent first. @default none */
  readonly listRecentTags?: () => Promise<readonly string[]>;
  /** What an earlier part of this work has finished. */
  readonly finished?: readonly KnownLayer[];
  /** Memory for the layers in flight, in bytes. @default no bound */
  readonly memoryBytes?: number;
  /** Aborted when there is just time left to come to an end: the outcome is then `unfinished`. */
  readonly outOfTime?: AbortSignal;
  readonly jobs: ZtocJobs;
  readonly progress?: IndexProgress;
  readonly signal?: AbortSignal;
}

/** A platform's SOCI index, ready to be written. */
interface PlatformResult {
  readonly platform: PlatformLayers;
  readonly layers: PlatformOutcome['layers'];
  readonly sociIndex: ReturnType<typeof encodeSociIndex> | undefined;
}

interface BuiltIndexes {
  readonly results: readonly PlatformResult[];
  readonly bytesRead: number;
}

type Unfinished = Omit<Extract<ImageOutcome, { readonly status: 'unfinished' }>, 'version' | 'warnings'>;

/**
 * Indexes one image and writes the result: zTOCs first, then SOCI indexes, then manifests, and last the tag, so that
 * whenever this ends, nothing points at something that is not there.
 *
 * @throws NotFoundError if the image does not exist; ConfigError for platforms that it does not have; FormatError or
 *   ContentMismatchError if it is damaged; what the store throws.
 */
export async function indexImage(
  store: ContentStore,
  source: ImageSource,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const { version, signal } = options;
  const common = { version, indexes: [], bytesRead: 0, warnings: [] };
  const skip = (reason: ImageSkipReason): ImageOutcome => ({
    ...common,
    status: 'skipped',
    ...explain(reason),
  });

  const stored = await store.fetchManifest(source.reference, signal);
  const image = await readSourceImage(store, stored, options.platforms, signal);
  if (image.kind === 'none') return skip(image.reason);
  const { choices } = image;
  if (choices.missing.length > 0 && options.missingPlatforms === 'refuse') {
    throw new ConfigError([describeMissingPlatforms(choices)]);
  }
  if (choices.chosen.length === 0) return skip('no-platform');

  const platforms = readPlatformImages(image).map((platform) => ({
    ...platform,
    layers: selectLayers(platform.manifest.layers, options.minimumLayerSize),
  }));
  const worthIndexing = platforms.filter(({ layers }) => layers.some(({ kind }) => kind === 'index'));
  if (worthIndexing.length === 0) {
    return {
      ...skip('no-layer-to-index'),
      indexes: platforms.map((platform) => describePlatform(platform, new Map())),
    };
  }

  return version === 'V1'
    ? indexAsReferrers(store, source, image, platforms, worthIndexing, options)
    : indexAsImage(store, source, image, platforms, worthIndexing, options);
}

/** V1: a SOCI index for each platform, which refers to the platform's manifest. */
async function indexAsReferrers(
  store: ContentStore,
  source: ImageSource,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  worthIndexing: readonly PlatformLayers[],
  options: IndexImageOptions,
): Promise<ImageOutcome> {
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
  const sources = ztocSourcesOf(source, image, worthIndexing, sociIndexes, options);
  const built = await buildSociIndexes(store, platforms, toIndex, sources, options);
  if ('layersLeft' in built) return { version: options.version, warnings, ...built };
  const { results, bytesRead } = built;
  const made = results.filter(({ sociIndex }) => sociIndex !== undefined);
  const indexes = results.map(({ platform, layers, sociIndex }) => {
    const digest = sociIndex?.digest ?? existing.get(platform);
    return { platform: formatPlatform(platform.platform), ...(digest !== undefined && { digest }), layers };
  });
  const common = { version: options.version, indexes, bytesRead, warnings };

  const first = indexes.find(({ digest }) => digest !== undefined);
  if (first?.digest === undefined) return { ...common, status: 'skipped', ...explain('no-layer-to-index') };
  if (made.length === 0) return { ...common, status: 'already-indexed', digest: first.digest };
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest: first.digest };
  for (const { platform } of made) await requireManifest(store, platform.entry.digest, options.signal);
  await writeSociIndexes(store, made, options);
  return { ...common, status: 'indexed', digest: first.digest };
}

/** V2: an image index that holds the image's manifests and their SOCI indexes. */
async function indexAsImage(
  store: ContentStore,
  source: ImageSource,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  worthIndexing: readonly PlatformLayers[],
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const { targetTag, signal } = options;
  const tag = targetTag === undefined ? {} : { tag: targetTag };
  const nothingRead = { version: options.version, indexes: [], bytesRead: 0, warnings: [] };
  const skip = (reason: ImageSkipReason): ImageOutcome => ({
    ...nothingRead,
    status: 'skipped',
    ...explain(reason, targetTag),
  });
  const alreadyAt = (digest: Digest, where: { tag?: string } = tag): ImageOutcome => ({
    ...nothingRead,
    status: 'already-indexed',
    digest,
    ...where,
  });

  if (isAlreadyConverted(image, worthIndexing)) {
    return alreadyAt(image.digest, source.tag === undefined ? {} : { tag: source.tag });
  }
  const sociIndexes: SociIndex[] = [];
  if (targetTag !== undefined) {
    const targetStore = options.targetStore ?? store;
    const target = await readTargetState(targetStore, targetTag, image, worthIndexing, options, signal);
    if (target.kind === 'same') return alreadyAt(target.digest);
    const isSourceTag = targetTag === source.tag && options.targetStore === undefined;
    const isOurs = isSourceTag || options.replacesPlainImages === true;
    if (target.kind === 'taken' && !isOurs) return skip('target-tag-taken');
    if (target.kind !== 'nothing' && (await options.isTagImmutable?.(targetTag)) === true) {
      return target.kind === 'other settings' ? alreadyAt(target.digest) : skip('tag-immutable');
    }
    if ('sociIndexes' in target) sociIndexes.push(...target.sociIndexes);
  }

  const sources = ztocSourcesOf(source, image, worthIndexing, sociIndexes, options);
  const built = await buildSociIndexes(store, platforms, worthIndexing, sources, options);
  if ('layersLeft' in built) return { version: options.version, warnings: [], ...built };
  const { results, bytesRead } = built;
  const indexes = results.map(describeResult);
  const common = { version: options.version, indexes, bytesRead, warnings: [] };
  const made = results.flatMap(({ platform, sociIndex }) =>
    sociIndex === undefined
      ? []
      : [{ ...platform, sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length } }],
  );
  if (made.length === 0) return { ...common, status: 'skipped', ...explain('no-layer-to-index') };
  const converted = convertImage(image.index, image.manifests, made);
  const { digest } = converted.index;
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest, ...tag };

  await writeSociIndexes(store, results, options);
  for (const manifest of converted.manifests) await store.pushManifest(manifest, undefined, signal);
  const move = await findMove(store, source, image.digest, signal);
  if (move !== undefined) return { ...common, status: 'superseded', ...move };
  try {
    await store.pushManifest(converted.index, targetTag, signal);
  } catch (error) {
    if (!(error instanceof ImmutableTagError)) throw error;
    return { ...common, status: 'skipped', ...explain('tag-immutable', targetTag) };
  }
  return { ...common, status: 'indexed', digest, ...tag };
}

/** Reads the layers of `toIndex`, each once however often it occurs, and makes the SOCI indexes of their platforms. */
async function buildSociIndexes(
  store: ContentStore,
  platforms: readonly PlatformLayers[],
  toIndex: readonly PlatformLayers[],
  sources: ZtocSources,
  options: IndexImageOptions,
): Promise<BuiltIndexes | Unfinished> {
  const { version, spanSizeBytes, buildToolIdentifier } = options;
  const layers = new Map<Digest, { readonly layer: Descriptor; readonly compression: LayerCompression }>();
  for (const choice of toIndex.flatMap((platform) => platform.layers)) {
    if (choice.kind === 'index') layers.set(choice.layer.digest, choice);
  }
  const known = new Map(options.finished?.map((layer) => [layer.digest, layer]));
  const unknown = new Set([...layers.keys()].filter((digest) => !known.has(digest)));
  if (options.reuseZtocs === true) {
    const found = await findReusableZtocs(store, unknown, sources, options, options.signal);
    for (const layer of found.values()) known.set(layer.digest, layer);
  }
  const { outcomes, bytesRead, layersLeft } = await indexLayers(store, [...layers.values()], {
    ...options,
    known,
  });
  if (layersLeft > 0) {
    const indexes = platforms.map((platform) => describePlatform(platform, outcomes));
    const finished = new Map(options.finished?.map((layer) => [layer.digest, layer]));
    for (const outcome of outcomes.values()) finished.set(outcome.digest, toKnownLayer(outcome));
    return { status: 'unfinished', finished: [...finished.values()], layersLeft, indexes, bytesRead };
  }

  const results = platforms.map((platform): PlatformResult => {
    const platformOutcomes = toIndex.includes(platform) ? outcomes : new Map<Digest, TriedLayerOutcome>();
    const indexedLayers = platform.layers.flatMap(({ kind, layer }) => {
      const outcome = platformOutcomes.get(layer.digest);
      if (kind === 'skip' || outcome === undefined || outcome.status === 'skipped') return [];
      const { digest, size } = outcome.ztoc;
      return [
        {
          layerDigest: layer.digest,
          layerMediaType: layer.mediaType,
          ztoc: { digest, size },
          spanSize: spanSizeBytes,
        },
      ];
    });
    const sociIndex = {
      version,
      layers: indexedLayers,
      buildToolIdentifier,
      ...(version === 'V1' && { subject: platform.entry }),
    };
    return {
      platform,
      layers: describePlatform(platform, platformOutcomes).layers,
      sociIndex: indexedLayers.length === 0 ? undefined : encodeSociIndex(sociIndex),
    };
  });
  return { results, bytesRead };
}

function ztocSourcesOf(
  source: ImageSource,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  sociIndexes: readonly SociIndex[],
  { version, targetTag, listRecentTags }: IndexImageOptions,
): ZtocSources {
  // What these two have has been looked at by then.
  const isOther = (tag: string) => tag !== source.tag && tag !== targetTag;
  return {
    version,
    image: image.index,
    platforms,
    sociIndexes,
    ...(listRecentTags && { listRecentTags: async () => (await listRecentTags()).filter(isOther) }),
  };
}

function toKnownLayer(outcome: TriedLayerOutcome): KnownLayer {
  const { digest } = outcome;
  if (outcome.status !== 'skipped')
    return { digest, ztoc: { digest: outcome.ztoc.digest, size: outcome.ztoc.size } };
  const { reason, message } = outcome;
  return { digest, reason, message };
}

async function writeSociIndexes(
  store: ContentStore,
  results: readonly PlatformResult[],
  { version, signal }: IndexImageOptions,
): Promise<void> {
  await store.pushBlob(sociConfigOf(version), sociConfigBytes, signal);
  for (const { sociIndex } of results) {
    if (sociIndex !== undefined) await store.pushManifest(sociIndex, undefined, signal);
  }
}

/**
 * What the source tag points to now, if that is another image than the one that was indexed. Reading and writing are not
 * one step in a registry: what is pushed between this and the next request is not seen.
 *
 * @throws NotFoundError if the image itself is gone.
 */
async function findMove(
  store: ContentStore,
  { tag }: ImageSource,
  indexed: Digest,
  signal: AbortSignal | undefined,
): Promise<Explained<SupersededReason> | undefined> {
  if (tag === undefined) return undefined;
  const now = await store.resolve(tag, signal);
  if (now?.digest === indexed) return undefined;
  if (now !== undefined) return explain('tag-moved', `${tag} is ${now.digest}`);
  await requireManifest(store, indexed, signal);
  return explain('tag-deleted', tag);
}

/** Registries take a referrer also where its subject is gone. @throws NotFoundError where the image was deleted meanwhile. */
async function requireManifest(
  store: ContentStore,
  digest: Digest,
  signal: AbortSignal | undefined,
): Promise<void> {
  if ((await store.resolve(digest, signal)) !== undefined) return;
  throw new NotFoundError(`the manifest ${digest} was deleted while its layers were read`);
}

function describeResult({ platform, layers, sociIndex }: PlatformResult): PlatformOutcome {
  return {
    platform: formatPlatform(platform.platform),
    ...(sociIndex && { digest: sociIndex.digest }),
    layers,
  };
}

/** What became of each layer; of those that were not read because it was not worth it, only the reasons. */
function describePlatform(
  platform: PlatformLayers,
  outcomes: ReadonlyMap<Digest, TriedLayerOutcome>,
): PlatformOutcome {
  return {
    platform: formatPlatform(platform.platform),
    layers: platform.layers.flatMap((choice): LayerOutcome[] => {
      const { digest } = choice.layer;
      if (choice.kind === 'skip') return [{ digest, status: 'skipped', ...explain(choice.reason) }];
      const outcome = outcomes.get(digest);
      return outcome === undefined ? [] : [outcome];
    }),
  };
}
