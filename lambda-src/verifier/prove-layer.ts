// Proves zTOCs against their layer. The layer is read once, and its zTOC is built again with the same settings, by the
// indexing threads. If the bytes are equal, the whole zTOC is proved: the digests match the layer's spans, the checkpoints
// match the decoder's state, and the files match the tar. Otherwise, each part is compared. Only if the checkpoints differ is
// the layer read again and inflated from each of them, because another builder may place valid ones elsewhere.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { LayerFidelity } from '../core/fidelity/own-judgement.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import {
  flatbufferMaximumBytes,
  largestZtocOfLayer,
  type LayerCompression,
  type Ztoc,
} from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import type { ZtocSummary } from '../indexer/outcome.ts';
import type { BuiltZtoc, ZtocJob, ZtocJobs } from '../threads/ztoc-jobs.ts';
import { compareContents, describeOverlap } from './compare-contents.ts';
import { Findings } from './findings.ts';
import { compareSpanDigests, SpanProver } from './span-prover.ts';
import { ztocMediaType, defaultSpanSizeBytes } from '../core/soci-names.ts';

export type ZtocReference = Pick<Descriptor, 'digest' | 'size'>;

/** Distinguishes references by digest and size, because another reference to the same zTOC may have a wrong size. */
export function ztocKey({ digest, size }: ZtocReference): string {
  return `${digest} ${size}`;
}

/** A layer with the zTOCs that SOCI indexes list for it, usually one. */
export interface LayerToProve {
  readonly layer: Descriptor;
  readonly compression: LayerCompression;
  readonly ztocs: readonly ZtocReference[];
  /** As in ZtocJobOptions. @default false */
  readonly isBottom?: boolean;
}

export interface ZtocProof {
  readonly findings: Findings;
  /** Undefined if it is missing or cannot be read. */
  readonly ztoc?: ZtocSummary;
  readonly spanSizeBytes?: number;
  /**
   * The judgement of the layer alone; undefined if it could not be read, or if the snapshotter refuses the zTOC.
   */
  readonly fidelity?: LayerFidelity;
}

/**
 * Maximum number of zTOCs of a layer that are proved in one reading, each held in memory. An image with a V1 and a V2 index has two.
 */
const ztocsPerReading = 2;

/** Maximum size of the rebuilt zTOC, beside the stored one. */
const spareZtocBytes = 64 * 1024 * 1024;

/** A zTOC that was read and is being proved. */
interface OpenZtoc {
  readonly reference: ZtocReference;
  readonly ztoc: Ztoc;
  readonly findings: Findings;
  fidelity?: LayerFidelity;
}

/**
 * Proves the zTOCs of one layer. Problems of the zTOCs or the layer are in the findings.
 *
 * @returns A proof for each zTOC, by `ztocKey`.
 * @throws What the store throws, unless content is missing or does not match its descriptor.
 */
export async function proveLayer(
  store: ContentReader,
  { layer, compression, ztocs, isBottom = false }: LayerToProve,
  jobs: ZtocJobs,
  onBytes: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ZtocProof>> {
  const proofs = new Map<string, ZtocProof>();
  for (let start = 0; start < ztocs.length; start += ztocsPerReading) {
    const open: OpenZtoc[] = [];
    for (const reference of ztocs.slice(start, start + ztocsPerReading)) {
      const findings = new Findings();
      const ztoc = await readZtoc(store, layer, reference, findings, signal);
      proofs.set(ztocKey(reference), { findings, ...(ztoc && summarize(reference, ztoc)) });
      if (ztoc === undefined) continue;
      if (ztoc.spans.compression === compression) open.push({ reference, ztoc, findings });
      else
        findings.addProblem(
          `the layer's compression is recorded as ${ztoc.spans.compression}; it is ${compression}`,
        );
    }
    const placedJobs: ZtocJobs = {
      size: jobs.size,
      start: (options) => jobs.start({ ...options, isBottom }),
    };
    if (open.length > 0) await proveZtocs(store, layer, open, placedJobs, onBytes, signal);
    for (const { reference, fidelity } of open) {
      const key = ztocKey(reference);
      if (fidelity !== undefined) proofs.set(key, { ...proofs.get(key)!, fidelity });
    }
  }
  return proofs;
}

function summarize({ digest, size }: ZtocReference, ztoc: Ztoc): Omit<ZtocProof, 'findings'> {
  return {
    ztoc: { digest, size, spans: ztoc.spanDigests.length, files: ztoc.contents.length },
    spanSizeBytes: ztoc.spans.spanSizeBytes,
  };
}

async function readZtoc(
  store: ContentReader,
  layer: Descriptor,
  { digest, size }: ZtocReference,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<Ztoc | undefined> {
  const target = { mediaType: ztocMediaType, digest, size };
  const largest = largestZtocOfLayer(layer.size, defaultSpanSizeBytes);
  try {
    return decodeZtoc(await readWholeBlob(store, target, largest, signal));
  } catch (error) {
    if (error instanceof NotFoundError) findings.addProblem(`its zTOC ${digest} is missing`);
    else if (error instanceof ContentMismatchError)
      findings.addProblem(`its zTOC does not match its descriptor: ${error.message}`);
    else if (error instanceof FormatError)
      findings.addProblem(`its zTOC ${digest} cannot be read: ${error.message}`);
    else throw error;
    return undefined;
  }
}

async function proveZtocs(
  store: ContentReader,
  layer: Descriptor,
  open: readonly OpenZtoc[],
  jobs: ZtocJobs,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  const rebuilds = open.map((ztoc) => new Rebuild(ztoc, jobs));
  const provers: SpanRun[] = [];
  try {
    await readLayer(store, layer, rebuilds, onBytes, signal);
    for (const rebuild of rebuilds) {
      const actual = await rebuild.finish();
      if (actual !== undefined && actual.overlappingEntry === undefined) {
        rebuild.open.fidelity = actual.fidelity;
      }
      if (actual === undefined || compareZtocs(rebuild.open, actual, layer) === 'compared') continue;
      provers.push(new SpanRun(rebuild.open, actual.spans));
    }
    if (provers.length === 0) return;
    await readLayer(store, layer, provers, onBytes, signal);
    for (const prover of provers) prover.finish();
  } catch (error) {
    const isLayers = error instanceof NotFoundError || error instanceof ContentMismatchError;
    if (!isLayers) throw error;
    for (const { findings } of open) findings.addProblem(`the layer itself cannot be read: ${error.message}`);
  } finally {
    for (const run of [...rebuilds, ...provers]) run.discard();
  }
}

/**
 * Consumes a layer's bytes. Its error is kept until the end, because all bytes must be read to verify the digest.
 */
interface LayerConsumer {
  push(piece: Uint8Array): Promise<void> | void;
}

async function readLayer(
  store: ContentReader,
  layer: Descriptor,
  consumers: readonly LayerConsumer[],
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const piece of store.fetchBlob(layer, signal)) {
    onBytes(piece.length);
    for (const consumer of consumers) await consumer.push(piece);
  }
}

/** A zTOC rebuilt from the layer, with the settings of the stored one. */
class Rebuild implements LayerConsumer {
  readonly #job: ZtocJob;
  readonly #maximumBytes: number;
  #error: FormatError | undefined;

  constructor(
    readonly open: OpenZtoc,
    jobs: ZtocJobs,
  ) {
    const { ztoc, reference } = open;
    // A false span size must not lead to a zTOC of gigabytes.
    this.#maximumBytes = Math.min(flatbufferMaximumBytes, 2 * reference.size + spareZtocBytes);
    this.#job = jobs.start({
      compression: ztoc.spans.compression,
      spanSizeBytes: ztoc.spans.spanSizeBytes,
      buildToolIdentifier: ztoc.buildToolIdentifier,
      maximumZtocBytes: this.#maximumBytes,
    });
  }

  async push(piece: Uint8Array): Promise<void> {
    if (this.#error !== undefined) return;
    try {
      await this.#job.push(piece);
    } catch (error) {
      this.#keep(error);
    }
  }

  /** @returns Undefined if the layer cannot have such a zTOC, which is added to the findings. */
  async finish(): Promise<BuiltZtoc | undefined> {
    try {
      if (this.#error === undefined) return await this.#job.finish();
    } catch (error) {
      this.#keep(error);
    }
    const { findings, ztoc, reference } = this.open;
    findings.addProblem(
      this.#error?.format === 'ztoc'
        ? `with its recorded span size of ${ztoc.spans.spanSizeBytes} bytes, it would have more than ${this.#maximumBytes} bytes; it has ${reference.size}`
        : `the layer cannot have a zTOC: ${this.#error?.message}`,
    );
    return undefined;
  }

  discard(): void {
    this.#job.discard();
  }

  #keep(error: unknown): void {
    if (!(error instanceof FormatError)) throw error;
    this.#error = error;
  }
}

/** @returns `compared` if everything has been compared; `other checkpoints` if the checkpoints must be tried. */
function compareZtocs(
  { reference, ztoc, findings }: OpenZtoc,
  actual: BuiltZtoc,
  layer: Descriptor,
): 'compared' | 'other checkpoints' {
  if (actual.digest === reference.digest) {
    if (actual.overlappingEntry !== undefined) {
      findings.addWarning(describeOverlap(quoteText(actual.overlappingEntry)));
    }
    return 'compared';
  }
  const { spans, compressedSize, uncompressedSize } = ztoc;
  const rebuilt = decodeZtoc(actual.bytes);
  if (compressedSize !== layer.size) {
    findings.addProblem(`the layer's size is recorded as ${compressedSize} bytes; it is ${layer.size}`);
  }
  if (uncompressedSize !== rebuilt.uncompressedSize) {
    findings.addProblem(
      `the tar is recorded to end at byte ${uncompressedSize}; it ends at byte ${rebuilt.uncompressedSize}`,
    );
  }
  compareContents(ztoc.contents, rebuilt.contents, findings);
  if (spans.compression === 'uncompressed' && spans.layerBytes !== layer.size) {
    findings.addProblem(`its spans are recorded as ${spans.layerBytes} bytes; the layer has ${layer.size}`);
  }
  if (!hasSameCheckpoints(ztoc, rebuilt)) return 'other checkpoints';
  compareSpanDigests(ztoc, rebuilt.spanDigests, findings);
  return 'compared';
}

function hasSameCheckpoints({ spans }: Ztoc, { spans: others }: Ztoc): boolean {
  if (spans.compression !== 'gzip' || others.compression !== 'gzip') return true;
  return (
    spans.checkpoints.length === others.checkpoints.length &&
    spans.checkpoints.every((checkpoint, index) => {
      const other = others.checkpoints[index]!;
      return (
        checkpoint.compressedOffset === other.compressedOffset &&
        checkpoint.uncompressedOffset === other.uncompressedOffset &&
        checkpoint.bits === other.bits &&
        Buffer.compare(checkpoint.window, other.window) === 0
      );
    })
  );
}

/** Reads the layer again for the spans of one zTOC. The first reading has shown that the layer is valid. */
class SpanRun implements LayerConsumer {
  readonly #open: OpenZtoc;
  readonly #usualSpans: number;

  readonly #prover: SpanProver;
  readonly #problemsBefore: number;

  /** @param usualSpans Number of spans in a zTOC of this layer that we would build. */
  constructor(open: OpenZtoc, usualSpans: number) {
    this.#open = open;
    this.#usualSpans = usualSpans;

    this.#prover = new SpanProver(open.ztoc, open.findings);
    this.#problemsBefore = open.findings.problemCount;
  }

  push(piece: Uint8Array): void {
    this.#prover.push(piece);
  }

  finish(): void {
    this.#prover.finish();
    const { findings, ztoc } = this.#open;
    if (findings.problemCount > this.#problemsBefore) return;
    findings.addWarning(
      `its ${ztoc.spanDigests.length} checkpoints differ from the ${this.#usualSpans} that this version creates, but each span inflates correctly from its checkpoint`,
    );
  }

  discard(): void {
    this.#prover.discard();
  }
}
