// Chooses the entries of an image index to index: one for each platform. A single manifest is first wrapped in an image
// index, so that later steps handle one form only.
import { FormatError } from '../errors.ts';
import type { Descriptor, Digest, Platform } from '../oci/descriptor.ts';
import type { ImageIndex, ImageManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType, ociIndexType } from '../oci/media-type.ts';
import { formatPlatform, matchesPlatform, platformKey } from '../oci/platform.ts';
import { isAttestationEntry } from './manifest-kind.ts';
import { claimedSociDigests } from './soci-entry.ts';
import { sociIndexVersionOf } from './soci-index.ts';

export interface PlatformChoice {
  /** As requested or, if all platforms were requested, as in the image. The SOCI index's entry has the same spelling. */
  readonly platform: Platform;
  /** The entry of the image's manifest. */
  readonly entry: Descriptor;
}

/** A chosen platform with its manifest. */
export interface PlatformImage extends PlatformChoice {
  readonly manifest: ImageManifest;
}

export interface PlatformChoices {
  readonly chosen: readonly PlatformChoice[];
  /** Requested platforms that are missing. */
  readonly missing: readonly Platform[];
  /** All platforms of the image, each once. */
  readonly available: readonly Platform[];
}

/** The image index for a single manifest. `platform` is that of its config. */
export function wrapManifest(manifest: Descriptor, platform: Platform): ImageIndex {
  const { mediaType, digest, size } = manifest;
  return { mediaType: ociIndexType, manifests: [{ mediaType, digest, size, platform }] };
}

/**
 * Chooses the first entry of each platform. A runtime uses the first match, so a second entry with the same platform never
 * runs. SOCI indexes, attestations, and entries without a platform or with an `unknown` one are not images.
 *
 * @param wanted Platforms to choose, or undefined for all of the image. Two spellings of one platform count once.
 * @param passedOver Digests of entries whose content shows that they are not images.
 * @throws FormatError if an entry is itself an image index: its images would silently remain without SOCI indexes.
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

/** A message that lists the missing platforms. */
export function describeMissingPlatforms({ missing, available }: PlatformChoices): string {
  const list = (platforms: readonly Platform[]): string => platforms.map(formatPlatform).join(', ');
  const offer = available.length === 0 ? 'it lists no platform' : `it has ${list(available)}`;
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
