// Reads the layers of an image that are to be indexed, and makes the SOCI indexes of its platforms.
import type { ContentStore } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { encodeSociIndex } from '../core/soci/soci-index.ts';
import type { Work } from './choose-work.ts';
import type { PlatformLayers } from './existing-index.ts';
import { indexLayers, type LayerToIndex } from './index-layers.ts';
import type { IndexImageOptions } from './index-options.ts';
import {
  platformOutcomeOf,
  type ImageOutcome,
  type KnownLayer,
  type PlatformOutcome,
  type TriedLayerOutcome,
} from './outcome.ts';
import { findReusableZtocs } from './reusable-ztocs.ts';

type Outcomes = ReadonlyMap<Digest, TriedLayerOutcome>;

/** A platform's SOCI index, ready to be written; none where it has no layer with a zTOC. */
export interface BuiltPlatform {
  readonly platform: PlatformLayers;
  readonly layers: PlatformOutcome['layers'];
  readonly sociIndex: ReturnType<typeof encodeSociIndex> | undefined;
}

export interface BuiltIndexes {
  /** One for each platform of the work, in its order. */
  readonly built: readonly BuiltPlatform[];
  readonly bytesRead: number;
}

/**
 * Indexes each layer once, however often it occurs.
 *
 * @returns The SOCI indexes, not written yet; or `unfinished`, where time ran out.
 * @throws As `indexLayers` and `findReusableZtocs`.
 */
export async function buildIndexes(
  store: ContentStore,
  work: Work,
  options: IndexImageOptions,
): Promise<BuiltIndexes | ImageOutcome> {
  const { platforms, toIndex, warnings } = work;
  const layers = new Map<Digest, LayerToIndex>();
  for (const choice of toIndex.flatMap((platform) => platform.layers)) {
    if (choice.kind === 'index') layers.set(choice.layer.digest, choice);
  }
  const known = await findKnownLayers(store, [...layers.keys()], work, options);
  const { outcomes, bytesRead, layersLeft } = await indexLayers(store, [...layers.values()], {
    ...options,
    known,
  });
  if (layersLeft > 0) {
    const indexes = platforms.map((platform) => platformOutcomeOf(platform, outcomes));
    const finished = addFinished(options.finished ?? [], outcomes);
    const { version } = options;
    return { version, status: 'unfinished', finished, layersLeft, indexes, bytesRead, warnings };
  }
  const built = platforms.map((platform) =>
    buildPlatform(platform, toIndex.includes(platform) ? outcomes : new Map(), options),
  );
  return { built, bytesRead };
}

/** Layers that need not be read: an earlier part of this work has finished them, or a SOCI index has their zTOCs. */
async function findKnownLayers(
  store: ContentStore,
  layers: readonly Digest[],
  { ztocSources }: Work,
  options: IndexImageOptions,
): Promise<ReadonlyMap<Digest, KnownLayer>> {
  const finished = new Map(options.finished?.map((layer) => [layer.digest, layer]));
  if (options.reuseZtocs !== true || options.force === true) return finished;
  const wanted = new Set(layers.filter((digest) => !finished.has(digest)));
  const reusable = await findReusableZtocs(store, wanted, ztocSources, options, options.signal);
  return new Map([...finished, ...reusable]);
}

/** What is finished now: what was before, and these. */
function addFinished(before: readonly KnownLayer[], outcomes: Outcomes): readonly KnownLayer[] {
  const finished = new Map(before.map((layer) => [layer.digest, layer]));
  for (const outcome of outcomes.values()) finished.set(outcome.digest, toKnownLayer(outcome));
  return [...finished.values()];
}

function toKnownLayer(outcome: TriedLayerOutcome): KnownLayer {
  const { digest } = outcome;
  if (outcome.status === 'skipped') {
    const { reason, message } = outcome;
    return { digest, reason, message };
  }
  return { digest, ztoc: { digest: outcome.ztoc.digest, size: outcome.ztoc.size } };
}

function buildPlatform(
  platform: PlatformLayers,
  outcomes: Outcomes,
  { version, spanSizeBytes, buildToolIdentifier }: IndexImageOptions,
): BuiltPlatform {
  const indexedLayers = platform.layers.flatMap(({ kind, layer }) => {
    const outcome = outcomes.get(layer.digest);
    if (kind === 'skip' || outcome === undefined || outcome.status === 'skipped') return [];
    const { digest, size } = outcome.ztoc;
    return [
      {
        layerDigest: layer.digest,
        layerMediaType: layer.mediaType,
        ztoc: { digest, size },
        spanSizeBytes: spanSizeBytes,
      },
    ];
  });
  const sociIndex = {
    version,
    layers: indexedLayers,
    buildToolIdentifier,
    ...(version === 'V1' && { subject: platform.entry }),
  };
  return {
    platform,
    layers: platformOutcomeOf(platform, outcomes).layers,
    sociIndex: indexedLayers.length === 0 ? undefined : encodeSociIndex(sociIndex),
  };
}
