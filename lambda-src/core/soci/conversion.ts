// Converts an image to SOCI version 2: each image manifest gets an annotation that names its SOCI index, the SOCI indexes
// join the image index, and what referred to a manifest by its old digest follows. Only JSON is written, never a layer.
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

/** The manifests of an image index's entries, by their digests. */
export type ManifestBytes = ReadonlyMap<Digest, Uint8Array>;

/** An image index, and which of its entries are SOCI indexes: their artifact types may be lost. */
export interface IndexWithSoci {
  readonly index: ImageIndex;
  /** Digests of the entries that are SOCI indexes, or would be if they were not missing. */
  readonly sociDigests: ReadonlySet<Digest>;
}

/** What a conversion needs to know of an image. */
export interface ConvertibleImage extends IndexWithSoci {
  /**
   * Those of all entries. One may be absent because the image was copied in part: it stays as it is, unless it is to get a
   * SOCI index.
   */
  readonly manifests: ManifestBytes;
}

/** A platform of the image, with the SOCI index that was made for it. */
export interface PlatformIndex extends PlatformChoice {
  readonly sociIndex: { readonly digest: Digest; readonly size: number };
}

export interface ConvertedImage {
  readonly index: EncodedManifest;
  /** The manifests that the index refers to and that are new, each after its subject. The SOCI indexes are not among them. */
  readonly manifests: readonly EncodedManifest[];
}

/**
 * The image with its SOCI indexes. It equals byte for byte what `soci convert` writes if every entry gets a SOCI index and
 * none has annotations or a subject. Otherwise it keeps what `soci convert` loses:
 *
 * - An entry without a SOCI index keeps its bytes and digest. Exceptions: a Docker manifest becomes OCI's, because
 *   registries refuse an OCI index that mixes them; and a `subject` follows.
 * - An entry keeps its annotations. If it gets a SOCI index, its manifest's annotations are added and prevail.
 * - BuildKit's attestations, and the SOCI indexes that stay, point to the new digests of their images: their entries by
 *   annotations, and a manifest by its `subject`, so that its own digest changes too.
 *
 * No manifest of the result names one of the source that was rewritten. Converting the result again changes nothing, and
 * with other platforms adds to it: a SOCI index takes the place of one that is already there for its platform.
 *
 * @throws FormatError if a manifest that is to get a SOCI index, or that is of Docker's type, is not the manifest of an image.
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
 * The entry of the SOCI index that an image's manifest names: what a snapshotter would find. Undefined if the manifest
 * names none, or one that is not in the same image index.
 */
export function findSociIndex(
  { index, sociDigests }: IndexWithSoci,
  manifest: ImageManifest,
): Descriptor | undefined {
  const digest = manifest.annotations?.[sociIndexDigestAnnotation];
  return index.manifests.find((entry) => entry.digest === digest && sociDigests.has(entry.digest));
}

/** The SOCI index for a platform, by the platform that its entry names. */
export function findPlatformSociIndex(
  { index, sociDigests }: IndexWithSoci,
  platform: Platform,
): Descriptor | undefined {
  const key = platformKey(platform);
  return index.manifests.find((entry) => sociIndexKey(entry, sociDigests) === key);
}

/**
 * Whether the target is what the image becomes by conversion with the SOCI indexes that the target has: then the target
 * was made of this very image, and there is nothing to do. False if the target has no SOCI index for one of the platforms.
 *
 * @param choices The platforms that must have one: those with a layer to index.
 * @throws FormatError as `convertImage`.
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

/** The digest that an image index had before a tool dropped the artifact types of its SOCI indexes. */
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
  /** What its entry gets of its annotations. */
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
    // What claims to be a SOCI index stays as it is, whatever it turns out to be.
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
    // The config's bytes are the same in both; only a config of OCI's type makes the manifest an OCI image.
    config: { ...manifest.config, mediaType: ociConfigType },
    annotations,
  });
  return { encoded, addedAnnotations: sociIndex === undefined ? {} : annotations };
}

/** Another kind of manifest, or one that is damaged, has no subject that could follow. */
function parseIfManifest({ mediaType }: Descriptor, bytes: Uint8Array): ImageManifest | undefined {
  if (!isManifestType(mediaType)) return undefined;
  try {
    return parseManifest(bytes);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** The subject itself if its manifest was not rewritten. */
function followSubject(subject: Descriptor, manifest: EncodedManifest | undefined): Descriptor {
  if (manifest === undefined || manifest.digest === subject.digest) return subject;
  const { mediaType, digest, bytes } = manifest;
  return { ...subject, mediaType, digest, size: bytes.length };
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

function sociEntriesOf(
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

/** Each takes the place of the SOCI indexes for the same platform, or the last place. */
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

/** The key of the platform that a SOCI index is for; undefined for other entries. */
function sociIndexKey(
  { digest, platform }: Descriptor,
  sociDigests: ReadonlySet<Digest>,
): string | undefined {
  return sociDigests.has(digest) && platform ? platformKey(platform) : undefined;
}
