// Checks of SOCI indexes that only doctor makes: whether their zTOCs are in the repository, and whether an index is in the
// wrong place. image/soci-indexes.ts finds the indexes.
import {
  type ContentProbe,
  type ContentReader,
  NotFoundError,
  StoreError,
} from '../content/content-store.ts';
import { tryListReferrers } from '../content/referrer.ts';
import { FormatError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { parseIndex } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { findIndexGaps, type Gap } from '../image/gaps.ts';
import { findSociIndexes, type PlatformSociIndexes } from '../image/soci-indexes.ts';
import type { SourceImage } from '../image/source-image.ts';
import { sociIndexTypes } from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

export type ExaminedStore = ContentReader & ContentProbe;

export interface ExaminedIndexes extends PlatformSociIndexes {
  /** Their missing parts. */
  readonly gaps: readonly Gap[];
  /** V1 indexes that are listed at the fallback tag, but not by the registry's API. */
  readonly onlyByFallbackTag: readonly Digest[];
  /** V1 indexes that refer to the image index instead of the platform's manifest. */
  readonly onImageIndex: readonly Digest[];
  /** Checked only if there is a V1 index. */
  readonly referrersApi: boolean;
}

/**
 * Examines the SOCI indexes of a platform. @throws What the store throws, unless something is missing or damaged.
 */
export async function examineIndexes(
  store: ExaminedStore,
  image: SourceImage,
  platform: PlatformImage,
): Promise<ExaminedIndexes> {
  const { entry } = platform;
  const indexes = await findSociIndexes(store, image, platform);
  const { v1, v2 } = indexes;
  const gaps: Gap[] = [];
  for (const found of [v2?.found, ...v1.listed]) {
    if (found?.kind === 'present') gaps.push(...(await findIndexGaps(store, [found])));
  }
  const common = { ...indexes, gaps };
  if (v1.problem !== undefined) {
    return { ...common, onlyByFallbackTag: [], onImageIndex: [], referrersApi: true };
  }
  if (v1.listed.length > 0) {
    const referrersApi = await store.hasReferrersApi(entry.digest);
    return { ...common, onlyByFallbackTag: [], onImageIndex: [], referrersApi };
  }
  const onlyByFallbackTag = await listAtFallbackTag(store, entry.digest);
  const onImageIndex =
    image.digest === entry.digest
      ? []
      : (await tryListReferrers(store, image.digest, sociIndexTypes.V1)).referrers;
  return {
    ...common,
    onlyByFallbackTag,
    onImageIndex: onImageIndex.map(({ digest }) => digest),
    referrersApi: true,
  };
}

/** The tag at which clients list a manifest's referrers for a registry without the API. */
export function fallbackTagOf(digest: Digest): string {
  return digest.replace(':', '-');
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
