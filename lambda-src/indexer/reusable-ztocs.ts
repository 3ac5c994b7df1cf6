// Looks for existing zTOCs, so that their layers need not be read: in the SOCI indexes of the image itself, then in those
// of recent images in its repository. Reads JSON only. An index is not trusted: known-layer.ts checks each zTOC before it
// is used.
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

/** Maximum number of recent images to search. A release usually shares its lower layers with the previous one. */
const maximumRecentImages = 10;

/** Images searched in parallel. zTOCs that are found in the most recent images need not be looked for in older ones. */
const imagesAtOnce = 5;

/** Maximum number of platforms of one image to search. Usually there are only a few. */
const maximumPlatforms = 20;

export interface ZtocSources {
  readonly version: SociIndexVersion;
  /** The image to index. */
  readonly image: IndexEntries;
  /** SOCI indexes that were already read; they come first. */
  readonly sociIndexes: readonly SociIndex[];
  /** Platforms whose layers need zTOCs. With V1, the SOCI indexes of their manifests are in `sociIndexes`. */
  readonly platforms: readonly PlatformChoice[];
  /** Tags of the repository's other images, most recent first. Called only if layers are still missing. */
  readonly listRecentTags?: () => Promise<readonly string[]>;
}

/**
 * The zTOCs that SOCI indexes with these settings list for the wanted layers. A layer without such a zTOC is absent.
 * Damaged and missing indexes are ignored.
 *
 * @throws Any error from the store, except for damaged and missing manifests; any error from `listRecentTags`.
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
  /** @returns Whether all wanted layers have been found. */
  const take = (sociIndexes: readonly SociIndex[]): boolean => {
    for (const sociIndex of sociIndexes) takeZtocs(known, wanted, sociIndex, settings);
    return known.size === wanted.size;
  };

  if (take(sources.sociIndexes)) return known;
  // Another platform may share the layer.
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

/** If two zTOCs exist for a layer, the first one found is used. */
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

/** The SOCI indexes of the image at a tag, whatever the tag points to. */
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
    // Damage in another image does not matter for this one.
    if (isContentError(error)) return [];
    throw error;
  }
}

/**
 * The SOCI indexes listed beside the platforms' manifests; with V1, also their referrers, except for manifests in
 * `readAlready`.
 */
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
