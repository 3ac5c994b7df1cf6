// Options for indexing an image.
import type { ContentReader } from '../content/content-store.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';
import type { IndexSettings } from './existing-index.ts';
import type { IndexProgress } from './index-layers.ts';
import type { KnownLayer } from './outcome.ts';
import type { PrefetchSource } from './prefetch-files.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

/** The image to index. */
export interface ImageSource {
  /** The reference to read: the digest if known, so that the image cannot change, otherwise the tag. */
  readonly reference: string;
  /** The image's tag. It is resolved again just before the target is written. */
  readonly tag?: string;
}

export interface IndexImageOptions extends IndexSettings {
  readonly version: SociIndexVersion;
  /** @default all platforms of the image */
  readonly platforms?: readonly Platform[];
  /** What to do about requested platforms that the image does not have: fail, or ignore them as long as one is left. */
  readonly missingPlatforms: 'refuse' | 'pass over';
  /** Stored bytes. A smaller layer is faster to download than to look up. */
  readonly minimumLayerSizeBytes: number;
  /** The tag of the V2 image. Without it, the image is written by digest only. Not used with V1. */
  readonly targetTag?: string;
  /** The store of the target tag, if the image is read from another one. @default the image's own store */
  readonly targetStore?: ContentReader;
  /**
   * Whether the target tag may be moved away from an image without SOCI indexes. By default, that image is assumed to
   * belong to somebody else.
   *
   * @default false
   */
  readonly replacesPlainImages?: boolean;
  /** Whether an existing target tag is immutable. Called only if that matters. */
  readonly isTagImmutable?: (tag: string) => Promise<boolean>;
  /**
   * Whether the user specified `targetTag`, so that it was not derived from the source's tag. An image that is already V2
   * then gets this tag too.
   */
  readonly isTargetTagGiven?: boolean;
  /**
   * Ignores existing content: every layer is read, and everything that differs or is missing is written.
   *
   * @default false
   */
  readonly force?: boolean;
  /**
   * Whether the image may be a partial copy: manifests of platforms that were not requested may be missing, and their
   * entries stay unchanged. A registry refuses such an image index.
   *
   * @default false
   */
  readonly mayBePartial?: boolean;
  /** Files that a runtime should prefetch. @default none */
  readonly prefetch?: PrefetchSource;
  /** Reads and builds everything, but writes nothing. */
  readonly dryRun?: boolean;
  /**
   * Whether to reuse a zTOC that the repository already has for a layer, made with the same settings, instead of reading
   * the layer. SECURITY.md states what this relies on.
   *
   * @default false
   */
  readonly reuseZtocs?: boolean;
  /** Tags of other images in the repository whose zTOCs may be reused, most recent first. @default none */
  readonly listRecentTags?: () => Promise<readonly string[]>;
  /** Layers that an earlier invocation has finished. */
  readonly finished?: readonly KnownLayer[];
  /** With `force`: whether an earlier invocation has written something that was missing. */
  readonly hasChanged?: boolean;
  /**
   * Maximum size of a zTOC, as a multiple of its layer's compressed size (ztoc-ratio.ts); 0: no limit. @default no limit
   */
  readonly maximumZtocRatio?: number;
  /** Memory for the layers in flight, in bytes. @default no limit */
  readonly memoryBytes?: number;
  /** Aborted to stop early and finish cleanly. The outcome is then `unfinished`. */
  readonly outOfTime?: AbortSignal;
  readonly jobs: ZtocJobs;
  readonly progress?: IndexProgress;
  readonly signal?: AbortSignal;
}
