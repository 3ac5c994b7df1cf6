// An image as stored: its index, and the manifests in it.
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { fetchUnlessMissing } from '../content/fetch-unless-missing.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { FormatError } from '../core/errors.ts';
import type { Descriptor, Digest, Platform } from '../core/oci/descriptor.ts';
import { maximumConfigBytes, parseConfigPlatform } from '../core/oci/image-config.ts';
import { type ImageIndex, parseIndex, parseManifest } from '../core/oci/manifest.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import { formatPlatform, platformKey } from '../core/oci/platform.ts';
import { type ConvertibleImage, findSociIndex } from '../core/soci/conversion.ts';
import { isAttestationEntry, manifestKindOf, referenceDigestAnnotation } from '../core/soci/manifest-kind.ts';
import {
  choosePlatforms,
  type PlatformChoices,
  type PlatformImage,
  wrapManifest,
} from '../core/soci/platform-choice.ts';
import { claimedSociDigests } from '../core/soci/soci-entry.ts';
import type { ImageSkipReason } from '../core/reasons.ts';
import { type IndexEntries, readSociEntries, recognizedDigests } from './soci-indexes.ts';

/**
 * Maximum total size. The manifests of one image are in memory at the same time. An index could name a thousand manifests
 * of 4 MiB each, but no builder makes such an index; a manifest of a hundred layers has about 20 KiB.
 */
const maximumManifestsBytes = 32 * 1024 * 1024;

/** Manifests fetched in parallel. */
const requestsAtOnce = 8;

export interface SourceImage extends ConvertibleImage, IndexEntries {
  readonly kind: 'image';
  readonly digest: Digest;
  /** The image's own index, or one made for a single manifest. */
  readonly index: ImageIndex;
  readonly choices: PlatformChoices;
  /** Entries that are not in the store. The chosen platforms are not among them. */
  readonly missing: readonly Descriptor[];
  /** The config of a single manifest, which contains its platform. */
  readonly config?: Uint8Array;
  /** Entries that are images but have no platform, so no runtime chooses them. */
  readonly withoutPlatform: readonly Descriptor[];
}

/** Something that is not an image. */
export interface NoImage {
  readonly kind: 'none';
  readonly reason: ImageSkipReason;
}

/** An image index names a manifest that is missing from the store. */
export class MissingManifestError extends NotFoundError {
  override readonly reason = 'manifest-missing';

  constructor(
    readonly entry: Descriptor,
    options?: ErrorOptions,
  ) {
    super(`the image index names ${describeEntry(entry)}, which is missing`, options);
  }
}

/** `the manifest sha256:… for linux/arm64`, or another kind of entry. */
export function describeEntry(entry: Descriptor): string {
  const { digest, platform } = entry;
  if (isAttestationEntry(entry)) return `the attestation ${digest}`;
  const isKnown = platform !== undefined && platform.os !== 'unknown';
  return `the manifest ${digest}${isKnown ? ` for ${formatPlatform(platform)}` : ''}`;
}

/**
 * Reads an image's manifests, but no layers.
 *
 * @param wanted Platforms to choose; by default, all of the image.
 * @throws MissingManifestError if the manifest of a chosen platform is missing; FormatError if a manifest is damaged, or
 *   if the manifests are too large; any error from the store.
 */
export async function readSourceImage(
  store: ContentReader,
  source: StoredManifest,
  wanted: readonly Platform[] | undefined,
  signal?: AbortSignal,
): Promise<SourceImage | NoImage> {
  return isIndexType(source.mediaType)
    ? readIndex(store, source, wanted, signal)
    : readManifest(store, source, wanted, signal);
}

async function readIndex(
  store: ContentReader,
  source: StoredManifest,
  wanted: readonly Platform[] | undefined,
  signal: AbortSignal | undefined,
): Promise<SourceImage | NoImage> {
  const index = parseIndex(source.bytes);
  // A BuildKit cache is an index of layers.
  const hasManifest = index.manifests.some(
    ({ mediaType }) => isManifestType(mediaType) || isIndexType(mediaType),
  );
  if (index.manifests.length > 0 && !hasManifest) return { kind: 'none', reason: 'not-an-image' };
  const first = choosePlatforms(index, wanted);
  const sociEntries = await readSociEntries(store, index, signal);
  const { manifests, missing } = await readEntries(store, source.digest, index, signal);

  // An entry that looks like an image may be a signature. Its content decides; if it is not an image, the platform's next
  // entry is chosen.
  const passedOver = new Set<Digest>();
  let choices = first;
  for (;;) {
    const others = choices.chosen.filter(({ entry }) => {
      const bytes = manifests.get(entry.digest);
      if (bytes === undefined) throw new MissingManifestError(entry);
      const kind = manifestKindOf(parseManifest(bytes));
      return kind !== 'image' && kind !== 'converted-image';
    });
    if (others.length === 0) break;
    for (const { entry } of others) passedOver.add(entry.digest);
    choices = choosePlatforms(index, wanted, passedOver);
  }
  if (choices.available.length === 0 && passedOver.size > 0) return { kind: 'none', reason: 'not-an-image' };
  return {
    kind: 'image',
    digest: source.digest,
    index,
    choices,
    manifests,
    sociEntries,
    sociDigests: recognizedDigests(sociEntries),
    missing,
    withoutPlatform: index.manifests.filter((entry) =>
      isImageWithoutPlatform(entry, manifests.get(entry.digest)),
    ),
  };
}

/** The manifests of all entries that are not SOCI indexes. */
async function readEntries(
  store: ContentReader,
  digest: Digest,
  index: ImageIndex,
  signal: AbortSignal | undefined,
): Promise<{ readonly manifests: Map<Digest, Uint8Array>; readonly missing: readonly Descriptor[] }> {
  const sociDigests = claimedSociDigests(index);
  const entries = new Map(
    index.manifests.flatMap((entry) =>
      isManifestType(entry.mediaType) && !sociDigests.has(entry.digest)
        ? [[entry.digest, entry] as const]
        : [],
    ),
  );
  const manifests = new Map<Digest, Uint8Array>();
  const missing: Descriptor[] = [];
  const queue = [...entries.values()];
  let manifestsBytes = 0;
  while (queue.length > 0) {
    const some = takeBatch(queue, maximumManifestsBytes - manifestsBytes);
    const found = await Promise.all(some.map((entry) => fetchUnlessMissing(store, entry.digest, signal)));
    for (const [position, entry] of some.entries()) {
      const bytes = found[position]?.bytes;
      if (bytes === undefined) {
        missing.push(entry);
        continue;
      }
      manifestsBytes += bytes.length;
      if (manifestsBytes > maximumManifestsBytes) {
        throw new FormatError(
          'manifest',
          `the manifests of the image index ${digest} have more than ${maximumManifestsBytes} bytes`,
        );
      }
      manifests.set(entry.digest, bytes);
    }
  }
  return { manifests, missing };
}

/** Entries to fetch in parallel: at least one, and no more than fit into the remaining room, by their declared sizes. */
function takeBatch(queue: Descriptor[], roomBytes: number): readonly Descriptor[] {
  let bytes = 0;
  const end = queue.findIndex(({ size }, place) => {
    bytes += size;
    return place > 0 && (place === requestsAtOnce || bytes > roomBytes);
  });
  return queue.splice(0, end === -1 ? queue.length : end);
}

function isImageWithoutPlatform(entry: Descriptor, bytes: Uint8Array | undefined): boolean {
  if (entry.platform !== undefined || bytes === undefined || isAttestationEntry(entry)) return false;
  try {
    const kind = manifestKindOf(parseManifest(bytes));
    return kind === 'image' || kind === 'converted-image';
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw error;
  }
}

async function readManifest(
  store: ContentReader,
  source: StoredManifest,
  wanted: readonly Platform[] | undefined,
  signal: AbortSignal | undefined,
): Promise<SourceImage | NoImage> {
  const manifest = parseManifest(source.bytes);
  switch (manifestKindOf(manifest)) {
    case 'soci-index':
      return { kind: 'none', reason: 'soci-index' };
    case 'attestation':
      return { kind: 'none', reason: 'attestation' };
    case 'artifact':
      return { kind: 'none', reason: 'not-an-image' };
    case 'image':
    case 'converted-image':
  }
  const descriptor: Descriptor = {
    mediaType: source.mediaType,
    digest: source.digest,
    size: source.bytes.length,
  };
  const config = await readWholeBlob(store, manifest.config, maximumConfigBytes, signal);
  const platform = parseConfigPlatform(config);
  const index = wrapManifest(descriptor, platform);
  return {
    kind: 'image',
    digest: source.digest,
    index,
    choices: choosePlatforms(index, wanted),
    manifests: new Map([[source.digest, source.bytes]]),
    sociEntries: [],
    sociDigests: new Set(),
    missing: [],
    config,
    withoutPlatform: [],
  };
}

/** The manifests of the chosen platforms. @throws FormatError */
export function readPlatformImages({ choices, manifests }: SourceImage): readonly PlatformImage[] {
  return choices.chosen.map((choice) => ({
    ...choice,
    manifest: parseManifest(manifests.get(choice.entry.digest)!),
  }));
}

/** Whether the source itself is a V2 image, for all of these platforms. */
export function isAlreadyConverted(image: SourceImage, platforms: readonly PlatformImage[]): boolean {
  return platforms.every(({ manifest }) => findSociIndex(image, manifest) !== undefined);
}

/**
 * Missing entries without which the image is incomplete. In a partial copy (an OCI layout), manifests of platforms that
 * were not requested may be missing, with their attestations.
 *
 * @param wanted Undefined if all platforms were requested.
 */
export function missingFromPart(
  { missing, choices }: SourceImage,
  wanted: readonly Platform[] | undefined,
): readonly Descriptor[] {
  if (wanted === undefined) return missing;
  const chosen = new Set(choices.chosen.map(({ platform }) => platformKey(platform)));
  const absent = new Set<string>(
    missing.flatMap((entry) => {
      const { digest, platform } = entry;
      const isOther =
        platform !== undefined && platform.os !== 'unknown' && !chosen.has(platformKey(platform));
      return isOther && !isAttestationEntry(entry) ? [digest] : [];
    }),
  );
  return missing.filter(
    ({ digest, annotations }) =>
      !absent.has(digest) && !absent.has(annotations?.[referenceDigestAnnotation] ?? ''),
  );
}
