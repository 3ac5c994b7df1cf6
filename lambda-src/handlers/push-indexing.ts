// Handles one push in the generator: the checks before indexing, the indexing, and the target tag of a skipped image.
import { isTagImmutable } from '../aws/tag-immutability.ts';
import { listRecentTags } from '../aws/recent-tags.ts';
import { openEcrRegistry } from '../aws/registry-authorization.ts';
import { type ContentStore, NotFoundError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { explain, type Explained, type SupersededReason } from '../core/reasons.ts';
import { couldBeTargetTag, makeTargetTag } from '../core/soci/target-tag.ts';
import type { EcrPush } from '../events/ecr-push-event.ts';
import { indexImage } from '../indexer/index-image.ts';
import type { IndexProgress } from '../indexer/index-layers.ts';
import { findMove } from '../indexer/source-tag.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { RegistryStore } from '../registry/registry-store.ts';
import { findAbsence } from './absent-image.ts';
import type { GeneratorSettings } from '../settings/generator-settings.ts';
import { isPermanent } from './failure.ts';
import { type GeneratorOutcome, type GeneratorSkipReason, isImageWithoutIndex } from './image-report.ts';
import { loggedError, writeLogLine } from './log.ts';
import type { KnownLayer } from '../indexer/outcome.ts';
import { defaultBuildToolIdentifier } from '../core/soci-names.ts';

interface Work {
  readonly jobs: ZtocJobs;
  readonly progress: IndexProgress;
  readonly signal: AbortSignal;
  /** When this is aborted, the rest of the work is left to the next invocation. */
  readonly outOfTime: AbortSignal;
  /** Layers that earlier invocations have finished. */
  readonly finished: readonly KnownLayer[];
  /** Whether existing indexes and zTOCs are ignored. */
  readonly force: boolean;
  /** With `force`: whether an earlier invocation has written something that was missing. */
  readonly hasChanged: boolean;
  /** Memory for the layers in flight. */
  readonly memoryBytes: number;
}

/** `REPOSITORY[:TAG]@DIGEST` */
export function formatPush({ repository, tag, digest }: EcrPush): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`;
}

/** Indexes a pushed image, if there is something to index. @throws Same as `indexImage`; any error from the SDK. */
export async function indexPush(
  push: EcrPush,
  settings: GeneratorSettings,
  work: Work,
): Promise<GeneratorOutcome> {
  let targetTag: string | undefined;
  if (settings.version === 'V2') {
    if (push.tag === undefined) return skip('untagged');
    targetTag = makeTargetTag(settings.targetTagTemplate, push.tag);
    if (targetTag === undefined) return skip('target-tag-too-long');
  }
  const { registry, credentials } = await openEcrRegistry(work.signal);
  const store = new RegistryStore({ registry, repository: push.repository, credentials });
  try {
    return await indexInStore(store, push, targetTag, settings, work);
  } catch (error) {
    const isRefusal = error instanceof NotFoundError || error instanceof RegistryError;
    if (!isRefusal || !isPermanent(error)) throw error;
    const absence = await findAbsence(store, push.digest, work.signal);
    if (absence === undefined) throw error;
    return skip(absence);
  }
}

/** @param targetTag Used with V2. */
async function indexInStore(
  store: ContentStore,
  push: EcrPush,
  targetTag: string | undefined,
  settings: GeneratorSettings,
  work: Work,
): Promise<GeneratorOutcome> {
  const { repository, digest, tag } = push;
  const { signal } = work;
  // If both tags are the same, the tag may already point to the SOCI image of this one.
  if (tag !== undefined && targetTag !== undefined && targetTag !== tag) {
    const move = await findMove(store, tag, digest, signal);
    if (move !== undefined) return { status: 'superseded', ...move };
  }
  const isImmutable = (asked: string) => isTagImmutable(repository, asked, signal);
  const options = dropUndefined({
    version: settings.version,
    platforms: settings.platforms,
    missingPlatforms: 'pass over' as const,
    minimumLayerSizeBytes: settings.minimumLayerSizeBytes,
    spanSizeBytes: settings.spanSizeBytes,
    buildToolIdentifier: defaultBuildToolIdentifier,
    targetTag,
    replacesPlainImages: settings.tagSkippedImages,
    isTagImmutable: isImmutable,
    reuseZtocs: settings.reuseZtocs,
    maximumZtocRatio: settings.maximumZtocRatio,
    prefetch: settings.usesPrefetchLabel ? ('label' as const) : undefined,
    listRecentTags: () => findRecentTags(repository, settings, signal),
    ...work,
  });
  const outcome = await indexImage(store, dropUndefined({ reference: digest, tag }), options);
  if (!isImageWithoutIndex(outcome) || !settings.tagSkippedImages) return outcome;
  if (targetTag === undefined || tag === undefined) return outcome;
  return { ...outcome, ...(await tagSkippedImage(store, { digest, tag, targetTag }, isImmutable, signal)) };
}

function skip(reason: GeneratorSkipReason): GeneratorOutcome {
  return { status: 'skipped', ...explain(reason) };
}

/**
 * Tags of other images in the repository whose zTOCs may be reused, most recent first: our target tags with V2, all tags
 * with V1. If ECR cannot list them, the error is logged and the list is empty.
 */
export async function findRecentTags(
  repository: string,
  { version, targetTagTemplate }: Pick<GeneratorSettings, 'version' | 'targetTagTemplate'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const mayBeIndexed = (tag: string, mediaType = '') =>
    version === 'V1' || (isIndexType(mediaType) && couldBeTargetTag(targetTagTemplate, tag));
  try {
    return await listRecentTags(repository, mayBeIndexed, signal);
  } catch (error) {
    signal.throwIfAborted();
    const headline = `could not list recent images of ${repository}; layers without a zTOC at this tag will be read`;
    writeLogLine('WARN', headline, { ...loggedError(error) });
    return [];
  }
}

/**
 * Writes the target tag for an image that gets no index, so that the target tag can always be deployed.
 *
 * @returns The image's digest and its new tag; or another outcome.
 * @throws NotFoundError if the image was deleted; any error from the store.
 */
async function tagSkippedImage(
  store: ContentStore,
  image: { readonly digest: Digest; readonly tag: string; readonly targetTag: string },
  isTagImmutable: (tag: string) => Promise<boolean>,
  signal: AbortSignal,
): Promise<
  | { readonly digest: Digest; readonly tag: string }
  | ({ readonly status: 'superseded' } & Explained<SupersededReason>)
  | ({ readonly status: 'skipped' } & Explained<'tag-immutable'>)
> {
  const { digest, tag, targetTag } = image;
  const target = await store.resolve(targetTag, signal);
  if (target?.digest === digest) return { digest, tag: targetTag };
  if (target !== undefined && (await isTagImmutable(targetTag))) {
    return { status: 'skipped', ...explain('tag-immutable', targetTag) };
  }
  const manifest = await store.fetchManifest(digest, signal);
  const move = await findMove(store, tag, digest, signal);
  if (move !== undefined) return { status: 'superseded', ...move };
  await store.pushManifest(manifest, targetTag, signal);
  return { digest, tag: targetTag };
}
