// What verification says of an image, its SOCI indexes and their layers.
import type { Digest } from '../core/oci/descriptor.ts';
import type { CommandReason, ImageSkipReason, LayerSkipReason } from '../core/reasons.ts';
import type { ZtocSummary } from '../indexer/outcome.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

export interface LayerVerdict {
  readonly digest: Digest;
  /** `not covered`: it has no zTOC, and needs none; `reason` and `message` say why. */
  readonly status: 'valid' | 'invalid' | 'not covered';
  readonly reason?: LayerSkipReason;
  readonly message?: string;
  /** Absent if none exists or can be read. */
  readonly ztoc?: ZtocSummary;
  readonly problems: readonly string[];
  /** How many problems there are beside those. Absent if none exist. */
  readonly unlistedProblems?: number;
}

export interface IndexVerdict {
  /** `linux/amd64` */
  readonly platform: string;
  /** Absent where the platform that was asked for has no SOCI index. */
  readonly version?: SociIndexVersion;
  /** Absent there too, and where the image names something else for one. */
  readonly digest?: Digest;
  readonly status: 'valid' | 'invalid';
  /** Of the index itself and of what refers to it. */
  readonly problems: readonly string[];
  readonly unlistedProblems?: number;
  /** The image's layers, in order. Empty where the index cannot be read. */
  readonly layers: readonly LayerVerdict[];
}

export interface ImageVerdict {
  /** `none`: there is no SOCI index; `reason` and `message` say so, or what the reference is of. */
  readonly status: 'valid' | 'invalid' | 'none';
  readonly reason?: ImageSkipReason | Extract<CommandReason, 'no-soci-index'>;
  readonly message?: string;
  readonly digest: Digest;
  /** Of the image as a whole. Absent if none exist. */
  readonly problems?: readonly string[];
  readonly indexes: readonly IndexVerdict[];
  /** What is unusual but does no harm. */
  readonly warnings: readonly string[];
  /** Bytes of layers that were read. */
  readonly bytesRead: number;
}
