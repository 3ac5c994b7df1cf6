// Writes what was built: SOCI indexes first, then what refers to them, and last the tag.
import { type ContentStore, ImmutableTagError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { explain } from '../core/reasons.ts';
import { convertImage } from '../core/soci/conversion.ts';
import { sociConfigBytes, sociConfigOf } from '../core/soci/soci-index.ts';
import type { BuiltIndexes, BuiltPlatform } from './build-indexes.ts';
import type { Work } from './choose-work.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import type { ImageOutcome, PlatformOutcome } from './outcome.ts';
import { findMove, requireManifest } from './source-tag.ts';

/**
 * V1: a SOCI index for each platform, which refers to the platform's manifest.
 *
 * @throws NotFoundError if the image was deleted meanwhile; what the store throws.
 */
export async function writeReferrers(
  store: ContentStore,
  { existing, warnings }: Work,
  { built, bytesRead }: BuiltIndexes,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const made = built.filter(({ sociIndex }) => sociIndex !== undefined);
  const indexes = built.map((one) => describeBuilt(one, existing.get(one.platform)));
  const common = { version: options.version, indexes, bytesRead, warnings };

  const first = indexes.find(({ digest }) => digest !== undefined);
  if (first?.digest === undefined) return { ...common, status: 'skipped', ...explain('no-layer-to-index') };
  if (made.length === 0) return { ...common, status: 'already-indexed', digest: first.digest };
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest: first.digest };
  for (const { platform } of made) await requireManifest(store, platform.entry.digest, options.signal);
  await writeSociIndexes(store, made, options);
  return { ...common, status: 'indexed', digest: first.digest };
}

/**
 * V2: an image index that holds the image's manifests and their SOCI indexes, and the tag that points to it.
 *
 * @throws As `writeReferrers`.
 */
export async function writeImage(
  store: ContentStore,
  source: ImageSource,
  { image, warnings }: Work,
  { built, bytesRead }: BuiltIndexes,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  const { version, targetTag, signal } = options;
  const tag = targetTag === undefined ? {} : { tag: targetTag };
  const common = { version, indexes: built.map((one) => describeBuilt(one)), bytesRead, warnings };
  const made = built.flatMap(({ platform, sociIndex }) =>
    sociIndex === undefined
      ? []
      : [{ ...platform, sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length } }],
  );
  if (made.length === 0) return { ...common, status: 'skipped', ...explain('no-layer-to-index') };
  const converted = convertImage(image.index, image.manifests, made);
  const { digest } = converted.index;
  if (options.dryRun === true) return { ...common, status: 'dry-run', digest, ...tag };

  await writeSociIndexes(store, built, options);
  for (const manifest of converted.manifests) await store.pushManifest(manifest, undefined, signal);
  const move = source.tag === undefined ? undefined : await findMove(store, source.tag, image.digest, signal);
  if (move !== undefined) return { ...common, status: 'superseded', ...move };
  try {
    await store.pushManifest(converted.index, targetTag, signal);
  } catch (error) {
    if (!(error instanceof ImmutableTagError)) throw error;
    return { ...common, status: 'skipped', ...explain('tag-immutable', targetTag) };
  }
  return { ...common, status: 'indexed', digest, ...tag };
}

async function writeSociIndexes(
  store: ContentStore,
  built: readonly BuiltPlatform[],
  { version, signal }: IndexImageOptions,
): Promise<void> {
  await store.pushBlob(sociConfigOf(version), sociConfigBytes, signal);
  for (const { sociIndex } of built) {
    if (sociIndex === undefined) continue;
    // A V2 index is named by its image.
    if (version === 'V1') await store.pushReferrer(sociIndex, signal);
    else await store.pushManifest(sociIndex, undefined, signal);
  }
}

/** @param existing The digest of a SOCI index that stays. */
function describeBuilt({ platform, layers, sociIndex }: BuiltPlatform, existing?: Digest): PlatformOutcome {
  const digest = sociIndex?.digest ?? existing;
  return { platform: formatPlatform(platform.platform), ...(digest !== undefined && { digest }), layers };
}
