// Writes the result: SOCI indexes first, then the manifests that refer to them, and the tag last.
import { type ContentStore, ImmutableTagError, type StoredManifest } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain, type Explained, type SupersededReason } from '../core/reasons.ts';
import { convertImage } from '../core/soci/conversion.ts';
import { prefetchDescriptorOf } from '../core/soci/prefetch.ts';
import { sociConfigBytes, sociConfigOf } from '../core/soci/soci-index.ts';
import type { PresentIndex } from '../image/soci-indexes.ts';
import type { BuiltIndexes, BuiltPlatform } from './build-indexes.ts';
import type { Work } from './choose-work.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import type { ImageOutcome, PlatformOutcome } from './outcome.ts';
import { findMove, requireManifest } from './source-tag.ts';

/**
 * V1: writes a SOCI index for each platform, which refers to the platform's manifest.
 *
 * @throws NotFoundError if the image was deleted in the meantime; any error from the store.
 */
export async function writeReferrers(
  store: ContentStore,
  work: Work,
  { built, bytesRead, warnings: builtWarnings }: BuiltIndexes,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const { existing, referrers } = work;
  const warnings = [...work.warnings, ...builtWarnings];
  const made = built.filter(({ sociIndex }) => sociIndex !== undefined);
  const indexes = built.map((one) => outcomeOfBuilt(one, existing.get(one.platform)));
  const common = { version: options.version, indexes, bytesRead, warnings };

  const first = indexes.find(({ digest }) => digest !== undefined);
  if (first?.digest === undefined) return { ...common, status: 'skipped', ...explainNone(indexes) };
  if (made.every(({ sociIndex }) => isThere(sociIndex!.digest, work, options)))
    return { ...common, status: 'already-indexed', digest: first.digest };
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest: first.digest };
  for (const { platform } of made) await requireManifest(store, platform.entry.digest, options.signal);
  await writeSociIndexes(store, made, options);
  const others = options.force === true ? describeOthers(referrers, made) : [];
  return { ...common, status: 'indexed', digest: first.digest, warnings: [...warnings, ...others] };
}

/** Whether building has confirmed the existing index. A layer that is left out again is not a difference. */
function isThere(digest: Digest, { wholeIndexes }: Work, { force }: IndexImageOptions): boolean {
  return force !== true && wholeIndexes.has(digest);
}

/** Why no platform has a layer with a zTOC. */
function explainNone(
  indexes: readonly PlatformOutcome[],
): Explained<'no-layer-to-index' | 'reads-differently'> {
  const layers = indexes.flatMap((index) => index.layers);
  const differing = layers.find(
    (layer) => layer.status === 'skipped' && layer.reason === 'reads-differently',
  );
  if (differing?.status !== 'skipped') return explain('no-layer-to-index');
  return { reason: 'reads-differently', message: differing.message };
}

/** Warnings about other SOCI indexes: a registry keeps every referrer, even a wrong one. */
function describeOthers(
  referrers: readonly PresentIndex[],
  made: readonly BuiltPlatform[],
): readonly string[] {
  const digests = new Set(made.map(({ sociIndex }) => sociIndex?.digest));
  return referrers.flatMap(({ digest }) =>
    digests.has(digest)
      ? []
      : [`the SOCI index ${digest} remains a referrer; delete it, or a runtime may use it`],
  );
}

/**
 * V2: writes an image index with the image's manifests and their SOCI indexes, and its tag.
 *
 * @throws Same as `writeReferrers`.
 */
export async function writeImage(
  store: ContentStore,
  source: ImageSource,
  work: Work,
  { built, bytesRead, warnings: builtWarnings }: BuiltIndexes,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const { image, v2: plan } = work;
  const warnings = [...work.warnings, ...builtWarnings];
  const { version, signal } = options;
  const tag = plan?.tag === undefined ? {} : { tag: plan.tag };
  const kept = plan?.kind === 'build' ? plan.kept : [];
  const indexes = built.map((one) => {
    const stays = kept.find(({ entry }) => entry.digest === one.platform.entry.digest);
    return outcomeOfBuilt(one, stays?.sociIndex.digest);
  });
  const common = { version, indexes, bytesRead, warnings };
  if (plan?.kind === 'tag') {
    if (options.dryRun === true) return { ...common, status: 'dry-run', digest: image.digest, ...tag };
    const index = await store.fetchManifest(image.digest, signal);
    return { ...common, ...(await writeIndex(store, source, work, index, options)) };
  }
  const made = built.flatMap(({ platform, sociIndex }) =>
    sociIndex === undefined
      ? []
      : [{ ...platform, sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length } }],
  );
  if (made.length === 0 && kept.length === 0) {
    return { ...common, status: 'skipped', ...explainNone(indexes) };
  }
  const converted = convertImage(image, [...kept, ...made]);
  const { digest } = converted.index;
  const unmovable = plan?.unmovable;
  if (unmovable !== undefined && unmovable !== digest) {
    return { ...common, status: 'skipped', ...explain('tag-immutable', plan?.tag) };
  }
  if (isThere(digest, work, options)) return { ...common, status: 'already-indexed', digest, ...tag };
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest, ...tag };

  await writeSociIndexes(store, built, options);
  for (const manifest of converted.manifests) await store.pushManifest(manifest, undefined, signal);
  return { ...common, ...(await writeIndex(store, source, work, converted.index, options)) };
}

type WrittenEnd =
  | { readonly status: 'indexed'; readonly digest: Digest; readonly tag?: string }
  | ({ readonly status: 'superseded' } & Explained<SupersededReason>)
  | ({ readonly status: 'skipped' } & Explained<'tag-immutable'>);

/** Writes the image index, unless the source's tag has moved in the meantime. This is the last write. */
async function writeIndex(
  store: ContentStore,
  source: ImageSource,
  { image, v2 }: Work,
  index: StoredManifest,
  { signal }: IndexImageOptions,
): Promise<WrittenEnd> {
  const move = source.tag === undefined ? undefined : await findMove(store, source.tag, image.digest, signal);
  if (move !== undefined) return { status: 'superseded', ...move };
  try {
    await store.pushManifest(index, v2?.tag, signal);
  } catch (error) {
    if (!(error instanceof ImmutableTagError)) throw error;
    return { status: 'skipped', ...explain('tag-immutable', v2?.tag) };
  }
  return { status: 'indexed', digest: index.digest, ...(v2?.tag !== undefined && { tag: v2.tag }) };
}

async function writeSociIndexes(
  store: ContentStore,
  built: readonly BuiltPlatform[],
  { version, signal }: IndexImageOptions,
): Promise<void> {
  await store.pushBlob(sociConfigOf(version), sociConfigBytes, signal);
  for (const { sociIndex, prefetch } of built) {
    if (sociIndex === undefined) continue;
    for (const { listed, bytes } of prefetch) {
      await store.pushBlob(prefetchDescriptorOf(listed), bytes, signal);
    }
    // A V2 SOCI index needs no referrer, because the image's manifests refer to it.
    if (version === 'V1') await store.pushReferrer(sociIndex, signal);
    else await store.pushManifest(sociIndex, undefined, signal);
  }
}

/** @param existing The digest of a SOCI index that is kept. */
function outcomeOfBuilt(
  { platform, layers, sociIndex, prefetch }: BuiltPlatform,
  existing?: Digest,
): PlatformOutcome {
  const digest = sociIndex?.digest ?? existing;
  return {
    platform: formatPlatform(platform.platform),
    ...(digest !== undefined && { digest }),
    layers,
    ...(prefetch.length > 0 && { prefetch: prefetch.map(({ listed }) => listed) }),
  };
}
