// Which entries of an image index are indexed: one for each platform. An image that is in no index is made one first,
// of a single entry, so that everything after this knows one shape only.
import { FormatError } from '../errors.ts';
import type { Descriptor, Digest, Platform } from '../oci/descriptor.ts';
import type { ImageIndex } from '../oci/manifest.ts';
import { isIndexType, isManifestType, ociIndexType } from '../oci/media-type.ts';
import { formatPlatform, matchesPlatform, platformKey } from '../oci/platform.ts';
import { isAttestationEntry } from './manifest-kind.ts';
import { claimedSociDigests } from './soci-entry.ts';
import { sociIndexVersionOf } from './soci-index.ts';

export interface PlatformChoice {
  /** As it was asked for, or as the image says it where all were: it is written so beside the SOCI index. */
  readonly platform: Platform;
  /** The entry of the image's manifest. */
  readonly entry: Descriptor;
}

export interface PlatformChoices {
  readonly chosen: readonly PlatformChoice[];
  /** Asked for, and not there. */
  readonly missing: readonly Platform[];
  /** All that the image has, each once. */
  readonly available: readonly Platform[];
}

/** The image index that an image without one gets. `platform` is that of its config. */
export function wrapManifest(manifest: Descriptor, platform: Platform): ImageIndex {
  const { mediaType, digest, size } = manifest;
  return { mediaType: ociIndexType, manifests: [{ mediaType, digest, size, platform }] };
}

/**
 * Chooses the first entry of each platform: a runtime takes the first that fits, so that a second one with the same
 * platform is never run. SOCI indexes, attestations, and what names no platform or an `unknown` one are not images.
 *
 * @param wanted Platforms to choose, or undefined for all that the image has. Two spellings of one platform count once.
 * @param passedOver Digests of entries that are not images by their content.
 * @throws FormatError if an entry is itself an image index: its images would silently stay without SOCI indexes.
 */
export function choosePlatforms(
  index: ImageIndex,
  wanted?: readonly Platform[],
  passedOver: ReadonlySet<Digest> = new Set(),
): PlatformChoices {
  for (const [position, entry] of index.manifests.entries()) {
    if (!isIndexType(entry.mediaType)) continue;
    throw new FormatError(
      'manifest',
      `manifests[${position}] (${entry.digest}) is an image index within an image index, which is not supported`,
    );
  }
  const images = choicesOf(index, passedOver);
  const available = images.map(({ platform }) => platform);
  if (wanted === undefined) return { chosen: images, missing: [], available };

  const chosen: PlatformChoice[] = [];
  const missing: Platform[] = [];
  for (const platform of firstByKey(wanted, platformKey)) {
    const image = images.find((offered) => matchesPlatform(platform, offered.platform));
    if (image === undefined) missing.push(platform);
    else chosen.push({ platform, entry: image.entry });
  }
  return { chosen, missing, available };
}

/** A sentence on the platforms that were asked for in vain. */
export function describeMissingPlatforms({ missing, available }: PlatformChoices): string {
  const list = (platforms: readonly Platform[]): string => platforms.map(formatPlatform).join(', ');
  const offer = available.length === 0 ? 'it names no platform at all' : `it has ${list(available)}`;
  return `the image has no manifest for ${list(missing)}: ${offer}`;
}

/** The first entry of each platform. */
function choicesOf(index: ImageIndex, passedOver: ReadonlySet<Digest>): PlatformChoice[] {
  const sociDigests = claimedSociDigests(index);
  const choices = index.manifests.flatMap((entry) => {
    if (sociDigests.has(entry.digest) || passedOver.has(entry.digest)) return [];
    return entry.platform !== undefined && isImage(entry, entry.platform)
      ? [{ platform: entry.platform, entry }]
      : [];
  });
  return firstByKey(choices, ({ platform }) => platformKey(platform));
}

function isImage(entry: Descriptor, { os, architecture }: Platform): boolean {
  if (!isManifestType(entry.mediaType) || os === 'unknown' || architecture === 'unknown') return false;
  return sociIndexVersionOf(entry.artifactType) === undefined && !isAttestationEntry(entry);
}

function firstByKey<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const first = new Map<string, T>();
  for (const item of items) {
    const key = keyOf(item);
    if (!first.has(key)) first.set(key, item);
  }
  return [...first.values()];
}
