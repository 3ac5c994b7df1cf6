// The SOCI indexes that a runtime would find for one platform of an image, looked for as the SOCI snapshotter does: the
// annotation of the image's manifest first, which is V2, then the manifest's referrers, which are V1.
// https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/fs/fs.go (findSociIndexDesc)
import { type ContentProbe, type ContentReader, NotFoundError, StoreError } from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { type Digest, isDigest } from '../core/oci/descriptor.ts';
import { parseIndex } from '../core/oci/manifest.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import { sociIndexDigestAnnotation } from '../core/soci/manifest-kind.ts';
import { parseSociIndex, type SociIndex, sociIndexTypes } from '../core/soci/soci-index.ts';
import type { PlatformImage, SourceImage } from '../indexer/source-image.ts';

export type ExaminedStore = ContentReader & ContentProbe;

/** A SOCI index as it is found where something points to it. */
export type FoundIndex =
  | {
      readonly kind: 'there';
      readonly digest: Digest;
      readonly index: SociIndex;
      /** Its zTOCs that the repository does not have. */
      readonly missingZtocs: readonly Digest[];
    }
  | { readonly kind: 'missing'; readonly digest: Digest }
  | { readonly kind: 'unreadable'; readonly digest: string; readonly problem: string }
  /** A manifest of a type that runtimes no longer read. */
  | { readonly kind: 'old format'; readonly digest: Digest; readonly mediaType: string };

export interface PlatformSociIndexes {
  /** What the manifest's annotation names, if it has one. */
  readonly v2: FoundIndex | undefined;
  /** The referrers of the manifest, in the order in which they are listed. */
  readonly v1: readonly FoundIndex[];
  /** V1 indexes that are in the list at the fallback tag, and not in that of the registry's API. */
  readonly onlyByFallbackTag: readonly Digest[];
  /** V1 indexes that refer to the image index instead of the platform's manifest. */
  readonly onImageIndex: readonly Digest[];
  /** Asked only where there is a V1 index. */
  readonly referrersApi: boolean;
  /** Why the referrers are unknown, if they are. */
  readonly referrersProblem?: string;
}

/** Referrers that are looked at. There is one, or a few. */
const maximumReferrers = 20;

/** Questions at a time whether a zTOC is there. */
const questionsAtOnce = 8;

/** Reads the SOCI indexes of a platform. @throws What the store throws, other than that something is not there or damaged. */
export async function readSociIndexes(
  store: ExaminedStore,
  image: SourceImage,
  { entry, manifest }: PlatformImage,
): Promise<PlatformSociIndexes> {
  const named = manifest.annotations?.[sociIndexDigestAnnotation];
  const v2 = named === undefined ? undefined : await readNamedIndex(store, named);
  const { referrers: listed, problem } = await tryListReferrers(store, entry.digest, sociIndexTypes.V1);
  if (problem !== undefined) {
    return {
      v2,
      v1: [],
      onlyByFallbackTag: [],
      onImageIndex: [],
      referrersApi: true,
      referrersProblem: problem,
    };
  }
  const v1: FoundIndex[] = [];
  for (const { digest, mediaType } of listed.slice(0, maximumReferrers)) {
    v1.push(
      isManifestType(mediaType)
        ? await readFoundIndex(store, digest)
        : { kind: 'old format', digest, mediaType },
    );
  }

  if (listed.length > 0) {
    const referrersApi = await store.hasReferrersApi(entry.digest);
    return { v2, v1, onlyByFallbackTag: [], onImageIndex: [], referrersApi };
  }
  const onlyByFallbackTag = await listAtFallbackTag(store, entry.digest);
  const onImageIndex =
    image.digest === entry.digest
      ? []
      : (await tryListReferrers(store, image.digest, sociIndexTypes.V1)).referrers;
  return {
    v2,
    v1,
    onlyByFallbackTag,
    onImageIndex: onImageIndex.map(({ digest }) => digest),
    referrersApi: true,
  };
}

/** Where clients keep the list of a manifest's referrers for a registry that has no API for it. */
export function fallbackTagOf(digest: Digest): string {
  return digest.replace(':', '-');
}

async function readNamedIndex(store: ExaminedStore, named: string): Promise<FoundIndex> {
  if (isDigest(named)) return readFoundIndex(store, named);
  return { kind: 'unreadable', digest: named, problem: 'that is no digest' };
}

async function readFoundIndex(store: ExaminedStore, digest: Digest): Promise<FoundIndex> {
  try {
    const { bytes } = await store.fetchManifest(digest);
    const index = parseSociIndex(bytes);
    return { kind: 'there', digest, index, missingZtocs: await findMissingZtocs(store, index) };
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'missing', digest };
    if (error instanceof FormatError || error instanceof ContentMismatchError) {
      return { kind: 'unreadable', digest, problem: error.message };
    }
    throw error;
  }
}

async function findMissingZtocs(store: ExaminedStore, { layers }: SociIndex): Promise<readonly Digest[]> {
  const digests = [...new Set(layers.map(({ ztoc }) => ztoc.digest))];
  const missing: Digest[] = [];
  for (let first = 0; first < digests.length; first += questionsAtOnce) {
    const asked = digests.slice(first, first + questionsAtOnce);
    const answers = await Promise.all(asked.map((digest) => store.hasBlob(digest)));
    missing.push(...asked.filter((_, position) => answers[position] === false));
  }
  return missing;
}

async function listAtFallbackTag(store: ExaminedStore, subject: Digest): Promise<readonly Digest[]> {
  try {
    const { mediaType, bytes } = await store.fetchManifest(fallbackTagOf(subject));
    if (!isIndexType(mediaType)) return [];
    return parseIndex(bytes).manifests.flatMap(({ artifactType, digest }) =>
      artifactType === sociIndexTypes.V1 ? [digest] : [],
    );
  } catch (error) {
    if ([NotFoundError, FormatError, StoreError].some((kind) => error instanceof kind)) return [];
    throw error;
  }
}
