// The layers of an image, side by side: as many at a time as there are threads to inflate them, the largest first.
import { type ContentStore, NotFoundError } from '../content/content-store.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import type { LayerCompression } from '../core/ztoc/ztoc.ts';
import type { ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import type { IndexSettings } from './existing-index.ts';
import { indexLayer } from './index-layer.ts';
import { readKnownZtoc } from './known-layer.ts';
import { estimateCheckMemory, estimateZtocMemory, largestZtocIn, MemoryBudget } from './memory-budget.ts';
import type { LayerOutcome, KnownLayer } from './outcome.ts';
import type { ZtocJobs } from '../threads/ztoc-jobs.ts';

export interface LayerToIndex {
  readonly layer: Descriptor;
  readonly compression: LayerCompression;
}

/** Is told how the work goes on. */
export interface IndexProgress {
  /** Before the first byte, if there is one to come: what is going to be read. */
  onStart(layers: readonly Descriptor[]): void;
  onBytes(layer: Descriptor, bytes: number): void;
  onLayerDone(layer: Descriptor, outcome: LayerOutcome): void;
}

export interface IndexLayersOptions extends IndexSettings {
  /** Writes no zTOC. */
  readonly dryRun?: boolean;
  /** Layers that need not be read, if what is known of them proves right. By the layer's digest. */
  readonly known?: ReadonlyMap<Digest, KnownLayer>;
  /**
   * Memory for the layers in flight, in bytes. A layer whose zTOC does not fit into all of it is skipped.
   *
   * @default no bound
   */
  readonly memoryBytes?: number;
  /** When it is aborted no more is read, and what is finished is returned: the end of the time, not of the work. */
  readonly outOfTime?: AbortSignal;
  readonly jobs: ZtocJobs;
  readonly progress?: IndexProgress;
  readonly signal?: AbortSignal;
}

export interface IndexedLayers {
  readonly outcomes: ReadonlyMap<Digest, LayerOutcome>;
  readonly bytesRead: number;
  /** Layers that have no outcome, because time ran out. */
  readonly layersLeft: number;
}

/** Indexes each layer. The first error ends all of them. Errors as of `indexLayer`. */
export async function indexLayers(
  store: ContentStore,
  layers: readonly LayerToIndex[],
  options: IndexLayersOptions,
): Promise<IndexedLayers> {
  // A large layer that came last would be read alone, while all other threads are idle.
  const queue = layers.toSorted((a, b) => b.layer.size - a.layer.size);
  if (queue.length > 0) options.progress?.onStart(queue.map(({ layer }) => layer));
  const outcomes = new Map<Digest, LayerOutcome>();
  let bytesRead = 0;
  const failure = new AbortController();
  const { outOfTime } = options;
  const signals = [failure.signal, options.signal, outOfTime].filter((one) => one !== undefined);
  const signal = AbortSignal.any(signals);
  const target = options.dryRun === true ? withoutWriting(store) : store;

  const bytesToRead = layers
    .filter(({ layer }) => options.known?.has(layer.digest) !== true)
    .reduce((bytes, { layer }) => bytes + layer.size, 0);
  const jobs: ZtocJobs = {
    size: options.jobs.size,
    start: (ztocOptions) => options.jobs.start(ztocOptions, bytesToRead),
  };

  const budget = new MemoryBudget(options.memoryBytes ?? Infinity);
  const indexOne = async (next: LayerToIndex, ztocMemoryBytes: number): Promise<LayerOutcome> => {
    const giveBack = await budget.take(ztocMemoryBytes);
    try {
      signal.throwIfAborted();
      const onBytes = (bytes: number) => {
        bytesRead += bytes;
        options.progress?.onBytes(next.layer, bytes);
      };
      const ztocOptions = ztocOptionsFor(next, options, ztocMemoryBytes);
      return await indexLayer(target, next.layer, jobs, ztocOptions, onBytes, signal);
    } finally {
      giveBack();
    }
  };
  const indexWithinShare = async (next: LayerToIndex): Promise<LayerOutcome> => {
    const { largestZtoc } = budget;
    const estimate = estimateZtocMemory(next.layer, options.spanSizeBytes);
    // Where memory has no bound, a wrong estimate does no harm.
    const shares =
      estimate < largestZtoc && largestZtoc !== Infinity ? [estimate, largestZtoc] : [largestZtoc];
    let reason = '';
    // One that takes more than layers of its size do is read once more, with nothing beside it.
    for (const share of shares) {
      try {
        return await indexOne(next, share);
      } catch (error) {
        if (!(error instanceof FormatError) || error.format !== 'ztoc') throw error;
        reason = error.message;
      }
    }
    return { digest: next.layer.digest, status: 'skipped', reason: `not indexable: ${reason}` };
  };
  /** The outcome of a layer that need not be read; undefined if it must be. */
  const recallLayer = async ({ layer, compression }: LayerToIndex): Promise<LayerOutcome | undefined> => {
    const { digest } = layer;
    const known = options.known?.get(digest);
    if (known === undefined) return undefined;
    if ('reason' in known) return { digest, status: 'skipped', reason: known.reason };
    // Here it could not have been made.
    if (known.ztoc.size > largestZtocIn(budget.largestZtoc)) return undefined;
    const giveBack = await budget.take(estimateCheckMemory(known.ztoc.size));
    try {
      signal.throwIfAborted();
      const ztoc = await readKnownZtoc(store, layer, compression, known.ztoc, options, signal);
      return ztoc && { digest, status: 'reused', ztoc };
    } finally {
      giveBack();
    }
  };
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (outOfTime?.aborted === true) return;
      const { layer } = next;
      const outcome = (await recallLayer(next)) ?? (await indexWithinShare(next));
      outcomes.set(layer.digest, outcome);
      options.progress?.onLayerDone(layer, outcome);
    }
  };
  const workers = Array.from({ length: Math.min(options.jobs.size, queue.length) }, async () => {
    try {
      await work();
    } catch (error) {
      // What was under way when time ran out has failed because of that, unless the layer itself is at fault.
      if (outOfTime?.aborted === true && !failure.signal.aborted && !isAboutContent(error)) return;
      queue.length = 0;
      failure.abort(error);
      throw error;
    }
  });
  // All have ended before this returns: nothing is read or written after an error has been reported.
  const ends = await Promise.allSettled(workers);
  if (failure.signal.aborted) throw failure.signal.reason;
  options.signal?.throwIfAborted();
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return { outcomes, bytesRead, layersLeft: layers.length - outcomes.size };
}

/** More time would not help. */
function isAboutContent(error: unknown): boolean {
  return (
    error instanceof FormatError || error instanceof ContentMismatchError || error instanceof NotFoundError
  );
}

function ztocOptionsFor(
  { compression }: LayerToIndex,
  { spanSizeBytes, buildToolIdentifier }: IndexSettings,
  memoryBytes: number,
): ZtocOptions {
  const limit = memoryBytes === Infinity ? {} : { maximumZtocBytes: largestZtocIn(memoryBytes) };
  return { compression, spanSizeBytes, buildToolIdentifier, ...limit };
}

function withoutWriting(store: ContentStore): ContentStore {
  return {
    fetchBlob: (...args) => store.fetchBlob(...args),
    fetchManifest: (...args) => store.fetchManifest(...args),
    resolve: (...args) => store.resolve(...args),
    listReferrers: (...args) => store.listReferrers(...args),
    pushBlob: () => Promise.resolve(),
    pushManifest: () => Promise.resolve(),
  };
}
