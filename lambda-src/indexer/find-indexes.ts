// The SOCI indexes that an image has, found as a runtime finds them: V2 by the manifest's annotation, V1 as referrers.
import { type ContentReader, NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest, Platform } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { findSociIndex } from '../core/soci/conversion.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import { parseSociIndex, type SociIndex, sociIndexTypes } from '../core/soci/soci-index.ts';
import type { ImageSkipReason } from './outcome.ts';
import { type PlatformImage, readPlatformImages, readSourceImage } from './source-image.ts';

export interface FoundIndex extends SociIndex {
  readonly digest: Digest;
  /** Its manifest. */
  readonly bytes: Uint8Array;
}

/** What is no SOCI index of the manifest in whose list of referrers it stands. */
export interface PassedOver {
  readonly digest: Digest;
  /** The second half of a sentence. */
  readonly reason: string;
}

export interface Referrers {
  readonly indexes: readonly FoundIndex[];
  readonly passedOver: readonly PassedOver[];
}

export interface PlatformIndexes extends PlatformImage {
  readonly indexes: readonly FoundIndex[];
  /** Why its referrers, and so its V1 indexes, are unknown, if they are. */
  readonly referrersProblem?: string;
}

export type ImageIndexes =
  | { readonly kind: 'image'; readonly digest: Digest; readonly platforms: readonly PlatformIndexes[] }
  /** The reference is that of a SOCI index itself. */
  | { readonly kind: 'soci index'; readonly index: FoundIndex }
  | { readonly kind: 'none'; readonly digest: Digest; readonly reason: ImageSkipReason };

/**
 * Reads an image's SOCI indexes, no zTOC.
 *
 * @param wanted Platforms to look at; all of the image's by default.
 * @throws NotFoundError if the image, or an index that it names, is not there; FormatError where one is damaged.
 */
export async function findSociIndexes(
  store: ContentReader,
  reference: string,
  wanted?: readonly Platform[],
  signal?: AbortSignal,
): Promise<ImageIndexes> {
  const stored = await store.fetchManifest(reference, signal);
  if (!isIndexType(stored.mediaType) && manifestKindOf(parseManifest(stored.bytes)) === 'soci-index') {
    return { kind: 'soci index', index: describeIndex(stored) };
  }
  const image = await readSourceImage(store, stored, wanted, signal);
  if (image.kind === 'none') return { kind: 'none', digest: stored.digest, reason: image.reason };

  const platforms: PlatformIndexes[] = [];
  for (const platform of readPlatformImages(image)) {
    const indexes: FoundIndex[] = [];
    const converted = findSociIndex(image.index, platform.manifest);
    if (converted !== undefined)
      indexes.push(describeIndex(await store.fetchManifest(converted.digest, signal)));
    const referrers = await tryReadReferrers(store, platform.entry.digest, signal);
    indexes.push(...referrers.indexes);
    const { problem } = referrers;
    platforms.push({ ...platform, indexes, ...(problem !== undefined && { referrersProblem: problem }) });
  }
  return { kind: 'image', digest: stored.digest, platforms };
}

/** SOCI indexes of one manifest that are looked at. There is one, or a few; each costs a request. */
const maximumReferrers = 100;

/**
 * Reads the V1 SOCI indexes that refer to a manifest. A list of referrers is somebody's word, at the fallback tag
 * anybody's: each index must say itself that the manifest is its subject.
 */
export async function readReferrers(
  store: ContentReader,
  subject: Digest,
  signal?: AbortSignal,
): Promise<Referrers> {
  return readListed(store, subject, await store.listReferrers(subject, sociIndexTypes.V1, signal), signal);
}

/** As `readReferrers`, for a command that only reads: there are none, with the reason, if the store cannot list them. */
export async function tryReadReferrers(
  store: ContentReader,
  subject: Digest,
  signal?: AbortSignal,
): Promise<Referrers & { readonly problem?: string }> {
  const { referrers, ...problem } = await tryListReferrers(store, subject, sociIndexTypes.V1, signal);
  return { ...(await readListed(store, subject, referrers, signal)), ...problem };
}

async function readListed(
  store: ContentReader,
  subject: Digest,
  listed: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<Referrers> {
  const indexes: FoundIndex[] = [];
  const passedOver: PassedOver[] = [];
  for (const [place, referrer] of listed.entries()) {
    const { digest } = referrer;
    if (place === maximumReferrers) {
      passedOver.push({
        digest,
        reason: `neither it nor those behind it are looked at: there are ${listed.length}`,
      });
      break;
    }
    const read = await readSociIndex(store, referrer, signal);
    if ('reason' in read) passedOver.push({ digest, reason: read.reason });
    else if (read.subject?.digest === subject) indexes.push(read);
    else passedOver.push({ digest, reason: `its subject is ${read.subject?.digest ?? 'nothing'}` });
  }
  return { indexes, passedOver };
}

/** Reads the manifest of a SOCI index; or says why there is none: it is not there, damaged, or something else. */
export async function readSociIndex(
  store: ContentReader,
  { digest }: Pick<Descriptor, 'digest'>,
  signal?: AbortSignal,
): Promise<FoundIndex | Pick<PassedOver, 'reason'>> {
  try {
    return describeIndex(await store.fetchManifest(digest, signal));
  } catch (error) {
    if (error instanceof NotFoundError) return { reason: 'it is not there' };
    if (error instanceof FormatError) return { reason: error.problem };
    if (error instanceof ContentMismatchError) return { reason: error.message };
    throw error;
  }
}

function describeIndex({ digest, bytes }: StoredManifest): FoundIndex {
  return { ...parseSociIndex(bytes), digest, bytes };
}
