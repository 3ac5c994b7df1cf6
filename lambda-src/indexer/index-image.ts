// The story of an image: what of it is to be indexed is chosen, layers are read and indexes built, and the result is written.
import type { ContentStore } from '../content/content-store.ts';
import { buildIndexes } from './build-indexes.ts';
import { chooseWork } from './choose-work.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import type { ImageOutcome } from './outcome.ts';
import { writeImage, writeReferrers } from './write-indexes.ts';
import { WriteObserver } from './write-observer.ts';

/**
 * Indexes one image and writes the result: zTOCs first, then SOCI indexes, then manifests, and last the tag, so that
 * whenever this ends, nothing points at something that is not there.
 *
 * @throws NotFoundError if the image does not exist; MissingManifestError if its index names a manifest that does not exist,
 *   before a layer is read; ConfigError for platforms that it does not have; FormatError or
 *   ContentMismatchError if it is damaged; what the store throws.
 */
export async function indexImage(
  store: ContentStore,
  source: ImageSource,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  if (options.force !== true) return chooseBuildAndWrite(store, source, options);
  const observer = new WriteObserver(store);
  const outcome = await chooseBuildAndWrite(observer, source, options);
  const hasChanged = observer.hasChanged || options.hasChanged === true;
  if (outcome.status === 'unfinished') return { ...outcome, hasChanged };
  return outcome.status === 'indexed' && !hasChanged ? { ...outcome, status: 'already-indexed' } : outcome;
}

async function chooseBuildAndWrite(
  store: ContentStore,
  source: ImageSource,
  options: IndexImageOptions,
): Promise<ImageOutcome> {
  // JSON only: most images that need no index end here, without a layer being read.
  const work = await chooseWork(store, source, options);
  if ('status' in work) return work;

  // Each layer is read once, and its zTOC pushed.
  const built = await buildIndexes(store, work, options);
  if ('status' in built) return built;

  return options.version === 'V1'
    ? writeReferrers(store, work, built, options)
    : writeImage(store, source, work, built, options);
}
