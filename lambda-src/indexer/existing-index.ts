// Determines which indexes an image already has, and whether anything is left to do. Reads no layers.
import type { ContentReader } from '../content/content-store.ts';
import { fetchUnlessMissing } from '../content/fetch-unless-missing.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { findPlatformSociIndex, isConversionOf } from '../core/soci/conversion.ts';
import type { LayerChoice } from '../core/soci/layer-selection.ts';
import type { SociIndex } from '../core/soci/soci-index.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import { findImageGaps, type Gap } from '../image/gaps.ts';
import { type PresentIndex, readV2Image } from '../image/soci-indexes.ts';
import type { SourceImage } from '../image/source-image.ts';

/** The settings that decide whether a SOCI index equals the one that we would build. */
export interface IndexSettings {
  readonly spanSizeBytes: number;
  readonly buildToolIdentifier: string;
}

/** A platform's manifest, with the choice for each of its layers. */
export interface PlatformLayers extends PlatformImage {
  readonly layers: readonly LayerChoice[];
  /** Files to prefetch. @default none */
  readonly prefetchFiles?: readonly string[];
}

/**
 * What the target tag of a V2 conversion points to.
 *
 * - `nothing`: the tag does not exist
 * - `same`: the SOCI image of this source, made with these settings
 * - `other settings`: the SOCI image of this source, made with other settings
 * - `other image`: the SOCI image of another source, usually of an earlier push of the same tag
 * - `taken`: something other than a SOCI image; it is never overwritten
 */
export type TargetState =
  | { readonly kind: 'nothing' | 'taken' }
  | {
      readonly kind: 'same' | 'other settings' | 'other image';
      readonly digest: Digest;
      /** The SOCI indexes of that image: layers that it shares with the source need not be read again. */
      readonly sociIndexes: readonly SociIndex[];
      /** Missing parts of that image, if it was made from the source. */
      readonly gaps: readonly Gap[];
    };

/** Reads the target tag. @throws Any error from the store. */
export async function readTargetState(
  store: ContentReader,
  targetTag: string,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  settings: IndexSettings,
  signal?: AbortSignal,
): Promise<TargetState> {
  const target = await fetchUnlessMissing(store, targetTag, signal);
  if (target === undefined) return { kind: 'nothing' };
  const converted = await readV2Image(store, target, signal);
  if (converted === undefined) return { kind: 'taken' };
  const { digest, sociEntries } = converted;
  const sociIndexes = sociEntries.flatMap(({ found }) => (found.kind === 'present' ? [found] : []));
  if (!isConversionOf(converted, image, platforms)) {
    return { kind: 'other image', digest, sociIndexes, gaps: [] };
  }
  const gaps = await findImageGaps(store, converted.index, sociEntries, signal);
  const isSame = platforms.every((one) => {
    const entry = findPlatformSociIndex(converted, one.platform);
    const sociIndex = sociIndexes.find((one) => one.digest === entry?.digest);
    return sociIndex !== undefined && isMadeWith(sociIndex, settings, one);
  });
  return {
    kind: isSame ? 'same' : 'other settings',
    digest,
    sociIndexes,
    // If the source is a partial copy, its missing parts cannot be restored.
    gaps: gaps.filter((gap) => !image.missing.some((entry) => entry.digest === gap.digest)),
  };
}

/** An existing V1 SOCI index of one platform. */
export interface ExistingReferrer {
  readonly digest: Digest;
  /** Undefined if it equals what we would build. */
  readonly difference: 'other builder' | 'other settings' | undefined;
}

/** The V1 SOCI index of a platform that counts: ours if there is one, otherwise another builder's. */
export function chooseReferrer(
  referrers: readonly PresentIndex[],
  platform: PlatformLayers,
  settings: IndexSettings,
): ExistingReferrer | undefined {
  const found = referrers.map((sociIndex): ExistingReferrer => {
    const isOurs = sociIndex.buildToolIdentifier === settings.buildToolIdentifier;
    const difference = !isOurs
      ? 'other builder'
      : isMadeWith(sociIndex, settings, platform)
        ? undefined
        : 'other settings';
    return { digest: sociIndex.digest, difference };
  });
  const order = [undefined, 'other settings', 'other builder'] as const;
  return found.toSorted((a, b) => order.indexOf(a.difference) - order.indexOf(b.difference))[0];
}

/**
 * Whether the SOCI index equals the one that we would build. A missing layer counts as a difference, because only building
 * again would show whether it can be indexed. So do files to prefetch, because only the zTOCs show which spans they need.
 */
function isMadeWith(
  sociIndex: SociIndex,
  settings: IndexSettings,
  { layers, prefetchFiles = [] }: PlatformLayers,
): boolean {
  const wanted = layers.flatMap(({ kind, layer }) => (kind === 'index' ? [layer.digest] : []));
  return (
    prefetchFiles.length === 0 &&
    sociIndex.prefetch === undefined &&
    sociIndex.buildToolIdentifier === settings.buildToolIdentifier &&
    sociIndex.layers.every(({ spanSizeBytes }) => spanSizeBytes === settings.spanSizeBytes) &&
    sociIndex.layers.length === wanted.length &&
    sociIndex.layers.every(({ layerDigest }, position) => layerDigest === wanted[position])
  );
}
