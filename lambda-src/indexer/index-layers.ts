// Reads the layers of an image in parallel: as many at a time as there are threads to inflate them, largest first.
import { isContentError } from '../content/content-error.ts';
import type { ContentStore } from '../content/content-store.ts';
import { FormatError } from '../core/errors.ts';
import { judgeOwn, type LayerFidelity, type OwnJudgement } from '../core/fidelity/own-judgement.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { explain } from '../core/reasons.ts';
import { sumOf } from '../core/sum-of.ts';
import type { LayerCompression } from '../core/ztoc/ztoc.ts';
import type { IndexSettings } from './existing-index.ts';
import { type IndexedLayer, indexLayer } from './index-layer.ts';
import { readKnownZtoc } from './known-layer.ts';
import { estimateCheckMemory, estimateZtocMemory, largestZtocIn, MemoryBudget } from './memory-budget.ts';
import { HeldZtocs } from './layer-entries.ts';
import type { KnownLayer, TriedLayerOutcome } from './outcome.ts';
import type { ZtocJobOptions, ZtocJobs } from '../threads/ztoc-jobs.ts';
import { findExcess } from './ztoc-ratio.ts';

export interface LayerToIndex {
  readonly layer: Descriptor;
  readonly compression: LayerCompression;
  /** Whether this is the bottom layer of an image, and is not used further up in another image. @default false */
  readonly isBottom?: boolean;
}

/** Receives progress. */
export interface IndexProgress {
  /** Called before the first byte is read, with the layers to be read. Not called if no layer is to be read. */
  onStart(layers: readonly Descriptor[]): void;
  onBytes(layer: Descriptor, bytes: number): void;
  onLayerDone(layer: Descriptor, outcome: TriedLayerOutcome): void;
}

export interface IndexLayersOptions extends IndexSettings {
  /** Layers that need not be read if their known zTOC proves valid, by the layer's digest. */
  readonly known?: ReadonlyMap<Digest, KnownLayer>;
  /**
   * Memory for the layers in flight, in bytes. A layer whose zTOC does not fit into all of it is skipped.
   *
   * @default no limit
   */
  readonly memoryBytes?: number;
  /**
   * Maximum size of a zTOC, as a multiple of its layer's compressed size (ztoc-ratio.ts). A layer whose zTOC is larger is
   * skipped.
   *
   * @default no limit
   */
  readonly maximumZtocRatio?: number;
  /** Aborted when time runs out. Reading then stops, and the finished layers are returned: the work has not failed. */
  readonly outOfTime?: AbortSignal;
  readonly jobs: ZtocJobs;
  readonly progress?: IndexProgress;
  readonly signal?: AbortSignal;
}

export interface IndexedLayers {
  readonly outcomes: ReadonlyMap<Digest, TriedLayerOutcome>;
  /** For each layer with a zTOC. */
  readonly fidelities: ReadonlyMap<Digest, LayerFidelity>;
  readonly ztocs: HeldZtocs;
  readonly bytesRead: number;
  /** Layers without an outcome, because time ran out. */
  readonly layersLeft: number;
}

/** Indexes each layer. The first error stops all of them. @throws Same as `indexLayer`. */
export async function indexLayers(
  store: ContentStore,
  layers: readonly LayerToIndex[],
  options: IndexLayersOptions,
): Promise<IndexedLayers> {
  const indexing = new LayerIndexing(store, layers, options);
  await indexing.run();
  const { outcomes, fidelities, ztocs, bytesRead } = indexing;
  return { outcomes, fidelities, ztocs, bytesRead, layersLeft: layers.length - outcomes.size };
}

class LayerIndexing {
  readonly #store: ContentStore;
  readonly #options: IndexLayersOptions;

  readonly outcomes = new Map<Digest, TriedLayerOutcome>();
  readonly fidelities = new Map<Digest, LayerFidelity>();
  readonly ztocs = new HeldZtocs();
  bytesRead = 0;
  readonly #queue: LayerToIndex[];
  /** Total bytes of layers that are not known. */
  readonly #bytesToRead: number;
  readonly #budget: MemoryBudget;
  readonly #failure = new AbortController();
  /** Aborted by the first error, by the caller, or when time runs out. */
  readonly #signal: AbortSignal;

  constructor(store: ContentStore, layers: readonly LayerToIndex[], options: IndexLayersOptions) {
    this.#store = store;
    this.#options = options;

    // If a large layer came last, it would be read alone while the other threads are idle.
    this.#queue = layers.toSorted((a, b) => b.layer.size - a.layer.size);
    const toRead = layers.filter(({ layer }) => options.known?.has(layer.digest) !== true);
    this.#bytesToRead = sumOf(toRead, ({ layer }) => layer.size);
    this.#budget = new MemoryBudget(options.memoryBytes ?? Infinity);
    const signals = [this.#failure.signal, options.signal, options.outOfTime];
    this.#signal = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  }

  /** @throws The first error, once all layers in flight have stopped: nothing is read or written after that. */
  async run(): Promise<void> {
    const { jobs, progress, signal } = this.#options;
    if (this.#queue.length > 0) progress?.onStart(this.#queue.map(({ layer }) => layer));
    const workers = Array.from({ length: Math.min(jobs.size, this.#queue.length) }, () => this.#work());
    await Promise.all(workers);
    if (this.#failure.signal.aborted) throw this.#failure.signal.reason;
    signal?.throwIfAborted();
  }

  /**
   * One of several workers that take layers from the queue. Never rejects: an error stops the other workers at their next
   * request.
   */
  async #work(): Promise<void> {
    const { outOfTime, progress } = this.#options;
    try {
      for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
        if (outOfTime?.aborted === true) return;
        const { outcome, fidelity, ztocBytes } =
          (await this.#recallLayer(next)) ?? (await this.#readLayer(next));
        const { digest } = next.layer;
        if (fidelity !== undefined) this.fidelities.set(digest, fidelity);
        if (ztocBytes !== undefined && 'ztoc' in outcome) this.ztocs.add(outcome.ztoc.digest, ztocBytes);
        this.outcomes.set(digest, outcome);
        progress?.onLayerDone(next.layer, outcome);
      }
    } catch (error) {
      // An error after time has run out is a consequence of that, unless the layer itself is damaged.
      if (outOfTime?.aborted === true && !this.#failure.signal.aborted && !isContentError(error)) return;
      this.#failure.abort(error);
    }
  }

  /** The outcome of a layer that need not be read; undefined if it must be. */
  async #recallLayer({
    layer,
    compression,
    isBottom = false,
  }: LayerToIndex): Promise<IndexedLayer | undefined> {
    const { digest } = layer;
    const known = this.#options.known?.get(digest);
    if (known === undefined) return undefined;
    if (!('ztoc' in known)) return { outcome: { ...known, status: 'skipped' } };
    // With this memory limit, a zTOC of this size could not have been built.
    if (known.ztoc.size > largestZtocIn(this.#budget.largestZtoc)) return undefined;
    const { maximumZtocRatio = 0 } = this.#options;
    if (findExcess(known.ztoc.size, layer.size, maximumZtocRatio) !== undefined) return undefined;
    const ztoc = await this.#withMemory(estimateCheckMemory(known.ztoc.size), () =>
      readKnownZtoc(this.#store, layer, compression, known.ztoc, this.#options, this.#signal),
    );
    if (ztoc === undefined) return undefined;
    const fidelity = judgeOwn(ztoc.contents, isBottom);
    const { differs } = known;
    const own: OwnJudgement =
      differs === undefined ? fidelity.own : { kind: 'breaks', sentences: [differs], count: 1 };
    return {
      outcome: { digest, status: 'reused', ztoc: ztoc.summary },
      fidelity: { ...fidelity, own },
      ztocBytes: ztoc.bytes,
    };
  }

  /**
   * Reads a layer with its share of memory. If its zTOC needs more, the layer is read again, alone and with all memory.
   */
  async #readLayer(next: LayerToIndex): Promise<IndexedLayer> {
    const { largestZtoc } = this.#budget;
    const estimate = estimateZtocMemory(next.layer, this.#options.spanSizeBytes);
    // Without a memory limit, a wrong estimate does no harm.
    const shares =
      estimate < largestZtoc && largestZtoc !== Infinity ? [estimate, largestZtoc] : [largestZtoc];
    let problem = '';
    for (const share of shares) {
      try {
        return await this.#withMemory(share, () => this.#readLayerWithin(next, share));
      } catch (error) {
        if (!(error instanceof FormatError) || error.format !== 'ztoc') throw error;
        problem = error.message;
      }
    }
    return {
      outcome: { digest: next.layer.digest, status: 'skipped', ...explain('not-indexable', problem) },
    };
  }

  /** @param memoryBytes Memory for its zTOC. */
  #readLayerWithin(
    { layer, compression, isBottom = false }: LayerToIndex,
    memoryBytes: number,
  ): Promise<IndexedLayer> {
    const { jobs, progress, spanSizeBytes, buildToolIdentifier, maximumZtocRatio = 0 } = this.#options;
    const limit = memoryBytes === Infinity ? {} : { maximumZtocBytes: largestZtocIn(memoryBytes) };
    const ztocOptions = { compression, spanSizeBytes, buildToolIdentifier, isBottom, ...limit };
    const onBytes = (bytes: number) => {
      this.bytesRead += bytes;
      progress?.onBytes(layer, bytes);
    };
    const startJob = (one: ZtocJobOptions) => jobs.start(one, this.#bytesToRead);
    const sizedJobs = { size: jobs.size, start: startJob };
    return indexLayer(this.#store, layer, sizedJobs, ztocOptions, maximumZtocRatio, onBytes, this.#signal);
  }

  async #withMemory<Result>(ztocBytes: number, work: () => Promise<Result>): Promise<Result> {
    const giveBack = await this.#budget.take(ztocBytes);
    try {
      this.#signal.throwIfAborted();
      return await work();
    } finally {
      giveBack();
    }
  }
}
