// Plans a V2 image before any layer is read: whether to do nothing, write a tag, or build SOCI indexes, and where the
// result may be written.
import type { ContentReader } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { platformKey } from '../core/oci/platform.ts';
import type { ImageSkipReason } from '../core/reasons.ts';
import { findSociIndex, type PlatformIndex } from '../core/soci/conversion.ts';
import { choosePlatforms } from '../core/soci/platform-choice.ts';
import { type SociIndex, sociIndexVersionOf } from '../core/soci/soci-index.ts';
import { findImageGaps, type Gap } from '../image/gaps.ts';
import { isAlreadyConverted, type SourceImage } from '../image/source-image.ts';
import {
  type IndexSettings,
  type PlatformLayers,
  readTargetState,
  type TargetState,
} from './existing-index.ts';

export interface V2Request extends IndexSettings {
  /** The source's own tag. */
  readonly sourceTag?: string;
  /** Where to write the result. Without it, the image is written by digest only. */
  readonly targetTag?: string;
  /** Whether the user specified the target tag. An image that is already V2 then gets this tag too. */
  readonly isTargetTagGiven?: boolean;
  /** The store of the target tag, if it is not the source's repository. */
  readonly targetStore?: ContentReader;
  readonly replacesPlainImages?: boolean;
  readonly isTagImmutable?: (tag: string) => Promise<boolean>;
  /** Whether everything is built again, regardless of what exists. */
  readonly force?: boolean;
}

/** A plan that reads layers, or at least writes something. */
export interface BuildPlan {
  readonly kind: 'build';
  readonly tag?: string;
  /** Platforms whose SOCI indexes are built. */
  readonly toIndex: readonly PlatformLayers[];
  /** SOCI indexes of the source that are kept. */
  readonly kept: readonly PlatformIndex[];
  /** SOCI indexes that were already read, whose zTOCs may be reused. */
  readonly sociIndexes: readonly SociIndex[];
  /** The tag is immutable and points to this digest. */
  readonly unmovable?: Digest;
  /** The tag points to this digest, which is complete. */
  readonly whole?: Digest;
}

/** The source is a complete V2 image: it gets one more tag. */
export interface TagPlan {
  readonly kind: 'tag';
  readonly tag: string;
}

export type V2Plan =
  | { readonly kind: 'already-indexed'; readonly digest: Digest; readonly tag?: string }
  | { readonly kind: 'skip'; readonly reason: ImageSkipReason; readonly tag: string }
  | TagPlan
  | BuildPlan;

/** @param platforms Platforms worth a SOCI index. @throws Any error from the store. */
export async function planV2(
  store: ContentReader,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  request: V2Request,
  signal?: AbortSignal,
): Promise<V2Plan> {
  if (isAlreadyConverted(image, platforms)) return planConverted(store, image, platforms, request, signal);
  const { targetTag: tag } = request;
  const build: BuildPlan = { kind: 'build', toIndex: platforms, kept: [], sociIndexes: [] };
  if (tag === undefined) return build;
  const target = await readTargetState(request.targetStore ?? store, tag, image, platforms, request, signal);
  return planForTarget(target, tag, build, request);
}

/** Plans for an image that is already V2. It is repaired at its own tag, or at the specified one. */
async function planConverted(
  store: ContentReader,
  image: SourceImage,
  platforms: readonly PlatformLayers[],
  request: V2Request,
  signal: AbortSignal | undefined,
): Promise<V2Plan> {
  const { sourceTag, force = false } = request;
  const isElsewhere = request.targetStore !== undefined;
  const tag = isElsewhere || request.isTargetTagGiven === true ? request.targetTag : sourceTag;
  const where = tag === undefined ? {} : { tag };
  const found = await findImageGaps(store, image.index, image.sociEntries, signal);
  const gaps = found.filter(({ digest }) => !image.missing.some((entry) => entry.digest === digest));
  const needsEntries = hasLostEntries(image);
  if (!force && gaps.length === 0 && !needsEntries) {
    if (tag === undefined || tag === sourceTag)
      return { kind: 'already-indexed', digest: image.digest, ...where };
    const target = await readTargetState(
      request.targetStore ?? store,
      tag,
      image,
      platforms,
      request,
      signal,
    );
    if ('digest' in target && target.digest === image.digest) {
      return { kind: 'already-indexed', digest: image.digest, tag };
    }
    const reason = await findObstacle(target, tag, request);
    return reason === undefined ? { kind: 'tag', tag } : { kind: 'skip', reason, tag };
  }
  const toIndex = platforms.filter((platform) => force || isBroken(image, platform, gaps));
  const build: BuildPlan = {
    kind: 'build',
    ...where,
    toIndex,
    kept: keptIndexes(image, toIndex),
    sociIndexes: image.sociEntries.flatMap((entry) => (entry.found.kind === 'present' ? [entry.found] : [])),
  };
  if (tag === undefined) return build;
  if (isElsewhere || tag !== sourceTag) {
    const target = await readTargetState(
      request.targetStore ?? store,
      tag,
      image,
      platforms,
      request,
      signal,
    );
    const reason = await findObstacle(target, tag, request);
    return reason === undefined ? build : { kind: 'skip', reason, tag };
  }
  if ((await request.isTagImmutable?.(tag)) !== true) return build;
  return needsEntries
    ? { kind: 'skip', reason: 'tag-immutable', tag }
    : { ...build, unmovable: image.digest };
}

async function planForTarget(
  target: TargetState,
  tag: string,
  build: BuildPlan,
  request: V2Request,
): Promise<V2Plan> {
  if (!('digest' in target)) {
    const reason = await findObstacle(target, tag, request);
    return reason === undefined ? { ...build, tag } : { kind: 'skip', reason, tag };
  }
  const { kind, digest, gaps, sociIndexes } = target;
  const isWhole = gaps.length === 0 && request.force !== true;
  const already = { kind: 'already-indexed', digest, tag } as const;
  if (kind === 'same' && isWhole) return already;
  const isConversion = kind === 'same' || kind === 'other settings';
  const plan = { ...build, tag, sociIndexes, ...(isConversion && isWhole && { whole: digest }) };
  if ((await request.isTagImmutable?.(tag)) !== true) return plan;
  // Missing parts can be rebuilt under the same digest.
  if (kind === 'same' || (kind === 'other settings' && gaps.length > 0))
    return { ...plan, unmovable: digest };
  if (kind === 'other settings' && isWhole) return already;
  return { kind: 'skip', reason: 'tag-immutable', tag };
}

/** Why the tag cannot be moved to another image. */
async function findObstacle(
  target: TargetState,
  tag: string,
  { sourceTag, targetStore, replacesPlainImages, isTagImmutable }: V2Request,
): Promise<ImageSkipReason | undefined> {
  if (target.kind === 'nothing') return undefined;
  const isOurs = (tag === sourceTag && targetStore === undefined) || replacesPlainImages === true;
  if (target.kind === 'taken' && !isOurs) return 'target-tag-taken';
  return (await isTagImmutable?.(tag)) === true ? 'tag-immutable' : undefined;
}

/** Whether a tool has dropped the artifact type from a SOCI index's entry, or has added a second entry for that reason. */
function hasLostEntries({ sociEntries, sociDigests }: SourceImage): boolean {
  const entries = sociEntries.flatMap(({ entry }) => (sociDigests.has(entry.digest) ? [entry] : []));
  const keys = entries.flatMap(({ platform }) => (platform === undefined ? [] : [platformKey(platform)]));
  return (
    new Set(keys).size < keys.length ||
    entries.some(({ artifactType }) => sociIndexVersionOf(artifactType) === undefined)
  );
}

/**
 * Whether the SOCI index of a platform must be built again. A missing config can be restored without building the index
 * again.
 */
function isBroken(image: SourceImage, { manifest }: PlatformLayers, gaps: readonly Gap[]): boolean {
  const digest = findSociIndex(image, manifest)?.digest;
  return gaps.some(({ kind, sociIndex }) => kind !== 'config' && sociIndex === digest);
}

function keptIndexes(image: SourceImage, toIndex: readonly PlatformLayers[]): readonly PlatformIndex[] {
  const replaced = new Set(toIndex.map(({ entry }) => entry.digest));
  return choosePlatforms(image.index).chosen.flatMap((choice): PlatformIndex[] => {
    const bytes = image.manifests.get(choice.entry.digest);
    const sociEntry = bytes && findSociIndex(image, parseManifest(bytes));
    if (sociEntry === undefined || replaced.has(choice.entry.digest)) return [];
    const { digest, size } = sociEntry;
    return [{ ...choice, sociIndex: { digest, size } }];
  });
}
