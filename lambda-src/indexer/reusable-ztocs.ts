// Looks for zTOCs that were made before, so that their layers need not be read: in the SOCI indexes of the image itself,
// then in those of recent images of its repository. Only JSON is read here. What an index says of a layer is believed by
// nobody: known-layer.ts checks each zTOC before it is used.
import { isContentError } from '../content/content-error.ts';
import type { ContentReader } from '../content/content-store.ts';
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import { parseIndex } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { platformKey } from '../core/oci/platform.ts';
import { choosePlatforms, type PlatformChoice } from '../core/soci/platform-choice.ts';
import type { SociIndex } from '../core/soci/soci-index.ts';
import type { IndexSettings } from './existing-index.ts';
import { findReferringIndexes, type IndexEntries, readSociEntries } from '../image/soci-indexes.ts';
import type { KnownLayer } from './outcome.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

/** Images of the repository that are looked at. A release shares its lower layers with the one before it, or never will. */
const maximumRecentImages = 10;

/** Of these at a time: what the most recent ones have need not be looked for in older ones. */
const imagesAtOnce = 5;

/** Platforms of one image that are looked at. There are a few. */
const maximumPlatforms = 20;

export interface ZtocSources {
  readonly version: SociIndexVersion;
  /** The image that is to be indexed. */
  readonly image: IndexEntries;
  /** SOCI indexes that have been read already; they come first. */
  readonly sociIndexes: readonly SociIndex[];
  /** Whose layers are wanted. With V1 the SOCI indexes that refer to their manifests are among `sociIndexes`. */
  readonly platforms: readonly PlatformChoice[];
  /** Tags of the repository's other images, the most recent first. Asked only where something is still wanted. */
  readonly listRecentTags?: () => Promise<readonly string[]>;
}

/**
 * What SOCI indexes made with these settings say of the wanted layers. Nothing is said of a layer that none of them has.
 * What is damaged or gone among them is passed over.
 *
 * @throws What the store throws, but for what a damaged or missing manifest makes it throw; what `listRecentTags` throws.
 */
export async function findReusableZtocs(
  store: ContentReader,
  wanted: ReadonlySet<Digest>,
  sources: ZtocSources,
  settings: IndexSettings,
  signal?: AbortSignal,
): Promise<Map<Digest, KnownLayer>> {
  const { version, image } = sources;
  const platforms = sources.platforms.map(({ platform }) => platform);
  const readAlready = new Set(sources.platforms.map(({ entry }) => entry.digest));
  const known = new Map<Digest, KnownLayer>();
  /** @returns Whether nothing is wanted any more. */
  const take = (sociIndexes: readonly SociIndex[]): boolean => {
    for (const sociIndex of sociIndexes) takeZtocs(known, wanted, sociIndex, settings);
    return known.size === wanted.size;
  };

  if (take(sources.sociIndexes)) return known;
  // A layer may be that of another platform as well.
  const { chosen } = choosePlatforms(image.index);
  if (take(await readIndexesOf(store, version, image, chosen, signal, readAlready))) return known;
  const tags = (await sources.listRecentTags?.()) ?? [];
  for (let start = 0; start < Math.min(tags.length, maximumRecentImages); start += imagesAtOnce) {
    const some = tags.slice(start, Math.min(start + imagesAtOnce, maximumRecentImages));
    const found = await Promise.all(some.map((tag) => readIndexesAt(store, version, tag, platforms, signal)));
    if (take(found.flat())) break;
  }
  return known;
}

/** Of two zTOCs for one layer the first that was found stays. */
function takeZtocs(
  known: Map<Digest, KnownLayer>,
  wanted: ReadonlySet<Digest>,
  { layers, buildToolIdentifier }: SociIndex,
  settings: IndexSettings,
): void {
  if (buildToolIdentifier !== settings.buildToolIdentifier) return;
  for (const { layerDigest, ztoc, spanSizeBytes } of layers) {
    if (spanSizeBytes !== settings.spanSizeBytes || !wanted.has(layerDigest) || known.has(layerDigest))
      continue;
    known.set(layerDigest, { digest: layerDigest, ztoc });
  }
}

/** The SOCI indexes of the image at a tag, whatever is there. */
async function readIndexesAt(
  store: ContentReader,
  version: SociIndexVersion,
  tag: string,
  platforms: readonly Platform[],
  signal: AbortSignal | undefined,
): Promise<readonly SociIndex[]> {
  try {
    const { mediaType, digest, bytes } = await store.fetchManifest(tag, signal);
    if (isIndexType(mediaType)) {
      const index = parseIndex(bytes);
      const wanted = new Set(platforms.map(platformKey));
      const sociEntries = await readSociEntries(
        store,
        index,
        signal,
        ({ platform }) => platform !== undefined && wanted.has(platformKey(platform)),
      );
      const { chosen } = choosePlatforms(index, platforms);
      return await readIndexesOf(store, version, { index, sociEntries }, chosen, signal);
    }
    return version === 'V1' ? (await findReferringIndexes(store, digest, signal)).indexes : [];
  } catch (error) {
    // Of another image everything may be wrong: it is not the one that is asked for.
    if (isContentError(error)) return [];
    throw error;
  }
}

/** Those beside the platforms' manifests; with V1 also those that refer to them, but for manifests in `readAlready`. */
async function readIndexesOf(
  store: ContentReader,
  version: SociIndexVersion,
  { sociEntries }: IndexEntries,
  choices: readonly PlatformChoice[],
  signal: AbortSignal | undefined,
  readAlready: ReadonlySet<Digest> = new Set(),
): Promise<readonly SociIndex[]> {
  const sociIndexes: SociIndex[] = [];
  for (const { platform, entry } of choices.slice(0, maximumPlatforms)) {
    const key = platformKey(platform);
    for (const { entry: beside, found } of sociEntries) {
      const isForPlatform = beside.platform !== undefined && platformKey(beside.platform) === key;
      if (found.kind === 'present' && isForPlatform) sociIndexes.push(found);
    }
    if (version === 'V1' && !readAlready.has(entry.digest)) {
      sociIndexes.push(...(await findReferringIndexes(store, entry.digest, signal)).indexes);
    }
  }
  return sociIndexes;
}
