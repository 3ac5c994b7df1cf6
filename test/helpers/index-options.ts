// The indexer's options in most tests: V2, every layer, in this thread.
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';

export const everyLayerToV2 = {
  version: 'V2',
  missingPlatforms: 'refuse',
  minimumLayerSizeBytes: 0,
  targetTag: 'v1-soci',
  reuseZtocs: true,
  jobs: ownThread,
} satisfies Partial<IndexImageOptions>;
