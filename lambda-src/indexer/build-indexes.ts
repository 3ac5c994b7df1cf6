// Reads the layers to index, and builds the SOCI indexes of an image's platforms.
import { isContentError } from '../content/content-error.ts';
import type { ContentStore } from '../content/content-store.ts';
import { withoutWriting } from '../content/without-writing.ts';
import { joinSentences, type LayerFidelity } from '../core/fidelity/own-judgement.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain } from '../core/reasons.ts';
import { flatbufferMaximumBytes } from '../core/ztoc/ztoc.ts';
import type { PrefetchArtifact } from '../core/soci/prefetch.ts';
import { encodeSociIndex, type IndexedLayer } from '../core/soci/soci-index.ts';
import type { Work } from './choose-work.ts';
import type { PlatformLayers } from './existing-index.ts';
import { indexLayers, type IndexedLayers, type LayerToIndex } from './index-layers.ts';
import { largestZtocIn, MemoryBudget } from './memory-budget.ts';
import type { IndexImageOptions } from './index-options.ts';
import { ImageJudge, isPartOfImage, type ImageLayer } from './leave-out.ts';
import {
  platformOutcomeOf,
  type ImageOutcome,
  type KnownLayer,
  type PlatformOutcome,
  type TriedLayerOutcome,
} from './outcome.ts';
import { prefetchLayers } from './prefetch-layers.ts';
import { findReusableZtocs } from './reusable-ztocs.ts';

type Outcomes = ReadonlyMap<Digest, TriedLayerOutcome>;

/** A platform's SOCI index, ready to be written; undefined if no layer has a zTOC. */
export interface BuiltPlatform {
  readonly platform: PlatformLayers;
  readonly layers: PlatformOutcome['layers'];
  readonly sociIndex: ReturnType<typeof encodeSociIndex> | undefined;
  readonly prefetch: readonly PrefetchArtifact[];
}

export interface BuiltIndexes {
  /** One for each platform of the work, in the same order. */
  readonly built: readonly BuiltPlatform[];
  readonly bytesRead: number;
  readonly warnings: readonly string[];
}

/**
 * Indexes each layer once, however often it occurs.
 *
 * @returns The SOCI indexes, not written yet; or `unfinished` if time ran out.
 * @throws Same as `indexLayers` and `findReusableZtocs`.
 */
export async function buildIndexes(
  store: ContentStore,
  work: Work,
  options: IndexImageOptions,
): Promise<BuiltIndexes | ImageOutcome> {
  const { platforms, toIndex } = work;
  const target = options.dryRun === true ? withoutWriting(store) : store;
  const layers = layersToIndex(toIndex);
  const known = await findKnownLayers(store, [...layers.keys()], work, options);
  const indexed = await indexLayers(target, [...layers.values()], { ...options, known });
  if (indexed.layersLeft > 0) return unfinished(work, indexed, options);
  const { outOfTime, signal } = options;
  const signals = [outOfTime, signal].filter((one) => one !== undefined);
  const { largestZtoc } = new MemoryBudget(options.memoryBytes ?? Infinity);
  const maximumLayerBytes = Math.min(largestZtocIn(largestZtoc), flatbufferMaximumBytes);
  const anySignal = AbortSignal.any(signals);
  const judge = new ImageJudge(target, indexed.ztocs, maximumLayerBytes, anySignal);
  try {
    const judged = new Map<PlatformLayers, JudgedPlatform>();
    for (const platform of toIndex) judged.set(platform, await judgePlatform(judge, platform, indexed));
    const warnings = [...judged.values()].flatMap((one) => one.warnings);
    const nothing: Outcomes = new Map();
    const built: BuiltPlatform[] = [];
    for (const platform of platforms) {
      const outcomes = judged.get(platform)?.outcomes ?? nothing;
      const layers = layersWithZtoc(platform, outcomes, options);
      const { artifacts, warnings: missing } = await prefetchLayers(
        target,
        indexed.ztocs,
        layers.length === 0 ? [] : (platform.prefetchFiles ?? []),
        layers,
        layersWithout(platform, layers),
        anySignal,
      );
      warnings.push(...missing.map((warning) => `${formatPlatform(platform.platform)}: ${warning}`));
      built.push(buildPlatform(platform, outcomes, layers, artifacts, options));
    }
    return { built, bytesRead: indexed.bytesRead + judge.bytesRead, warnings };
  } catch (error) {
    signal?.throwIfAborted();
    // Layers that were read only to judge other layers produce no result that could be handed over.
    if (outOfTime?.aborted !== true || isContentError(error)) throw error;
    const bytesRead = indexed.bytesRead + judge.bytesRead;
    return unfinished(work, { ...indexed, bytesRead, layersLeft: 1 }, options);
  }
}

/** Each layer once, however often it occurs. */
function layersToIndex(platforms: readonly PlatformLayers[]): ReadonlyMap<Digest, LayerToIndex> {
  const layers = new Map<Digest, LayerToIndex>();
  for (const { layers: choices } of platforms) {
    const parts = choices.filter(isPartOfImage);
    for (const [place, choice] of parts.entries()) {
      if (choice.kind !== 'index') continue;
      const { layer, compression } = choice;
      const isBottom = place === 0 && layers.get(layer.digest)?.isBottom !== false;
      layers.set(layer.digest, { layer, compression, isBottom });
    }
  }
  return layers;
}

function unfinished(
  { platforms, warnings }: Work,
  indexed: IndexedLayers,
  { version, finished: before = [] }: IndexImageOptions,
): ImageOutcome {
  const { outcomes, bytesRead, layersLeft } = indexed;
  const indexes = platforms.map((platform) => platformOutcomeOf(platform, outcomes));
  const finished = addFinished(before, indexed);
  return { version, status: 'unfinished', finished, layersLeft, indexes, bytesRead, warnings };
}

interface JudgedPlatform {
  readonly outcomes: Outcomes;
  readonly warnings: readonly string[];
}

/** Leaves out the layers that a runtime would show differently. */
async function judgePlatform(
  judge: ImageJudge,
  platform: PlatformLayers,
  { outcomes, fidelities }: IndexedLayers,
): Promise<JudgedPlatform> {
  const layers = platform.layers.filter(isPartOfImage).map(({ layer }): ImageLayer => {
    const outcome = outcomes.get(layer.digest);
    const fidelity = fidelities.get(layer.digest);
    const isIndexed = outcome !== undefined && outcome.status !== 'skipped' && fidelity !== undefined;
    return isIndexed
      ? { layer, indexed: { ztoc: outcome.ztoc, fidelity }, isRefused: false }
      : { layer, isRefused: outcome?.status === 'skipped' && outcome.reason === 'not-indexable' };
  });
  const { leftOut, metadata, remaining } = await judge.judge(layers);
  const name = formatPlatform(platform.platform);
  return {
    outcomes: new Map(
      [...outcomes].map(([digest, outcome]): [Digest, TriedLayerOutcome] => {
        const rest = remaining && `the image would still differ without these layers: ${remaining}`;
        const difference = leftOut.get(digest) ?? rest;
        if (difference === undefined || outcome.status === 'skipped') return [digest, outcome];
        return [digest, { digest, status: 'skipped', ...explain('reads-differently', difference) }];
      }),
    ),
    warnings: Array.from(
      metadata,
      ([digest, differences]) =>
        `${name}: layer ${digest} is indexed, although metadata would differ when it is lazy-loaded: ${differences}`,
    ),
  };
}

/** Layers that need not be read, because an earlier invocation has finished them or a SOCI index lists their zTOCs. */
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

/** The layers finished so far: in earlier invocations and in this one. */
function addFinished(
  before: readonly KnownLayer[],
  { outcomes, fidelities }: IndexedLayers,
): readonly KnownLayer[] {
  const finished = new Map(before.map((layer) => [layer.digest, layer]));
  for (const outcome of outcomes.values()) {
    finished.set(outcome.digest, toKnownLayer(outcome, fidelities.get(outcome.digest)));
  }
  return [...finished.values()];
}

function toKnownLayer(outcome: TriedLayerOutcome, fidelity: LayerFidelity | undefined): KnownLayer {
  const { digest } = outcome;
  if (outcome.status === 'skipped') {
    const { reason, message } = outcome;
    return { digest, reason, message };
  }
  const ztoc = { digest: outcome.ztoc.digest, size: outcome.ztoc.size };
  const own = fidelity?.own;
  return own?.kind === 'breaks' ? { digest, ztoc, differs: joinSentences(own) } : { digest, ztoc };
}

function layersWithZtoc(
  platform: PlatformLayers,
  outcomes: Outcomes,
  { spanSizeBytes }: IndexImageOptions,
): readonly IndexedLayer[] {
  return platform.layers.flatMap(({ kind, layer }) => {
    const outcome = outcomes.get(layer.digest);
    if (kind === 'skip' || outcome === undefined || outcome.status === 'skipped') return [];
    const { digest, size } = outcome.ztoc;
    return [
      {
        layerDigest: layer.digest,
        layerMediaType: layer.mediaType,
        ztoc: { digest, size },
        spanSizeBytes,
      },
    ];
  });
}

function layersWithout(
  { layers }: PlatformLayers,
  withZtoc: readonly { readonly layerDigest: Digest }[],
): readonly Digest[] {
  const digests = new Set(withZtoc.map(({ layerDigest }) => layerDigest));
  return layers
    .filter(isPartOfImage)
    .flatMap(({ layer: { digest } }) => (digests.has(digest) ? [] : [digest]));
}

function buildPlatform(
  platform: PlatformLayers,
  outcomes: Outcomes,
  layers: readonly IndexedLayer[],
  prefetch: readonly PrefetchArtifact[],
  { version, buildToolIdentifier }: IndexImageOptions,
): BuiltPlatform {
  const sociIndex = {
    version,
    layers,
    prefetch: prefetch.map(({ listed }) => listed),
    buildToolIdentifier,
    ...(version === 'V1' && { subject: platform.entry }),
  };
  return {
    platform,
    layers: platformOutcomeOf(platform, outcomes).layers,
    sociIndex: layers.length === 0 ? undefined : encodeSociIndex(sociIndex),
    prefetch,
  };
}
