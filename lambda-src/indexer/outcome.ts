// How the indexing of an image ends, and what it says of each layer on the way. Everything that is expected is a value
// here; what goes wrong is thrown.
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
 * Of a layer that its descriptor allows to be indexed.
 *
 * `reused`: its zTOC was there already, made with the same settings; the layer was not read.
 */
export type TriedLayerOutcome =
  | { readonly digest: Digest; readonly status: 'indexed' | 'reused'; readonly ztoc: ZtocSummary }
  | ({ readonly digest: Digest; readonly status: 'skipped' } & Explained<ContentSkipReason>);

/** Of any layer of an image. */
export type LayerOutcome =
  | TriedLayerOutcome
  | ({ readonly digest: Digest; readonly status: 'skipped' } & Explained<DescriptorSkipReason>);

/** A layer that need not be read: it has this zTOC, or can have none. */
export type KnownLayer =
  | {
      readonly digest: Digest;
      readonly ztoc: { readonly digest: Digest; readonly size: number };
      /** If it was read before, and is not to be in the index: its zTOC does not always tell why. */
      readonly differs?: string;
    }
  | ({ readonly digest: Digest } & Explained<ContentSkipReason>);

export interface ZtocSummary {
  readonly digest: Digest;
  /** Bytes of the zTOC. */
  readonly size: number;
  readonly spans: number;
  readonly files: number;
}

/** What was made for one platform of the image. */
export interface PlatformOutcome {
  /** `linux/amd64` */
  readonly platform: string;
  /** Of the SOCI index. Absent where none was made. */
  readonly digest?: Digest;
  readonly layers: readonly LayerOutcome[];
  /** The layers of which a runtime should prefetch spans. Absent if none exist. */
  readonly prefetch?: readonly PrefetchArtifact['listed'][];
}

interface OutcomeCommon {
  readonly version: SociIndexVersion;
  readonly indexes: readonly PlatformOutcome[];
  /** Bytes of layers that were read. */
  readonly bytesRead: number;
  /** Things that a person should know of. */
  readonly warnings: readonly string[];
}

/** `digest` is what a user deploys or refers to: V2 the new image index; V1 the (first) SOCI index. */
export type ImageOutcome = OutcomeCommon &
  (
    | {
        readonly status: 'indexed' | 'dry-run' | 'already-indexed';
        readonly digest: Digest;
        readonly tag?: string;
      }
    | ({ readonly status: 'skipped' } & Explained<ImageSkipReason>)
    /** Time ran out before all layers were read. What is finished is in the store, and is named for whoever goes on. */
    | {
        readonly status: 'unfinished';
        readonly finished: readonly KnownLayer[];
        readonly layersLeft: number;
        /** With `force`: whether something was written that was missing. */
        readonly hasChanged?: boolean;
      }
    /** The source tag has moved on while its image was being indexed: its next push has its own event. */
    | ({ readonly status: 'superseded' } & Explained<SupersededReason>)
  );

/** What became of each layer; of those that were not read because it was not worth it, only the reasons. */
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
