// Converts an image to SOCI version 2: each image manifest gets an annotation that names its SOCI index, the SOCI indexes
// are added to the image index, and references to old digests are updated. Writes JSON only, never a layer.
import { FormatError } from '../errors.ts';
import type { Descriptor, Digest, Platform } from '../oci/descriptor.ts';
import {
  encodeIndex,
  encodeManifest,
  parseManifest,
  type EncodedManifest,
  type ImageIndex,
  type ImageManifest,
} from '../oci/manifest.ts';
import {
  dockerManifestType,
  isManifestType,
  ociConfigType,
  ociIndexType,
  ociManifestType,
} from '../oci/media-type.ts';
import { platformKey } from '../oci/platform.ts';
import { referenceDigestAnnotation } from './manifest-kind.ts';
import type { PlatformChoice } from './platform-choice.ts';
import { claimsToBeSociIndex } from './soci-entry.ts';
import { sociIndexTypes, sociIndexDigestAnnotation, imageManifestDigestAnnotation } from '../soci-names.ts';

/** The manifests of an image index's entries, by digest. */
export type ManifestBytes = ReadonlyMap<Digest, Uint8Array>;

/** An image index, with the entries that are SOCI indexes even if their artifact types were lost. */
export interface IndexWithSoci {
  readonly index: ImageIndex;
  /** Digests of entries that are SOCI indexes, including missing ones. */
  readonly sociDigests: ReadonlySet<Digest>;
}

/** The input of a conversion. */
export interface ConvertibleImage extends IndexWithSoci {
  /**
   * The manifests of all entries. In a partial copy, some are absent; their entries stay unchanged, unless they are to get a
   * SOCI index.
   */
  readonly manifests: ManifestBytes;
}

/** A platform of the image, with its new SOCI index. */
export interface PlatformIndex extends PlatformChoice {
  readonly sociIndex: { readonly digest: Digest; readonly size: number };
}

export interface ConvertedImage {
  readonly index: EncodedManifest;
  /** New manifests that the index refers to, each after its subject, without SOCI indexes. */
  readonly manifests: readonly EncodedManifest[];
}

/**
 * The image with its SOCI indexes. It equals the output of `soci convert` byte for byte if every entry gets a SOCI index
 * and none has annotations or a subject. Otherwise, it preserves what `soci convert` loses:
 *
 * - An entry without a SOCI index keeps its bytes and digest. Exceptions: a Docker manifest becomes an OCI manifest,
 *   because registries reject an OCI index that mixes both; and a `subject` is updated.
 * - An entry keeps its annotations. If it gets a SOCI index, its manifest's annotations are added and take precedence.
 * - BuildKit's attestations, and SOCI indexes that are kept, refer to the new digests of their images: entries by
 *   annotation, and manifests by `subject`, so that their own digests change too.
 *
 * No manifest of the result refers to a rewritten manifest of the source. Converting the result again changes nothing; with
 * other platforms it adds to the result: a SOCI index replaces an existing one for the same platform.
 *
 * @throws FormatError if a manifest that is to get a SOCI index, or that has Docker's type, is not the manifest of an
 *   image.
 */
export function convertImage(
  image: ConvertibleImage,
  platformIndexes: readonly PlatformIndex[],
): ConvertedImage {
  const { index } = image;
  const rewritten = rewriteManifests(image, platformIndexes);
  const newDigests = new Map([...rewritten].map(([digest, { encoded }]) => [digest, encoded.digest]));

  const entries = index.manifests.map((entry) =>
    followDigests(replaceEntry(entry, rewritten.get(entry.digest)), newDigests),
  );
  const placed = placeSociIndexes(entries, sociEntriesOf(platformIndexes, newDigests), image.sociDigests);
  const subject = index.subject && followSubject(index.subject, rewritten.get(index.subject.digest)?.encoded);

  return {
    index: encodeIndex({ ...index, mediaType: ociIndexType, manifests: placed, ...(subject && { subject }) }),
    manifests: [...rewritten]
      .filter(([digest, { encoded }]) => encoded.digest !== digest)
      .map(([, { encoded }]) => encoded),
  };
}

/**
 * The entry of the SOCI index that an image's manifest names, as a snapshotter would find it. Undefined if the manifest
 * names none, or one that is not in the same image index.
 */
export function findSociIndex(
  { index, sociDigests }: IndexWithSoci,
  manifest: ImageManifest,
): Descriptor | undefined {
  const digest = manifest.annotations?.[sociIndexDigestAnnotation];
  return index.manifests.find((entry) => entry.digest === digest && sociDigests.has(entry.digest));
}

/** The SOCI index of a platform, by the platform of its entry. */
export function findPlatformSociIndex(
  { index, sociDigests }: IndexWithSoci,
  platform: Platform,
): Descriptor | undefined {
  const key = platformKey(platform);
  return index.manifests.find((entry) => sociIndexKey(entry, sociDigests) === key);
}

/**
 * Whether the target is the conversion of the image with the SOCI indexes that the target contains. If so, it was made from
 * exactly this image, and there is nothing to do. False if the target lacks a SOCI index for one of the platforms.
 *
 * @param choices The platforms that must have one: those with a layer to index.
 * @throws FormatError like `convertImage`.
 */
export function isConversionOf(
  target: IndexWithSoci & { readonly digest: Digest },
  image: ConvertibleImage,
  choices: readonly PlatformChoice[],
): boolean {
  const platformIndexes: PlatformIndex[] = [];
  for (const choice of choices) {
    const sociIndex = findPlatformSociIndex(target, choice.platform);
    if (sociIndex === undefined) return false;
    platformIndexes.push({ ...choice, sociIndex });
  }
  return convertImage(image, platformIndexes).index.digest === target.digest;
}

/** The digest of an image index before a tool dropped the artifact types of its SOCI indexes. */
export function restoredDigest({ index, sociDigests }: IndexWithSoci): Digest {
  const manifests = index.manifests.map((entry) =>
    sociDigests.has(entry.digest) && entry.artifactType === undefined
      ? { ...entry, artifactType: sociIndexTypes.V2 }
      : entry,
  );
  return encodeIndex({ ...index, manifests }).digest;
}

interface RewrittenManifest {
  readonly encoded: EncodedManifest;
  /** The annotations that its entry gets. */
  readonly addedAnnotations: Readonly<Record<string, string>>;
}

/** New manifests by the digests of the old ones, each after its subject. */
function rewriteManifests(
  image: ConvertibleImage,
  platformIndexes: readonly PlatformIndex[],
): Map<Digest, RewrittenManifest> {
  const { index, manifests, sociDigests } = image;
  const entries = new Map(index.manifests.map((entry) => [entry.digest, entry]));
  const rewritten = new Map<Digest, RewrittenManifest>();
  const visited = new Set<Digest>();
  const rewrite = (digest: Digest): void => {
    const entry = entries.get(digest);
    if (entry === undefined || visited.has(digest)) return;
    visited.add(digest);
    const sociIndex = platformIndexes.find((one) => one.entry.digest === digest)?.sociIndex;
    // Entries that claim to be SOCI indexes are kept, whatever they contain.
    if (sociIndex === undefined && (sociDigests.has(digest) || claimsToBeSociIndex(entry))) return;
    const bytes = manifests.get(digest);
    if (bytes === undefined) {
      if (sociIndex === undefined) return;
      throw new Error(`the manifest ${digest} was not given for conversion`);
    }
    const isToBeImage = sociIndex !== undefined || entry.mediaType === dockerManifestType;
    const manifest = isToBeImage ? parseManifest(bytes) : parseIfManifest(entry, bytes);
    if (manifest === undefined) return;
    const { subject } = manifest;
    if (subject !== undefined) rewrite(subject.digest);
    const newSubject = subject && followSubject(subject, rewritten.get(subject.digest)?.encoded);
    if (!isToBeImage && newSubject === subject) return;
    rewritten.set(
      digest,
      rewriteManifest({ ...manifest, ...(newSubject && { subject: newSubject }) }, entry, sociIndex),
    );
  };
  for (const { digest } of index.manifests) rewrite(digest);
  return rewritten;
}

function rewriteManifest(
  manifest: ImageManifest,
  { mediaType }: Descriptor,
  sociIndex: PlatformIndex['sociIndex'] | undefined,
): RewrittenManifest {
  if (sociIndex === undefined && mediaType !== dockerManifestType) {
    return { encoded: encodeManifest({ ...manifest, mediaType: ociManifestType }), addedAnnotations: {} };
  }
  const annotations = {
    ...manifest.annotations,
    ...(sociIndex && { [sociIndexDigestAnnotation]: sociIndex.digest }),
  };
  const encoded = encodeManifest({
    ...manifest,
    mediaType: ociManifestType,
    // The config's bytes are the same; an OCI manifest needs OCI's config type.
    config: { ...manifest.config, mediaType: ociConfigType },
    annotations,
  });
  return { encoded, addedAnnotations: sociIndex === undefined ? {} : annotations };
}

/** A manifest of another kind, or a damaged one, has no subject to update. */
function parseIfManifest({ mediaType }: Descriptor, bytes: Uint8Array): ImageManifest | undefined {
  if (!isManifestType(mediaType)) return undefined;
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** The subject itself, if its manifest was not rewritten. */
function followSubject(subject: Descriptor, manifest: EncodedManifest | undefined): Descriptor {
  if (manifest === undefined || manifest.digest === subject.digest) return subject;
  const { mediaType, digest, bytes } = manifest;
  return { ...subject, mediaType, digest, size: bytes.length };
}

/**
 * The entry for the new manifest. `data` keeps the old manifest's bytes, as in the reference: no client trusts it.
 */
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

function sociEntriesOf(
  platformIndexes: readonly PlatformIndex[],
  newDigests: ReadonlyMap<Digest, Digest>,
): SociEntry[] {
  return platformIndexes.map(({ platform, entry, sociIndex }, position) => {
    // If one manifest serves two platforms, the reference names it only in the first one's SOCI index entry.
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

/** Each replaces the SOCI indexes for its platform, or is appended. */
function placeSociIndexes(
  entries: readonly Descriptor[],
  sociEntries: readonly SociEntry[],
  sociDigests: ReadonlySet<Digest>,
): readonly Descriptor[] {
  const waiting = new Map(sociEntries.map((entry) => [platformKey(entry.platform), entry]));
  const replaced = new Set(waiting.keys());
  const placed = entries.flatMap((entry) => {
    const key = sociIndexKey(entry, sociDigests);
    if (key === undefined || !replaced.has(key)) return [entry];
    const successor = waiting.get(key);
    waiting.delete(key);
    return successor === undefined ? [] : [successor];
  });
  return [...placed, ...waiting.values()];
}

/** The key of a SOCI index's platform; undefined for other entries. */
function sociIndexKey(
  { digest, platform }: Descriptor,
  sociDigests: ReadonlySet<Digest>,
): string | undefined {
  return sociDigests.has(digest) && platform ? platformKey(platform) : undefined;
}
