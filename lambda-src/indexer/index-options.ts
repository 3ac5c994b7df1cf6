// What is asked for when an image is to be indexed.
import type { ContentReader } from '../content/content-store.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import type { IndexSettings } from './existing-index.ts';
import type { IndexProgress } from './index-layers.ts';
import type { KnownLayer } from './outcome.ts';
import type { PrefetchSource } from './prefetch-files.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

/** Which image. */
export interface ImageSource {
  /** What is read: a digest where one is known, so that it is this very image, else the tag. */
  readonly reference: string;
  /** The tag by which the image is known. Just before the target is written it is looked at again. */
  readonly tag?: string;
}

export interface IndexImageOptions extends IndexSettings {
  readonly version: SociIndexVersion;
  /** @default all of the image's */
  readonly platforms?: readonly Platform[];
  /** Platforms that the image does not have: an error, or passed over as long as there is another. */
  readonly missingPlatforms: 'refuse' | 'pass over';
  /** Bytes as stored. A smaller layer is faster to download than to index. */
  readonly minimumLayerSizeBytes: number;
  /** The tag of a V2 image. Without it the image is written by digest only. V1 has none. */
  readonly targetTag?: string;
  /** Where the target tag is, if the store writes to another place than it reads the image from. @default the store */
  readonly targetStore?: ContentReader;
  /**
   * Whether a target tag may be taken from an image without SOCI indexes. Elsewhere such an image is somebody else's.
   *
   * @default false
   */
  readonly replacesPlainImages?: boolean;
  /** Whether the target tag, which exists, may not be moved. Asked only if that matters. */
  readonly isTagImmutable?: (tag: string) => Promise<boolean>;
  /** Whether `targetTag` was named as such, not made of the source's tag: an image that is V2 already gets it too. */
  readonly isTargetTagGiven?: boolean;
  /**
   * Believes nothing that is there: every layer is read, and what differs or is missing is written.
   *
   * @default false
   */
  readonly force?: boolean;
  /**
   * Whether the image may be a copy in part: manifests of platforms that are not asked for may be missing, and stay as they
   * are. A registry refuses such an image index.
   *
   * @default false
   */
  readonly mayBePartial?: boolean;
  /** Files that a runtime should prefetch. @default none */
  readonly prefetch?: PrefetchSource;
  /** Reads and builds everything, writes nothing. */
  readonly dryRun?: boolean;
  /**
   * Whether a zTOC that the repository already has for a layer, made with the same settings, is used again instead of
   * reading the layer. What that rests on is said in SECURITY.md.
   *
   * @default false
   */
  readonly reuseZtocs?: boolean;
  /** Tags of other images in the repository whose zTOCs may be used again, the most recent first. @default none */
  readonly listRecentTags?: () => Promise<readonly string[]>;
  /** What an earlier part of this work has finished. */
  readonly finished?: readonly KnownLayer[];
  /** With `force`: whether an earlier part of this work has written something that was missing. */
  readonly hasChanged?: boolean;
  /** The largest zTOC, by its layer's compressed size (ztoc-ratio.ts); 0: no limit. @default no limit */
  readonly maximumZtocRatio?: number;
  /** Memory for the layers in flight, in bytes. @default no bound */
  readonly memoryBytes?: number;
  /** Aborted when stopping early to finish cleanly: the outcome is then `unfinished`. */
  readonly outOfTime?: AbortSignal;
  readonly jobs: ZtocJobs;
  readonly progress?: IndexProgress;
  readonly signal?: AbortSignal;
}
