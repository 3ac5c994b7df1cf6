// Builds zTOCs, in this thread or in a pool of threads (ztoc-workers.ts).
import { judgeOwn, type LayerFidelity } from '../core/fidelity/own-judgement.ts';
import { type Digest, digestOf } from '../core/oci/descriptor.ts';
import { PooledSpanDigests } from '../core/ztoc/pooled-span-digests.ts';
import { createZtocBuilder, type ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { encodeZtoc } from '../core/ztoc/ztoc-encoder.ts';

export interface BuiltZtoc {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
  readonly spans: number;
  readonly files: number;
  /** Size of the layer, and of its tar up to the end marker. */
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /**
   * Name of an entry that overlaps the previous one, which makes the snapshotter refuse the zTOC; undefined if there is no
   * such entry.
   */
  readonly overlappingEntry: string | undefined;
  readonly fidelity: LayerFidelity;
}

export interface ZtocJobOptions extends ZtocOptions {
  /** Whether the layer is the bottom layer of its image, where whiteouts have a different meaning. @default false */
  readonly isBottom?: boolean;
}

/** The zTOC of one layer, being built. */
export interface ZtocJob {
  /**
   * The layer's next bytes; they may be overwritten once the promise has resolved.
   *
   * @throws FormatError ('gzip') if the stream is damaged, perhaps only in a later call.
   */
  push(layerBytes: Uint8Array): Promise<void>;
  /** @throws FormatError ('gzip' or 'tar') */
  finish(): Promise<BuiltZtoc>;
  /** Stops the job. Must always be called, also after `finish`. */
  discard(): void;
}

export interface ZtocJobs {
  /** Number of jobs that can usefully run in parallel. */
  readonly size: number;
  /** @param bytesInAll Bytes of this layer and of those read at the same time or later, as far as known. */
  start(options: ZtocJobOptions, bytesInAll?: number): ZtocJob;
}

/** Builds in this thread. */
export const ownThread: ZtocJobs = {
  size: 1,
  start: (options) => startOwnJob(options),
};

/** Inflating takes all of this thread's time, so span digests are computed by Node's thread pool. */
export function startOwnJob(options: ZtocJobOptions): ZtocJob {
  const spanDigests = new PooledSpanDigests();
  const builder = createZtocBuilder(options, spanDigests);
  return {
    async push(layerBytes) {
      builder.push(layerBytes);
      await spanDigests.ready();
    },
    async finish() {
      await spanDigests.settle();
      const ztoc = builder.finish();
      const bytes = encodeZtoc(ztoc);
      const overlap = ztoc.contents.findOverlap();
      return {
        bytes,
        digest: digestOf(bytes),
        spans: ztoc.spanDigests.length,
        files: ztoc.contents.length,
        compressedSize: ztoc.compressedSize,
        uncompressedSize: ztoc.uncompressedSize,
        overlappingEntry: overlap && new TextDecoder().decode(overlap.name),
        fidelity: judgeOwn(ztoc.contents, options.isBottom === true),
      };
    },
    discard() {
      builder.discard();
    },
  };
}
