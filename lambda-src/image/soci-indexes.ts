// The SOCI indexes that an image has. Every command finds them here, as a runtime finds them: V2 by the annotation of the
// image's manifest, V1 as referrers. Only manifests are read, no zTOC; what is missing or damaged is a value.
// https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/fs/fs.go (findSociIndexDesc)
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { type Descriptor, type Digest, isDigest, type Platform } from '../core/oci/descriptor.ts';
import { type ImageIndex, parseManifest } from '../core/oci/manifest.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import { platformKey } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { sociIndexDigestAnnotation } from '../core/soci/manifest-kind.ts';
import {
  parseSociIndex,
  type SociIndex,
  sociIndexTypes,
  sociIndexVersionOf,
} from '../core/soci/soci-index.ts';
import type { PlatformImage } from './source-image.ts';

/** A SOCI index whose manifest was read. */
export interface PresentIndex extends SociIndex {
  readonly kind: 'present';
  readonly digest: Digest;
  /** Its manifest. */
  readonly bytes: Uint8Array;
}

/**
 * What the digest of a SOCI index leads to.
 *
 * - `missing`: the store does not have it
 * - `damaged`: its bytes do not have this digest, or are no manifest
 * - `other`: a manifest, but not that of a SOCI index
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

/** The SOCI index V2 of one manifest in an image. */
export interface EmbeddedIndex {
  /** The annotation of the manifest. Without it no runtime finds the index, which only lies beside the manifest. */
  readonly named: string | undefined;
  /** Undefined if `named` is not a digest. */
  readonly found: FoundIndex | undefined;
  /** The entries of the image index for it. */
  readonly entries: readonly Descriptor[];
}

/** The SOCI indexes V1 of one manifest. */
export interface ReferringIndexes {
  /** What the list of referrers names, in its order, at most `maximumReferrers`. */
  readonly listed: readonly FoundIndex[];
  /** Of these the SOCI indexes whose subject is the manifest: a list of referrers may name anything. */
  readonly indexes: readonly PresentIndex[];
  /** Referrers beyond the bound. */
  readonly unread: number;
  /** Why the store cannot list the referrers, if it cannot: whether there are any is then unknown. */
  readonly problem?: string;
}

export interface PlatformSociIndexes {
  readonly v2: EmbeddedIndex | undefined;
  readonly v1: ReferringIndexes;
}

/**
 * SOCI indexes V1 of one manifest that are read. There is one, or a few; each costs a request. At the fallback tag anybody
 * may list any number.
 */
const maximumReferrers = 100;

/**
 * The SOCI indexes of one platform of an image, for a command that only reads. An image whose index is V2 needs no
 * referrers, so that a store that cannot list them is no error here.
 *
 * @param image Its image index; undefined if only the manifest is known.
 */
export async function findSociIndexes(
  store: ContentReader,
  image: ImageIndex | undefined,
  platform: PlatformImage,
  signal?: AbortSignal,
): Promise<PlatformSociIndexes> {
  return {
    v2: await findEmbeddedIndex(store, image, platform, signal),
    v1: await tryFindReferringIndexes(store, platform.entry.digest, signal),
  };
}

/** The SOCI index V2 of a platform: the one that its manifest names, else the one beside it for the same platform. */
export async function findEmbeddedIndex(
  store: ContentReader,
  image: ImageIndex | undefined,
  { manifest, platform }: PlatformImage,
  signal?: AbortSignal,
): Promise<EmbeddedIndex | undefined> {
  const named = manifest.annotations?.[sociIndexDigestAnnotation];
  const manifests = image?.manifests ?? [];
  if (named === undefined) {
    const beside = manifests.find((entry) => isSociEntryFor(entry, platform));
    if (beside === undefined) return undefined;
    return { named, found: await readSociIndex(store, beside.digest, signal), entries: [beside] };
  }
  const entries = manifests.filter(({ digest }) => digest === named);
  return { named, found: isDigest(named) ? await readSociIndex(store, named, signal) : undefined, entries };
}

/** The SOCI indexes V2 in an image index, whatever its manifests name. */
export async function readSociEntries(
  store: ContentReader,
  { manifests }: ImageIndex,
  signal?: AbortSignal,
): Promise<readonly SociEntry[]> {
  const sociEntries: SociEntry[] = [];
  for (const entry of manifests) {
    if (sociIndexVersionOf(entry.artifactType) !== 'V2') continue;
    sociEntries.push({ entry, found: await readSociIndex(store, entry.digest, signal) });
  }
  return sociEntries;
}

/** The SOCI indexes V1 that refer to a manifest. @throws What the store throws, also if it cannot list referrers. */
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

/** Reads the manifest of a SOCI index. @throws What the store throws, other than that it is missing or damaged. */
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

/** What is wrong with an index that is not present, as the second half of a sentence. */
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

/** The indexes of a platform that were read, V2 first: those by which a runtime could load it. */
export function presentIndexesOf({ v2, v1 }: PlatformSociIndexes): readonly PresentIndex[] {
  return v2?.named !== undefined && v2.found?.kind === 'present' ? [v2.found, ...v1.indexes] : v1.indexes;
}

/** @throws FormatError if the manifest is not that of a SOCI index. */
export function presentIndexOf({ digest, bytes }: StoredManifest): PresentIndex {
  return { kind: 'present', ...parseSociIndex(bytes), digest, bytes };
}

function isSociEntryFor({ artifactType, platform }: Descriptor, wanted: Platform): boolean {
  if (platform === undefined || sociIndexVersionOf(artifactType) !== 'V2') return false;
  return platformKey(platform) === platformKey(wanted);
}
