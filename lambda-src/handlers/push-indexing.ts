// What the generator does about one push: what can be known before the work, the work, and what is left to do after it.
import { isTagImmutable } from '../aws/describe-repository.ts';
import { openEcrRegistry } from '../aws/registry-authorization.ts';
import { type ContentReader, type ContentStore, NotFoundError } from '../content/content-store.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { explain, type Explained, type SupersededReason } from '../core/reasons.ts';
import { makeTargetTag } from '../core/soci/target-tag.ts';
import { defaultBuildToolIdentifier } from '../core/ztoc/ztoc.ts';
import type { EcrPush } from '../events/ecr-push-event.ts';
import { indexImage } from '../indexer/index-image.ts';
import type { IndexProgress } from '../indexer/index-layers.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { RegistryStore } from '../registry/registry-store.ts';
import { findAbsence } from './absent-image.ts';
import type { GeneratorConfig } from './config.ts';
import { isPermanent } from './failure.ts';
import { type GeneratorOutcome, type GeneratorSkipReason, isImageWithoutIndex } from './image-report.ts';
import { findRecentTags } from './recent-images.ts';
import { tagSkippedImage } from './skipped-image.ts';
import type { KnownLayer } from '../indexer/outcome.ts';

interface Work {
  readonly jobs: ZtocJobs;
  readonly progress: IndexProgress;
  readonly signal: AbortSignal;
  /** When it is aborted, what is left is for a next invocation. */
  readonly outOfTime: AbortSignal;
  /** What earlier invocations have finished. */
  readonly finished: readonly KnownLayer[];
  /** Memory for the layers in flight. */
  readonly memoryBytes: number;
}

/** `REPOSITORY[:TAG]@DIGEST` */
export function formatPush({ repository, tag, digest }: EcrPush): string {
  return `${repository}${tag === undefined ? '' : `:${tag}`}@${digest}`;
}

/** Indexes what was pushed, as far as there is something to index. @throws as `indexImage`, and what the SDK throws. */
export async function indexPush(
  push: EcrPush,
  config: GeneratorConfig,
  work: Work,
): Promise<GeneratorOutcome> {
  let targetTag: string | undefined;
  if (config.version === 'V2') {
    if (push.tag === undefined) return skip('untagged');
    targetTag = makeTargetTag(config.targetTagTemplate, push.tag);
    if (targetTag === undefined) return skip('target-tag-too-long');
  }
  const { registry, credentials } = await openEcrRegistry(work.signal);
  const store = new RegistryStore({ registry, repository: push.repository, credentials });
  try {
    return await indexInStore(store, push, targetTag, config, work);
  } catch (error) {
    const isRefusal = error instanceof NotFoundError || error instanceof RegistryError;
    if (!isRefusal || !isPermanent(error)) throw error;
    const absence = await findAbsence(store, push.digest, work.signal);
    if (absence === undefined) throw error;
    return skip(absence);
  }
}

/** @param targetTag With V2. */
async function indexInStore(
  store: ContentStore,
  push: EcrPush,
  targetTag: string | undefined,
  config: GeneratorConfig,
  work: Work,
): Promise<GeneratorOutcome> {
  const { repository, digest, tag } = push;
  const { signal } = work;
  // Where both are one, the tag may have moved to the very image that this one becomes.
  if (tag !== undefined && targetTag !== undefined && targetTag !== tag) {
    const move = await findMove(store, push, tag, signal);
    if (move !== undefined) return { status: 'superseded', ...move };
  }
  const isImmutable = (asked: string) => isTagImmutable(repository, asked, signal);
  const options = dropUndefined({
    version: config.version,
    platforms: config.platforms,
    missingPlatforms: 'pass over' as const,
    minimumLayerSize: config.minimumLayerSizeBytes,
    spanSizeBytes: config.spanSizeBytes,
    buildToolIdentifier: defaultBuildToolIdentifier,
    targetTag,
    replacesPlainImages: config.tagSkippedImages,
    isTagImmutable: isImmutable,
    reuseZtocs: config.reuseZtocs,
    listRecentTags: () => findRecentTags(repository, config, signal),
    ...work,
  });
  const outcome = await indexImage(store, dropUndefined({ reference: digest, tag }), options);
  if (!isImageWithoutIndex(outcome) || !config.tagSkippedImages) return outcome;
  if (targetTag === undefined || tag === undefined) return outcome;
  switch (await tagSkippedImage(store, { digest, tag, targetTag }, isImmutable, signal)) {
    case 'tagged':
      return { ...outcome, digest, tag: targetTag };
    case 'moved':
      return { ...outcome, status: 'superseded', ...explain('tag-moved', tag) };
    case 'immutable':
      return { ...outcome, status: 'skipped', ...explain('tag-immutable', targetTag) };
  }
}

/** What the pushed tag points to now, if that is another image. @throws NotFoundError if the image itself is gone. */
async function findMove(
  store: ContentReader,
  { digest }: EcrPush,
  tag: string,
  signal: AbortSignal,
): Promise<Explained<SupersededReason> | undefined> {
  const now = await store.resolve(tag, signal);
  if (now?.digest === digest) return undefined;
  if (now !== undefined) return explain('tag-moved', `${tag} is ${now.digest}`);
  await store.fetchManifest(digest, signal);
  return explain('tag-deleted', tag);
}

function skip(reason: GeneratorSkipReason): GeneratorOutcome {
  return { status: 'skipped', ...explain(reason) };
}
