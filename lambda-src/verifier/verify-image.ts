// Verifies an image: which SOCI indexes it has, whether index and image agree, and whether each zTOC describes its layer.
// Every layer is read once for all indexes.
import type { ContentReader } from '../content/content-store.ts';
import { ConfigError } from '../core/errors.ts';
import type { Descriptor, Digest, Platform } from '../core/oci/descriptor.ts';
import { isIndexType, isManifestType } from '../core/oci/media-type.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain, type Explained, type LayerSkipReason } from '../core/reasons.ts';
import { type LayerChoice, selectLayers } from '../core/soci/layer-selection.ts';
import { manifestKindOf } from '../core/soci/manifest-kind.ts';
import { describeMissingPlatforms, type PlatformImage } from '../core/soci/platform-choice.ts';
import { sumOf } from '../core/sum-of.ts';
import { findSociIndexes, type PresentIndex } from '../image/soci-indexes.ts';
import { defaultMaximumZtocRatio, findExcess } from '../indexer/ztoc-ratio.ts';
import { buildZtoc } from '../indexer/index-layer.ts';
import type { LayerToIndex } from '../indexer/index-layers.ts';
import { isPartOfImage } from '../indexer/leave-out.ts';
import {
  describeEntry,
  readPlatformImages,
  readSourceImage,
  type SourceImage,
} from '../image/source-image.ts';
import type { BuiltZtoc, ZtocJobs } from '../threads/ztoc-jobs.ts';
import { checkIndex } from './check-index.ts';
import { checkPrefetch } from './check-prefetch.ts';
import { FidelityJudge } from './fidelity-judge.ts';
import { Findings } from './findings.ts';
import { findUnnamedIndexes, nameIndexes, type NamedIndex } from './named-indexes.ts';
import { type LayerToProve, proveLayer, ztocKey, type ZtocProof, type ZtocReference } from './prove-layer.ts';
import type { ImageVerdict, IndexVerdict, LayerVerdict } from './verdict.ts';
import { defaultSpanSizeBytes, defaultBuildToolIdentifier } from '../core/soci-names.ts';

/** Receives progress. */
export interface VerifyProgress {
  /** Called before the first byte, with the layers to read. */
  onStart(layers: readonly Descriptor[]): void;
  onBytes(layer: Descriptor, bytes: number): void;
  /** @param problemCount Problems found in its zTOCs. */
  onLayerDone(layer: Descriptor, problemCount: number): void;
}

export interface VerifyImageOptions {
  /** @default all platforms of the image */
  readonly platforms?: readonly Platform[];
  /** Stored bytes. A smaller layer does not need a zTOC. */
  readonly minimumLayerSizeBytes: number;
  readonly jobs: ZtocJobs;
  readonly progress?: VerifyProgress;
  readonly signal?: AbortSignal;
}

/** Layers that cannot have a zTOC, with the reasons. */
type Unindexable = ReadonlyMap<Digest, Explained<LayerSkipReason>>;

/** zTOCs that were built for layers without one, by the layer's digest. */
type BuiltZtocs = ReadonlyMap<Digest, BuiltZtoc>;

/** The proofs of a layer's zTOCs, by the layer's digest and `ztocKey`. */
type Proofs = ReadonlyMap<Digest, ReadonlyMap<string, ZtocProof>>;

/**
 * Proves an image's SOCI indexes against the image. Nothing is written.
 *
 * @throws NotFoundError if the image does not exist; ConfigError for platforms that it does not have, or if the reference
 *   is that of a SOCI index; FormatError if a manifest of the image itself is damaged; what the store throws.
 */
export async function verifyImage(
  store: ContentReader,
  reference: string,
  options: VerifyImageOptions,
): Promise<ImageVerdict> {
  const { platforms: wanted, signal } = options;
  const stored = await store.fetchManifest(reference, signal);
  refuseSociIndex(stored.mediaType, stored.bytes);
  const image = await readSourceImage(store, stored, wanted, signal);
  const nothing = { status: 'none', digest: stored.digest, indexes: [], warnings: [], bytesRead: 0 } as const;
  if (image.kind === 'none') return { ...nothing, ...explain(image.reason) };
  if (image.choices.missing.length > 0) throw new ConfigError([describeMissingPlatforms(image.choices)]);

  const warnings = new Findings();
  const imageIndex = isIndexType(stored.mediaType) ? image.index : undefined;
  const named: NamedIndex[] = [];
  const without: PlatformImage[] = [];
  for (const platform of readPlatformImages(image)) {
    const found = await findSociIndexes(store, image, platform, signal);
    const own = nameIndexes(imageIndex, platform, found, warnings);
    if (own.length === 0) without.push(platform);
    named.push(...own);
  }
  if (imageIndex === undefined && named.some(({ version }) => version === 'V2')) {
    warnings.addWarning(
      'only this manifest was checked, not the image index that contains it and its SOCI index',
    );
  }
  if (imageIndex !== undefined && wanted === undefined) {
    for (const { digest, platform } of findUnnamedIndexes(image, named)) {
      const whose = platform === undefined ? 'no platform' : formatPlatform(platform);
      warnings.addWarning(
        `the image index lists the SOCI index ${digest} for ${whose}, which no manifest names`,
      );
    }
  }
  for (const { entry, found } of image.sociEntries) {
    if (found.kind !== 'other') continue;
    warnings.addWarning(
      `the image index lists ${entry.digest} as a SOCI index, but it is not one: ${found.problem}`,
    );
  }
  if (named.length === 0) return { ...nothing, ...explain('no-soci-index'), warnings: warnings.warnings };

  for (const { index, version, platform, findings } of named) {
    if (index !== undefined) await checkIndex(store, index, version, platform, findings, signal);
  }
  const { proofs, bytesRead } = await proveLayers(store, layersToProve(named), options);
  for (const { index, findings } of named) {
    if (index !== undefined) await checkPrefetch(store, index, spanCountsIn(index, proofs), findings, signal);
  }
  const uncovered = uncoveredLayers(named, proofs, options.minimumLayerSizeBytes);
  const indexable = await findIndexable(store, uncovered, options);
  const judge = new FidelityJudge(store, proofs, indexable.built, signal);
  for (const one of named) await judge.judge(one, warnings);
  const unindexable = new Map([...indexable.reasons, ...judge.leftOut]);

  const problems = imageProblems(image, named);
  const indexes = named.map((index) => judgeIndex(index, proofs, unindexable, options, warnings));
  for (const { platform } of without) {
    const name = formatPlatform(platform);
    if (wanted === undefined) warnings.addWarning(`${name}: no SOCI index`);
    else indexes.push({ platform: name, status: 'invalid', problems: ['no SOCI index'], layers: [] });
  }
  return {
    status: problems.length === 0 && indexes.every(({ status }) => status === 'valid') ? 'valid' : 'invalid',
    digest: stored.digest,
    ...(problems.length > 0 && { problems }),
    indexes,
    warnings: warnings.warnings,
    bytesRead: bytesRead + indexable.bytesRead + judge.bytesRead,
  };
}

/** Problems of a V2 image as a whole. Copying it requires everything that its image index names. */
function imageProblems({ missing }: SourceImage, named: readonly NamedIndex[]): readonly string[] {
  if (!named.some(({ version }) => version === 'V2')) return [];
  return missing.map((entry) => `the image index names ${describeEntry(entry)}, which is missing`);
}

/** @throws ConfigError */
function refuseSociIndex(mediaType: string, bytes: Uint8Array): void {
  if (!isManifestType(mediaType)) return;
  const manifest = parseManifest(bytes);
  if (manifestKindOf(manifest) !== 'soci-index') return;
  const image = manifest.subject === undefined ? '' : `, ${manifest.subject.digest}`;
  throw new ConfigError([`this is a SOCI index, not an image: use the image that it belongs to${image}`]);
}

/** Each layer that a SOCI index and the image both name, once, with all its zTOCs. */
function layersToProve(named: readonly NamedIndex[]): readonly LayerToProve[] {
  const layers = new Map<Digest, LayerToProve & { readonly ztocs: ZtocReference[] }>();
  for (const { index, platform } of named) {
    for (const { layerDigest, ztoc } of index?.layers ?? []) {
      const choice = chooseLayer(platform, layerDigest);
      if (choice?.kind !== 'index') continue;
      const { layer, compression } = choice;
      const isBottom = isBottomOf(platform, layerDigest);
      const known = layers.get(layerDigest) ?? { layer, compression, ztocs: [], isBottom };
      layers.set(layerDigest, { ...known, isBottom: known.isBottom === true && isBottom });
      if (!known.ztocs.some((other) => ztocKey(other) === ztocKey(ztoc))) known.ztocs.push(ztoc);
    }
  }
  return [...layers.values()];
}

function isBottomOf({ manifest }: PlatformImage, digest: Digest): boolean {
  return selectLayers(manifest.layers, 0).find(isPartOfImage)?.layer.digest === digest;
}

/** Whether a layer of the platform can have a zTOC; undefined if the platform does not have the layer. */
function chooseLayer({ manifest }: PlatformImage, digest: Digest): LayerChoice | undefined {
  return selectLayers(
    manifest.layers.filter((layer) => layer.digest === digest),
    0,
  )[0];
}

/** Proves layers in parallel. */
async function proveLayers(
  store: ContentReader,
  layers: readonly LayerToProve[],
  options: VerifyImageOptions,
): Promise<{ readonly proofs: Proofs; readonly bytesRead: number }> {
  const proofs = new Map<Digest, ReadonlyMap<string, ZtocProof>>();
  const bytesRead = await readSideBySide(layers, options, async (next, onBytes, signal) => {
    const proof = await proveLayer(store, next, options.jobs, onBytes, signal);
    proofs.set(next.layer.digest, proof);
    return sumOf([...proof.values()], ({ findings }) => findings.problemCount);
  });
  return { proofs, bytesRead };
}

/**
 * Reads layers in parallel. The first error stops all of them.
 *
 * @param read Reads one layer, and returns its number of problems.
 * @returns Number of bytes read.
 */
async function readSideBySide<Item extends { readonly layer: Descriptor }>(
  items: readonly Item[],
  { jobs, progress, signal: outerSignal }: VerifyImageOptions,
  read: (item: Item, onBytes: (bytes: number) => void, signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const failure = new AbortController();
  const signal = outerSignal === undefined ? failure.signal : AbortSignal.any([outerSignal, failure.signal]);
  // Largest first, because a large layer that is read last would leave the other threads idle.
  const queue = items.toSorted((a, b) => b.layer.size - a.layer.size);
  let bytesRead = 0;
  if (queue.length > 0) progress?.onStart(queue.map(({ layer }) => layer));
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      signal.throwIfAborted();
      const { layer } = next;
      const onBytes = (bytes: number) => {
        bytesRead += bytes;
        progress?.onBytes(layer, bytes);
      };
      const problemCount = await read(next, onBytes, signal);
      progress?.onLayerDone(layer, problemCount);
    }
  };
  const workers = Array.from({ length: Math.min(jobs.size, queue.length) }, async () => {
    try {
      await work();
    } catch (error) {
      failure.abort(error);
    }
  });
  await Promise.all(workers);
  if (failure.signal.aborted) throw failure.signal.reason;
  return bytesRead;
}

/** Layers worth a zTOC for which their platform's SOCI index has none. */
function uncoveredLayers(
  named: readonly NamedIndex[],
  proofs: Proofs,
  minimumLayerSizeBytes: number,
): readonly LayerToIndex[] {
  const uncovered = new Map<Digest, LayerToIndex>();
  for (const { index, platform } of named) {
    if (index === undefined) continue;
    for (const choice of selectLayers(platform.manifest.layers, minimumLayerSizeBytes)) {
      const { digest } = choice.layer;
      // A layer can have a zTOC if another SOCI index has a valid one.
      if (choice.kind === 'skip' || isCovered(index, digest) || isProved(proofs.get(digest))) continue;
      const isBottom = isBottomOf(platform, digest) && uncovered.get(digest)?.isBottom !== false;
      uncovered.set(digest, { ...choice, isBottom });
    }
  }
  return [...uncovered.values()];
}

function isCovered({ layers }: PresentIndex, digest: Digest): boolean {
  return layers.some(({ layerDigest }) => layerDigest === digest);
}

function isProved(proofs: ReadonlyMap<string, ZtocProof> | undefined): boolean {
  return [...(proofs?.values() ?? [])].some(({ findings }) => findings.problemCount === 0);
}

/**
 * Builds zTOCs of layers without one, without writing them, to find the layers that cannot have one.
 *
 * @returns The reasons for those that cannot, and the zTOCs of the others.
 */
async function findIndexable(
  store: ContentReader,
  layers: readonly LayerToIndex[],
  options: VerifyImageOptions,
): Promise<{ readonly reasons: Unindexable; readonly built: BuiltZtocs; readonly bytesRead: number }> {
  const reasons = new Map<Digest, Explained<LayerSkipReason>>();
  const ztocs = new Map<Digest, BuiltZtoc>();
  const bytesRead = await readSideBySide(layers, options, async (next, onBytes, signal) => {
    const { layer, compression, isBottom = false } = next;
    const settings = {
      compression,
      isBottom,
      spanSizeBytes: defaultSpanSizeBytes,
      buildToolIdentifier: defaultBuildToolIdentifier,
    };
    const built = await buildZtoc(store, layer, options.jobs, settings, onBytes, signal);
    // The module leaves out such layers by default.
    const reason =
      'reason' in built ? built : findExcess(built.bytes.length, layer.size, defaultMaximumZtocRatio);
    if (reason === undefined) {
      if (!('reason' in built)) ztocs.set(layer.digest, built);
      return 1;
    }
    reasons.set(layer.digest, reason);
    return 0;
  });
  return { reasons, built: ztocs, bytesRead };
}

function judgeIndex(
  { platform, version, digest, index, findings }: NamedIndex,
  proofs: Proofs,
  unindexable: Unindexable,
  { minimumLayerSizeBytes }: VerifyImageOptions,
  warnings: Findings,
): IndexVerdict {
  const layers: LayerVerdict[] = [];
  if (index !== undefined) {
    checkSpanSizes(index, proofs, findings);
    for (const choice of selectLayers(platform.manifest.layers, minimumLayerSizeBytes)) {
      layers.push(judgeLayer(index, choice, proofs, unindexable, minimumLayerSizeBytes, warnings));
    }
  }
  const name = formatPlatform(platform.platform);
  for (const warning of findings.warnings) warnings.addWarning(`${name}: SOCI index ${digest}: ${warning}`);
  const isValid = findings.problemCount === 0 && layers.every(({ status }) => status !== 'invalid');
  return {
    platform: name,
    version,
    ...(digest !== undefined && { digest }),
    status: isValid ? 'valid' : 'invalid',
    ...listProblems(findings),
    layers,
  };
}

function listProblems({
  problems,
  unlistedProblems,
}: Findings): Pick<LayerVerdict, 'problems' | 'unlistedProblems'> {
  return { problems, ...(unlistedProblems > 0 && { unlistedProblems }) };
}

/** Number of spans in each layer's zTOC of an index. */
function spanCountsIn({ layers }: PresentIndex, proofs: Proofs): (layer: Digest) => number | undefined {
  return (digest) => {
    const layer = layers.find(({ layerDigest }) => layerDigest === digest);
    return layer && proofs.get(digest)?.get(ztocKey(layer.ztoc))?.ztoc?.spans;
  };
}

/** Compares the SOCI index's information about its zTOCs with the zTOCs. */
function checkSpanSizes({ layers }: PresentIndex, proofs: Proofs, findings: Findings): void {
  for (const { layerDigest, ztoc, spanSizeBytes } of layers) {
    const actual = proofs.get(layerDigest)?.get(ztocKey(ztoc))?.spanSizeBytes;
    if (spanSizeBytes === undefined || actual === undefined || spanSizeBytes === actual) continue;
    findings.addProblem(
      `zTOC ${ztoc.digest} is annotated with spans of ${spanSizeBytes} bytes, but its own span size is ${actual}`,
    );
  }
}

function judgeLayer(
  index: PresentIndex,
  choice: LayerChoice,
  proofs: Proofs,
  unindexable: Unindexable,
  minimumLayerSizeBytes: number,
  warnings: Findings,
): LayerVerdict {
  const { digest, size, mediaType } = choice.layer;
  const covering = index.layers.find(({ layerDigest }) => layerDigest === digest);
  if (covering === undefined) {
    const reason = choice.kind === 'skip' ? explain(choice.reason) : unindexable.get(digest);
    if (reason !== undefined) return { digest, status: 'not covered', ...reason, problems: [] };
    const problem = `it has no zTOC, although it can have one and its ${size} bytes are not below the minimum of ${minimumLayerSizeBytes} (--min-layer-size)`;
    return { digest, status: 'invalid', problems: [problem] };
  }
  const proof = proofs.get(digest)?.get(ztocKey(covering.ztoc));
  if (proof === undefined) {
    const problem = `it has the zTOC ${covering.ztoc.digest}, but layers of type ${mediaType} cannot have one`;
    return { digest, status: 'invalid', problems: [problem] };
  }
  const { findings, ztoc } = proof;
  for (const warning of findings.warnings) warnings.addWarning(`layer ${digest}: ${warning}`);
  return {
    digest,
    status: findings.problemCount === 0 ? 'valid' : 'invalid',
    ...(ztoc && { ztoc }),
    ...listProblems(findings),
  };
}
