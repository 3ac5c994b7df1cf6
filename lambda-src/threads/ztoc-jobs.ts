// Who builds zTOCs: this thread, or a pool of others (ztoc-workers.ts).
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
  /** Bytes of the layer, and of its tar up to the end marker. */
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  /**
   * The name of an entry that overlaps the one before it: the snapshotter would refuse the zTOC. Undefined where there is
   * none.
   */
  readonly overlappingEntry: string | undefined;
  readonly fidelity: LayerFidelity;
}

export interface ZtocJobOptions extends ZtocOptions {
  /** Whether the layer is the lowest of its image: whiteouts mean something else there. @default false */
  readonly isBottom?: boolean;
}

/** The zTOC of one layer in the making. */
export interface ZtocJob {
  /**
   * The next bytes of the layer; they may be overwritten once the promise has resolved.
   *
   * @throws FormatError ('gzip') where the stream is damaged, perhaps only in a later call.
   */
  push(layerBytes: Uint8Array): Promise<void>;
  /** @throws FormatError ('gzip' or 'tar') */
  finish(): Promise<BuiltZtoc>;
  /** Gives up. To be called always, also after `finish`. */
  discard(): void;
}

export interface ZtocJobs {
  /** How many jobs make sense at the same time. */
  readonly size: number;
  /** @param bytesInAll Of this layer and those that are read beside it or after it, as far as they are known. */
  start(options: ZtocJobOptions, bytesInAll?: number): ZtocJob;
}

/** Builds in this thread. */
export const ownThread: ZtocJobs = {
  size: 1,
  start: (options) => startOwnJob(options),
};

/** Inflating takes all of this thread's time: the digests of spans are made by the threads of Node's pool. */
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
