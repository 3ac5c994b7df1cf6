// The SOCI index by which a runtime would load a platform of an image.
import type { FoundIndex, PresentIndex } from '../image/soci-indexes.ts';
import type { ExaminedPlatform } from './examined-image.ts';

/**
 * What a runtime that takes its version would use: V2 where the manifest names one, whatever its state, else the first V1
 * that can be used. The snapshotter fetches all zTOCs of an index first, and where one fails it uses none.
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

/** Whether a runtime comes upon any index, whatever its state. */
export function namesAnIndex(platform: ExaminedPlatform): boolean {
  return hasV2(platform) || platform.v1.listed.length > 0;
}

/** Whether the manifest names an index V2, which is then the one that counts. */
export function hasV2({ v2 }: ExaminedPlatform): boolean {
  return v2?.named !== undefined;
}

/** The indexes that a runtime may come upon. */
export function indexesInUse(platform: ExaminedPlatform): readonly FoundIndex[] {
  const { v1, v2 } = platform;
  if (!hasV2(platform)) return v1.listed;
  return v2?.found === undefined ? [] : [v2.found];
}

/** Of the zTOCs of an index those that the repository does not have. */
export function missingZtocsOf(
  { digest }: PresentIndex,
  { gaps }: ExaminedPlatform,
): readonly PresentIndex['digest'][] {
  return gaps.flatMap((gap) => (gap.kind === 'ztoc' && gap.sociIndex === digest ? [gap.digest] : []));
}

/** A list of referrers is somebody's word, at the fallback tag anybody's: the subject of a V1 index tells what it refers to. */
export function refersToPlatform({ subject }: PresentIndex, platform: ExaminedPlatform): boolean {
  return hasV2(platform) || subject?.digest === platform.entry.digest;
}

export function coversALayer({ layers }: PresentIndex, { manifest }: ExaminedPlatform): boolean {
  const covered = new Set(layers.map(({ layerDigest }) => layerDigest));
  return manifest.layers.some(({ digest }) => covered.has(digest));
}
