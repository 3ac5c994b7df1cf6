// The SOCI index by which a runtime would load a platform of an image.
import type { ExaminedPlatform } from './examined-image.ts';
import type { FoundIndex } from './examined-index.ts';

/** An index that is there; whether all of it is, is another question. */
export type PresentIndex = Extract<FoundIndex, { readonly kind: 'there' }>;

/**
 * What a runtime that takes its version would use: V2 where the manifest names one, whatever its state, else the first V1
 * that can be used. The snapshotter fetches all zTOCs of an index first, and where one fails it uses none.
 * https://github.com/awslabs/soci-snapshotter/blob/v0.15.0/fs/artifact_fetcher.go (FetchSociArtifacts)
 */
export function findUsableIndex(platform: ExaminedPlatform): PresentIndex | undefined {
  return indexesInUse(platform).find(
    (found): found is PresentIndex =>
      found.kind === 'there' &&
      found.missingZtocs.length === 0 &&
      refersToPlatform(found, platform) &&
      coversALayer(found, platform),
  );
}

/** The indexes that a runtime may come upon. */
export function indexesInUse({ v1, v2 }: ExaminedPlatform): readonly FoundIndex[] {
  return v2 === undefined ? v1 : [v2];
}

/** A list of referrers is somebody's word, at the fallback tag anybody's: a V1 index says itself what it refers to. */
export function refersToPlatform({ index }: PresentIndex, { entry, v2 }: ExaminedPlatform): boolean {
  return v2 !== undefined || index.subject?.digest === entry.digest;
}

export function coversALayer({ index }: PresentIndex, { manifest }: ExaminedPlatform): boolean {
  const covered = new Set(index.layers.map(({ layerDigest }) => layerDigest));
  return manifest.layers.some(({ digest }) => covered.has(digest));
}
