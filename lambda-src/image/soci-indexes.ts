// Finds the SOCI indexes of an image, for every command, in the same way as a runtime: V2 through the annotation in the
// image's manifest, V1 as referrers. Reads only manifests, no zTOCs. A missing or damaged index is a value, not an error.
// https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/fs/fs.go (findSociIndexDesc)
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { type Descriptor, type Digest, isDigest, type Platform } from '../core/oci/descriptor.ts';
import { type ImageIndex, parseIndex, parseManifest } from '../core/oci/manifest.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import { platformKey } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { IndexWithSoci } from '../core/soci/conversion.ts';
import { claimedSociDigests } from '../core/soci/soci-entry.ts';
import { parseSociIndex, type SociIndex, sociIndexVersionOf } from '../core/soci/soci-index.ts';
import { sociIndexTypes, sociIndexDigestAnnotation } from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

/** A SOCI index whose manifest was read. */
export interface PresentIndex extends SociIndex {
  readonly kind: 'present';
  readonly digest: Digest;
  /** Its manifest. */
  readonly bytes: Uint8Array;
}

/**
 * What the digest of a SOCI index points to.
 *
 * - `missing`: not in the store
 * - `damaged`: its bytes do not have this digest, or are not a manifest
 * - `other`: a manifest, but not of a SOCI index
 * - `old-format`: a manifest of a type that runtimes no longer read
 */
export type FoundIndex =
  | PresentIndex
  | { readonly kind: 'missing'; readonly digest: Digest }
  /** `problem` is the second half of a sentence. */
  | { readonly kind: 'damaged' | 'other'; readonly digest: Digest; readonly problem: string }
  | { readonly kind: 'old-format'; readonly digest: Digest; readonly mediaType: string };

/** An entry of an image index that claims to be a SOCI index. */
export interface SociEntry {
  readonly entry: Descriptor;
  readonly found: FoundIndex;
}

/** The V2 SOCI index of one manifest in an image. */
export interface EmbeddedIndex {
  /**
   * The digest in the manifest's annotation. Without the annotation, the index is only listed in the image index, and
   * runtimes do not find it.
   */
  readonly named: string | undefined;
  /** Undefined if `named` is not a digest. */
  readonly found: FoundIndex | undefined;
  /** The index's entries in the image index. */
  readonly entries: readonly Descriptor[];
}

/** The V1 SOCI indexes of one manifest. */
export interface ReferringIndexes {
  /** The referrers in listed order, at most `maximumReferrers`. */
  readonly listed: readonly FoundIndex[];
  /**
   * The listed referrers that are SOCI indexes with this manifest as their subject. A list of referrers may contain
   * anything.
   */
  readonly indexes: readonly PresentIndex[];
  /** Number of referrers beyond the limit. */
  readonly unread: number;
  /** Why the store cannot list the referrers. It is then unknown whether there are any. */
  readonly problem?: string;
}

export interface PlatformSociIndexes {
  readonly v2: EmbeddedIndex | undefined;
  readonly v1: ReferringIndexes;
}

/**
 * Maximum total size. The manifests of all SOCI indexes in one image index are in memory at the same time. A manifest for a
 * hundred layers has 50 KiB.
 */
const maximumSociIndexesBytes = 32 * 1024 * 1024;

/**
 * Maximum number of V1 SOCI indexes to read for one manifest. Usually there are only a few, and each costs a request; but
 * anyone can list any number at the fallback tag.
 */
const maximumReferrers = 100;

/** The image index that contains a manifest. */
export interface IndexEntries {
  readonly index: ImageIndex;
  /** The entries that claim to be SOCI indexes. */
  readonly sociEntries: readonly SociEntry[];
}

/**
 * The SOCI indexes of one platform, for a command that only reads. A V2 image needs no referrers, so a store that cannot
 * list them is not an error here.
 */
export async function findSociIndexes(
  store: ContentReader,
  image: IndexEntries,
  platform: PlatformImage,
  signal?: AbortSignal,
): Promise<PlatformSociIndexes> {
  return {
    v2: await findEmbeddedIndex(store, image, platform, signal),
    v1: await tryFindReferringIndexes(store, platform.entry.digest, signal),
  };
}

/**
 * The V2 SOCI index of a platform: the one that its manifest names, or else the one listed for the same platform.
 */
export async function findEmbeddedIndex(
  store: ContentReader,
  { index, sociEntries }: IndexEntries,
  { manifest, platform }: PlatformImage,
  signal?: AbortSignal,
): Promise<EmbeddedIndex | undefined> {
  const named = manifest.annotations?.[sociIndexDigestAnnotation];
  if (named === undefined) {
    const beside = sociEntries.find(({ entry, found }) => found.kind !== 'other' && isFor(entry, platform));
    return beside && { named, found: beside.found, entries: [beside.entry] };
  }
  const entries = index.manifests.filter(({ digest }) => digest === named);
  if (!isDigest(named)) return { named, found: undefined, entries };
  const known = sociEntries.find(({ entry }) => entry.digest === named);
  return { named, found: known?.found ?? (await readSociIndex(store, named, signal)), entries };
}

/**
 * The entries of an image index that claim to be V2 SOCI indexes, with what each of them points to.
 *
 * @param isWanted Which of them to read. @default all
 */
export async function readSociEntries(
  store: ContentReader,
  index: ImageIndex,
  signal?: AbortSignal,
  isWanted: (entry: Descriptor) => boolean = () => true,
): Promise<readonly SociEntry[]> {
  const sociEntries: SociEntry[] = [];
  const claimed = claimedSociDigests(index);
  const read = new Map<Digest, FoundIndex>();
  let bytes = 0;
  for (const entry of index.manifests) {
    if (!claimed.has(entry.digest) || !isWanted(entry)) continue;
    const found = read.get(entry.digest) ?? (await readSociIndex(store, entry.digest, signal));
    if (!read.has(entry.digest) && found.kind === 'present') bytes += found.bytes.length;
    if (bytes > maximumSociIndexesBytes) {
      throw new FormatError(
        'manifest',
        `the SOCI indexes of one image have more than ${maximumSociIndexesBytes} bytes`,
      );
    }
    read.set(entry.digest, found);
    sociEntries.push({ entry, found });
  }
  return sociEntries;
}

/**
 * The digests of the entries that are SOCI indexes. Missing and damaged ones count as well; other kinds of manifests do
 * not.
 */
export function recognizedDigests(sociEntries: readonly SociEntry[]): ReadonlySet<Digest> {
  return new Set(sociEntries.flatMap(({ entry, found }) => (found.kind === 'other' ? [] : [entry.digest])));
}

/**
 * The V1 SOCI indexes that refer to a manifest. @throws Any error from the store, including a failure to list referrers.
 */
export async function findReferringIndexes(
  store: ContentReader,
  subject: Digest,
  signal?: AbortSignal,
): Promise<ReferringIndexes> {
  return readReferrers(store, subject, await store.listReferrers(subject, sociIndexTypes.V1, signal), signal);
}

async function tryFindReferringIndexes(
  store: ContentReader,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<ReferringIndexes> {
  const { referrers, ...problem } = await tryListReferrers(store, subject, sociIndexTypes.V1, signal);
  return { ...(await readReferrers(store, subject, referrers, signal)), ...problem };
}

async function readReferrers(
  store: ContentReader,
  subject: Digest,
  referrers: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<ReferringIndexes> {
  const listed: FoundIndex[] = [];
  for (const { digest, mediaType } of referrers.slice(0, maximumReferrers)) {
    listed.push(
      isManifestType(mediaType)
        ? await readSociIndex(store, digest, signal)
        : { kind: 'old-format', digest, mediaType },
    );
  }
  const indexes = listed.filter(
    (found): found is PresentIndex => found.kind === 'present' && found.subject?.digest === subject,
  );
  return { listed, indexes, unread: Math.max(0, referrers.length - maximumReferrers) };
}

/** An image index with its SOCI indexes. */
export interface ReadIndex extends IndexWithSoci, IndexEntries {
  readonly digest: Digest;
}

/**
 * The image index at a tag, or undefined if it has no V2 SOCI index. @throws FormatError if the image index is damaged.
 */
export async function readV2Image(
  store: ContentReader,
  { mediaType, digest, bytes }: StoredManifest,
  signal?: AbortSignal,
): Promise<ReadIndex | undefined> {
  if (!isIndexType(mediaType)) return undefined;
  const index = parseIndex(bytes);
  const sociEntries = await readSociEntries(store, index, signal);
  const sociDigests = recognizedDigests(sociEntries);
  return sociDigests.size === 0 ? undefined : { digest, index, sociEntries, sociDigests };
}

/**
 * Reads the manifest of a SOCI index. @throws Any error from the store, unless the manifest is missing or damaged.
 */
export async function readSociIndex(
  store: ContentReader,
  digest: Digest,
  signal?: AbortSignal,
): Promise<FoundIndex> {
  try {
    const stored = await store.fetchManifest(digest, signal);
    if (isIndexType(stored.mediaType)) {
      return { kind: 'other', digest, problem: `it is of type ${stored.mediaType}` };
    }
    const { config } = parseManifest(stored.bytes);
    if (sociIndexVersionOf(config.mediaType) === undefined) {
      const problem = `manifest ${digest}: not a SOCI index, its config is ${quoteText(config.mediaType)}`;
      return { kind: 'other', digest, problem };
    }
    return presentIndexOf(stored);
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'missing', digest };
    if (error instanceof FormatError) return { kind: 'damaged', digest, problem: error.problem };
    if (error instanceof ContentMismatchError) return { kind: 'damaged', digest, problem: error.message };
    throw error;
  }
}

/** Why an index is not present, as the second half of a sentence. */
export function flawOf(found: Exclude<FoundIndex, PresentIndex>): string {
  switch (found.kind) {
    case 'missing':
      return 'it is missing';
    case 'damaged':
    case 'other':
      return found.problem;
    case 'old-format':
      return `its manifest is of type ${quoteText(found.mediaType)}`;
  }
}

/** The indexes with which a runtime could load the platform, V2 first. */
export function presentIndexesOf({ v2, v1 }: PlatformSociIndexes): readonly PresentIndex[] {
  return v2?.named !== undefined && v2.found?.kind === 'present' ? [v2.found, ...v1.indexes] : v1.indexes;
}

/** @throws FormatError if the manifest is not that of a SOCI index. */
export function presentIndexOf({ digest, bytes }: StoredManifest): PresentIndex {
  return { kind: 'present', ...parseSociIndex(bytes), digest, bytes };
}

function isFor({ platform }: Descriptor, wanted: Platform): boolean {
  return platform !== undefined && platformKey(platform) === platformKey(wanted);
}
