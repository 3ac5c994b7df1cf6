// The result of verification for an image, its SOCI indexes and their layers.
import type { Digest } from '../core/oci/descriptor.ts';
import type { CommandReason, ImageSkipReason, LayerSkipReason } from '../core/reasons.ts';
import type { ZtocSummary } from '../indexer/outcome.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

export interface LayerVerdict {
  readonly digest: Digest;
  /** `not covered`: it has no zTOC and needs none; `reason` and `message` say why. */
  readonly status: 'valid' | 'invalid' | 'not covered';
  readonly reason?: LayerSkipReason;
  readonly message?: string;
  /** Absent if it is missing or cannot be read. */
  readonly ztoc?: ZtocSummary;
  readonly problems: readonly string[];
  /** Number of further problems. Absent if zero. */
  readonly unlistedProblems?: number;
}

export interface IndexVerdict {
  /** `linux/amd64` */
  readonly platform: string;
  /** Absent if the requested platform has no SOCI index. */
  readonly version?: SociIndexVersion;
  /** Absent in that case, and if the image names something that is not an index. */
  readonly digest?: Digest;
  readonly status: 'valid' | 'invalid';
  /** Problems of the index itself and of what refers to it. */
  readonly problems: readonly string[];
  readonly unlistedProblems?: number;
  /** The image's layers, in order. Empty if the index cannot be read. */
  readonly layers: readonly LayerVerdict[];
}

export interface ImageVerdict {
  /** `none`: there is no SOCI index; `reason` and `message` say why. */
  readonly status: 'valid' | 'invalid' | 'none';
  readonly reason?: ImageSkipReason | Extract<CommandReason, 'no-soci-index'>;
  readonly message?: string;
  readonly digest: Digest;
  /** Problems of the image as a whole. Absent if empty. */
  readonly problems?: readonly string[];
  readonly indexes: readonly IndexVerdict[];
  /** Unusual but harmless. */
  readonly warnings: readonly string[];
  /** Bytes of layers that were read. */
  readonly bytesRead: number;
}
