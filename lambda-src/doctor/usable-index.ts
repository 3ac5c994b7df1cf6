// The SOCI index with which a runtime would load a platform.
import type { FoundIndex, PresentIndex } from '../image/soci-indexes.ts';
import type { ExaminedPlatform } from './examined-image.ts';

/**
 * The index that a runtime would use. If the manifest names a V2 index, only that one counts, usable or not; otherwise it is
 * the first usable V1 index. The snapshotter fetches all zTOCs of an index first, and if one fails, it uses none.
 * https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/fs/artifact_fetcher.go (FetchSociArtifacts)
 */
export function findUsableIndex(platform: ExaminedPlatform): PresentIndex | undefined {
  return indexesInUse(platform).find(
    (found): found is PresentIndex =>
      found.kind === 'present' &&
      missingZtocsOf(found, platform).length === 0 &&
      refersToPlatform(found, platform) &&
      coversALayer(found, platform),
  );
}

/** Whether a runtime finds any index, usable or not. */
export function namesAnIndex(platform: ExaminedPlatform): boolean {
  return hasV2(platform) || platform.v1.listed.length > 0;
}

/** Whether the manifest names a V2 index, which then takes precedence. */
export function hasV2({ v2 }: ExaminedPlatform): boolean {
  return v2?.named !== undefined;
}

/** The indexes that a runtime may find. */
export function indexesInUse(platform: ExaminedPlatform): readonly FoundIndex[] {
  const { v1, v2 } = platform;
  if (!hasV2(platform)) return v1.listed;
  return v2?.found === undefined ? [] : [v2.found];
}

/** zTOCs of an index that are missing from the repository. */
export function missingZtocsOf(
  { digest }: PresentIndex,
  { gaps }: ExaminedPlatform,
): readonly PresentIndex['digest'][] {
  return gaps.flatMap((gap) => (gap.kind === 'ztoc' && gap.sociIndex === digest ? [gap.digest] : []));
}

/**
 * Anybody can write a list of referrers to the fallback tag, so only the subject of a V1 index decides what it refers to.
 */
export function refersToPlatform({ subject }: PresentIndex, platform: ExaminedPlatform): boolean {
  return hasV2(platform) || subject?.digest === platform.entry.digest;
}

export function coversALayer({ layers }: PresentIndex, { manifest }: ExaminedPlatform): boolean {
  const covered = new Set(layers.map(({ layerDigest }) => layerDigest));
  return manifest.layers.some(({ digest }) => covered.has(digest));
}
