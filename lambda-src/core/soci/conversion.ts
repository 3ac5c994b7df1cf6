// Converts an image to SOCI version 2: each image manifest gets an annotation that names its SOCI index, the SOCI indexes
// join the image index, and what referred to a manifest by its old digest follows. Only JSON is written, never a layer.
import type { Descriptor, Digest, Platform } from '../oci/descriptor.ts';
import {
  encodeIndex,
  encodeManifest,
  parseManifest,
  type EncodedManifest,
  type ImageIndex,
  type ImageManifest,
} from '../oci/manifest.ts';
import { dockerManifestType, ociConfigType, ociIndexType, ociManifestType } from '../oci/media-type.ts';
import { platformKey } from '../oci/platform.ts';
import { referenceDigestAnnotation, sociIndexDigestAnnotation } from './manifest-kind.ts';
import type { PlatformChoice } from './platform-choice.ts';
import { sociIndexTypes, sociIndexVersionOf } from './soci-index.ts';

/** On a SOCI index's entry: the digest of the image's manifest that it belongs to. */
export const imageManifestDigestAnnotation = 'com.amazon.soci.image-manifest-digest';

/** The manifests of an image index's entries, by their digests. */
export type ManifestBytes = ReadonlyMap<Digest, Uint8Array>;

/** A platform of the image, with the SOCI index that was made for it. */
export interface PlatformIndex extends PlatformChoice {
  readonly sociIndex: { readonly digest: Digest; readonly size: number };
}

export interface ConvertedImage {
  readonly index: EncodedManifest;
  /** The manifests that the index refers to and that are new. The SOCI indexes are not among them. */
  readonly manifests: readonly EncodedManifest[];
}

/**
 * The image with its SOCI indexes. Byte for byte what `soci convert` writes, where every entry gets a SOCI index and
 * none has annotations; and as that loses them:
 *
 * - An entry without a SOCI index keeps its bytes and digest; but a Docker manifest becomes OCI's, since registries
 *   refuse an OCI index that mixes them.
 * - An entry keeps its annotations. If it gets a SOCI index, its manifest's annotations are added and prevail.
 * - BuildKit's attestations, and the SOCI indexes that stay, point to the new digests of their images.
 *
 * Converting the result again changes nothing, and with other platforms adds to it: a SOCI index takes the place of one
 * that is already there for its platform.
 *
 * @param manifests Those of the entries that get a SOCI index, and those of type Docker. A Docker manifest that is not
 *   there, because the image was copied in part, stays as it is.
 * @throws FormatError if one of them is not the manifest of an image.
 */
export function convertImage(
  image: ImageIndex,
  manifests: ManifestBytes,
  platformIndexes: readonly PlatformIndex[],
): ConvertedImage {
  const rewritten = rewriteManifests(image, manifests, platformIndexes);
  const newDigests = new Map([...rewritten].map(([digest, { encoded }]) => [digest, encoded.digest]));

  const entries = image.manifests.map((entry) =>
    followDigests(replaceEntry(entry, rewritten.get(entry.digest)), newDigests),
  );
  placeSociIndexes(entries, describeSociIndexes(platformIndexes, newDigests));

  return {
    index: encodeIndex({ ...image, mediaType: ociIndexType, manifests: entries }),
    manifests: [...rewritten]
      .filter(([digest, { encoded }]) => encoded.digest !== digest)
      .map(([, { encoded }]) => encoded),
  };
}

/**
 * The SOCI index of an image's manifest that lies in the same image index: what a snapshotter would find. Undefined if
 * the manifest names none, or one that is not there.
 */
export function findSociIndex(image: ImageIndex, manifest: ImageManifest): Descriptor | undefined {
  const digest = manifest.annotations?.[sociIndexDigestAnnotation];
  return image.manifests.find((entry) => isSociIndexV2(entry) && entry.digest === digest);
}

/** The SOCI index for a platform, by the platform that its entry names. */
export function findPlatformSociIndex(image: ImageIndex, platform: Platform): Descriptor | undefined {
  const key = platformKey(platform);
  return image.manifests.find((entry) => sociIndexKey(entry) === key);
}

/**
 * Whether the target is what the image becomes by conversion with the SOCI indexes that the target has: then the target
 * was made of this very image, and there is nothing to do. False if the target has no SOCI index for one of the platforms.
 *
 * @param choices The platforms that must have one: those with a layer to index.
 * @throws FormatError as `convertImage`.
 */
export function isConversionOf(
  target: { readonly digest: Digest; readonly index: ImageIndex },
  image: ImageIndex,
  manifests: ManifestBytes,
  choices: readonly PlatformChoice[],
): boolean {
  const platformIndexes: PlatformIndex[] = [];
  for (const choice of choices) {
    const sociIndex = findPlatformSociIndex(target.index, choice.platform);
    if (sociIndex === undefined) return false;
    platformIndexes.push({ ...choice, sociIndex });
  }
  return convertImage(image, manifests, platformIndexes).index.digest === target.digest;
}

interface RewrittenManifest {
  readonly encoded: EncodedManifest;
  /** What its entry gets of its annotations. */
  readonly addedAnnotations: Readonly<Record<string, string>>;
}

/** New manifests by the digests of the old ones. */
function rewriteManifests(
  image: ImageIndex,
  manifests: ManifestBytes,
  platformIndexes: readonly PlatformIndex[],
): Map<Digest, RewrittenManifest> {
  const rewritten = new Map<Digest, RewrittenManifest>();
  for (const { digest, mediaType } of image.manifests) {
    const sociIndex = platformIndexes.find(({ entry }) => entry.digest === digest)?.sociIndex;
    const bytes = manifests.get(digest);
    if (sociIndex === undefined && (mediaType !== dockerManifestType || bytes === undefined)) continue;
    if (bytes === undefined) throw new Error(`the manifest ${digest} was not given for conversion`);

    const manifest = parseManifest(bytes);
    const annotations = {
      ...manifest.annotations,
      ...(sociIndex && { [sociIndexDigestAnnotation]: sociIndex.digest }),
    };
    const encoded = encodeManifest({
      ...manifest,
      mediaType: ociManifestType,
      // The config's bytes are the same in both; only a config of OCI's type makes the manifest an OCI image.
      config: { ...manifest.config, mediaType: ociConfigType },
      annotations,
    });
    rewritten.set(digest, { encoded, addedAnnotations: sociIndex === undefined ? {} : annotations });
  }
  return rewritten;
}

/** The entry for the new manifest. `data`, which holds the old one's bytes, stays as in the reference: nobody trusts it. */
function replaceEntry(entry: Descriptor, manifest: RewrittenManifest | undefined): Descriptor {
  if (manifest === undefined) return entry;
  const { encoded, addedAnnotations } = manifest;
  return {
    ...entry,
    mediaType: encoded.mediaType,
    digest: encoded.digest,
    size: encoded.bytes.length,
    annotations: { ...entry.annotations, ...addedAnnotations },
  };
}

function followDigests(entry: Descriptor, newDigests: ReadonlyMap<string, Digest>): Descriptor {
  const followed = [referenceDigestAnnotation, imageManifestDigestAnnotation].flatMap((name) => {
    const newDigest = newDigests.get(entry.annotations?.[name] ?? '');
    return newDigest === undefined ? [] : [[name, newDigest] as const];
  });
  return followed.length === 0
    ? entry
    : { ...entry, annotations: { ...entry.annotations, ...Object.fromEntries(followed) } };
}

type SociEntry = Descriptor & Required<Pick<Descriptor, 'platform'>>;

function describeSociIndexes(
  platformIndexes: readonly PlatformIndex[],
  newDigests: ReadonlyMap<Digest, Digest>,
): SociEntry[] {
  return platformIndexes.map(({ platform, entry, sociIndex }, position) => {
    // One manifest may serve two platforms. The reference then names it beside the first one's SOCI index only.
    const isFirst = platformIndexes.findIndex((other) => other.entry.digest === entry.digest) === position;
    const manifestDigest = isFirst ? newDigests.get(entry.digest) : undefined;
    return {
      mediaType: ociManifestType,
      digest: sociIndex.digest,
      size: sociIndex.size,
      ...(manifestDigest && { annotations: { [imageManifestDigestAnnotation]: manifestDigest } }),
      platform,
      artifactType: sociIndexTypes.V2,
    };
  });
}

/** Each takes the place of the SOCI index for the same platform, or the last place. */
function placeSociIndexes(entries: Descriptor[], sociEntries: readonly SociEntry[]): void {
  const keys = entries.map(sociIndexKey);
  for (const sociEntry of sociEntries) {
    const position = keys.indexOf(platformKey(sociEntry.platform));
    if (position < 0) entries.push(sociEntry);
    else entries[position] = sociEntry;
  }
}

function isSociIndexV2({ artifactType }: Descriptor): boolean {
  return sociIndexVersionOf(artifactType) === 'V2';
}

/** The key of the platform that a SOCI index is for; undefined for other entries. */
function sociIndexKey(entry: Descriptor): string | undefined {
  return isSociIndexV2(entry) && entry.platform ? platformKey(entry.platform) : undefined;
}
