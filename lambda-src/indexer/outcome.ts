// The outcome of indexing an image, with an outcome for each layer. Every expected outcome is a value; errors are thrown.
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import {
  type ContentSkipReason,
  type DescriptorSkipReason,
  explain,
  type Explained,
  type ImageSkipReason,
  type SupersededReason,
} from '../core/reasons.ts';
import type { PrefetchArtifact } from '../core/soci/prefetch.ts';
import type { PlatformLayers } from './existing-index.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

/**
 * The outcome of a layer that may be indexed according to its descriptor.
 *
 * `reused`: its zTOC already existed, made with the same settings; the layer was not read.
 */
export type TriedLayerOutcome =
  | { readonly digest: Digest; readonly status: 'indexed' | 'reused'; readonly ztoc: ZtocSummary }
  | ({ readonly digest: Digest; readonly status: 'skipped' } & Explained<ContentSkipReason>);

/** The outcome of any layer of an image. */
export type LayerOutcome =
  | TriedLayerOutcome
  | ({ readonly digest: Digest; readonly status: 'skipped' } & Explained<DescriptorSkipReason>);

/** A layer that need not be read: it has this zTOC, or cannot have one. */
export type KnownLayer =
  | {
      readonly digest: Digest;
      readonly ztoc: { readonly digest: Digest; readonly size: number };
      /** Set if the layer was read before and must not be in the index. Its zTOC does not always show why. */
      readonly differs?: string;
    }
  | ({ readonly digest: Digest } & Explained<ContentSkipReason>);

export interface ZtocSummary {
  readonly digest: Digest;
  /** Size of the zTOC in bytes. */
  readonly size: number;
  readonly spans: number;
  readonly files: number;
}

/** The result for one platform of the image. */
export interface PlatformOutcome {
  /** `linux/amd64` */
  readonly platform: string;
  /** Digest of the SOCI index. Absent if none was built. */
  readonly digest?: Digest;
  readonly layers: readonly LayerOutcome[];
  /** Layers with spans to prefetch. Absent if empty. */
  readonly prefetch?: readonly PrefetchArtifact['listed'][];
}

interface OutcomeCommon {
  readonly version: SociIndexVersion;
  readonly indexes: readonly PlatformOutcome[];
  /** Bytes of layers that were read. */
  readonly bytesRead: number;
  /** Warnings for the user. */
  readonly warnings: readonly string[];
}

/** `digest` is what to deploy or refer to: V2 the new image index; V1 the first SOCI index. */
export type ImageOutcome = OutcomeCommon &
  (
    | {
        readonly status: 'indexed' | 'dry-run' | 'already-indexed';
        readonly digest: Digest;
        readonly tag?: string;
      }
    | ({ readonly status: 'skipped' } & Explained<ImageSkipReason>)
    /**
     * Time ran out before all layers were read. `finished` lists what is in the store, for the next invocation.
     */
    | {
        readonly status: 'unfinished';
        readonly finished: readonly KnownLayer[];
        readonly layersLeft: number;
        /** With `force`: whether something was written that was missing. */
        readonly hasChanged?: boolean;
      }
    /** The source tag moved while its image was being indexed; the newer push has its own event. */
    | ({ readonly status: 'superseded' } & Explained<SupersededReason>)
  );

/** The outcome of each layer; for layers that were not worth reading, only the reason. */
export function platformOutcomeOf(
  { platform, layers }: PlatformLayers,
  outcomes: ReadonlyMap<Digest, TriedLayerOutcome>,
): PlatformOutcome {
  return {
    platform: formatPlatform(platform),
    layers: layers.flatMap((choice): LayerOutcome[] => {
      const { digest } = choice.layer;
      if (choice.kind === 'skip') return [{ digest, status: 'skipped', ...explain(choice.reason) }];
      const outcome = outcomes.get(digest);
      return outcome === undefined ? [] : [outcome];
    }),
  };
}
