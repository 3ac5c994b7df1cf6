// Indexes an image from start to end: chooses the work, reads the layers, builds the indexes, and writes the result.
import type { ContentStore } from '../content/content-store.ts';
import { buildIndexes } from './build-indexes.ts';
import { chooseWork } from './choose-work.ts';
import type { ImageSource, IndexImageOptions } from './index-options.ts';
import type { ImageOutcome } from './outcome.ts';
import { writeImage, writeReferrers } from './write-indexes.ts';
import { WriteObserver } from './write-observer.ts';

/**
 * Indexes one image and writes the result: zTOCs first, then SOCI indexes, then manifests, and the tag last, so that
 * nothing ever refers to missing content.
 *
 * @throws NotFoundError if the image does not exist; MissingManifestError if its index names a missing manifest, before a
 *   layer is read; ConfigError for platforms that it does not have; FormatError or ContentMismatchError if it is damaged;
 *   any error from the store.
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
  // Reads only JSON. Most images that need no index are finished here, before a layer is read.
  const work = await chooseWork(store, source, options);
  if ('status' in work) return work;

  // Each layer is read once, and its zTOC pushed.
  const built = await buildIndexes(store, work, options);
  if ('status' in built) return built;

  return options.version === 'V1'
    ? writeReferrers(store, work, built, options)
    : writeImage(store, source, work, built, options);
}
