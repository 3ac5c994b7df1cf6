// The image that is to be indexed, as it lies in the store: its index, and the manifests in it.
import type { ContentReader, StoredManifest } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { maximumConfigBytes, parseConfigPlatform } from '../core/oci/image-config.ts';
import { type ImageIndex, type ImageManifest, parseIndex, parseManifest } from '../core/oci/manifest.ts';
import { dockerManifestType, isIndexType } from '../core/oci/media-type.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import { findSociIndex, type ManifestBytes } from '../core/soci/conversion.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import {
  choosePlatforms,
  type PlatformChoice,
  type PlatformChoices,
  wrapManifest,
} from '../core/soci/platform-choice.ts';
import type { ImageSkipReason } from '../core/reasons.ts';

/**
 * The manifests of one image are held in memory together. An index may name a thousand of four MiB each, which no builder
 * makes; a manifest of a hundred layers has some 20 KiB.
 */
const maximumManifestsBytes = 32 * 1024 * 1024;

export interface SourceImage {
  readonly kind: 'image';
  readonly digest: Digest;
  /** The image's own index, or one made for a single manifest. */
  readonly index: ImageIndex;
  readonly choices: PlatformChoices;
  /** Of the chosen platforms, and of Docker type: what a conversion needs. */
  readonly manifests: ManifestBytes;
}

/** What is no image to index. */
export interface NoImage {
  readonly kind: 'none';
  readonly reason: ImageSkipReason;
}

/** A chosen platform with its manifest read. */
export interface PlatformImage extends PlatformChoice {
  readonly manifest: ImageManifest;
}

/**
 * Reads an image's manifests, no layer.
 *
 * @param wanted Platforms to choose; all of the image's by default.
 * @throws FormatError where a manifest is damaged, or they are too large; NotFoundError where one is not there; what the store throws.
 */
export async function readSourceImage(
  store: ContentReader,
  source: StoredManifest,
  wanted: readonly Platform[] | undefined,
  signal?: AbortSignal,
): Promise<SourceImage | NoImage> {
  if (isIndexType(source.mediaType)) {
    const index = parseIndex(source.bytes);
    const choices = choosePlatforms(index, wanted);
    const chosen = new Set<Digest>(choices.chosen.map(({ entry }) => entry.digest));
    const manifests = new Map<Digest, Uint8Array>();
    let manifestsBytes = 0;
    for (const { mediaType, digest } of index.manifests) {
      if (manifests.has(digest)) continue;
      if (!chosen.has(digest)) {
        if (mediaType !== dockerManifestType) continue;
        // An image may have been copied without its other platforms: what is not there stays as it is.
        if ((await store.resolve(digest, signal)) === undefined) continue;
      }
      const { bytes } = await store.fetchManifest(digest, signal);
      manifestsBytes += bytes.length;
      if (manifestsBytes > maximumManifestsBytes) {
        throw new FormatError(
          'manifest',
          `the manifests of the image index ${source.digest} have more than ${maximumManifestsBytes} bytes`,
        );
      }
      manifests.set(digest, bytes);
    }
    return { kind: 'image', digest: source.digest, index, choices, manifests };
  }

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
  const platform = parseConfigPlatform(
    await readWholeBlob(store, manifest.config, maximumConfigBytes, signal),
  );
  const index = wrapManifest(descriptor, platform);
  return {
    kind: 'image',
    digest: source.digest,
    index,
    choices: choosePlatforms(index, wanted),
    manifests: new Map([[source.digest, source.bytes]]),
  };
}

/** The manifests of the chosen platforms. @throws FormatError */
export function readPlatformImages({ choices, manifests }: SourceImage): readonly PlatformImage[] {
  return choices.chosen.map((choice) => ({
    ...choice,
    manifest: parseManifest(manifests.get(choice.entry.digest)!),
  }));
}

/** Is the source itself a SOCI V2 image, for all of these platforms? */
export function isAlreadyConverted(image: SourceImage, platforms: readonly PlatformImage[]): boolean {
  return platforms.every(({ manifest }) => findSociIndex(image.index, manifest) !== undefined);
}
