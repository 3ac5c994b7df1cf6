// Reads one layer once, and pushes its zTOC. Nothing is pushed before the layer's digest is verified.
import { type ContentReader, type ContentStore, NotFoundError } from '../content/content-store.ts';
import { FormatError } from '../core/errors.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { type ContentSkipReason, explain, type Explained } from '../core/reasons.ts';
import type { LayerFidelity } from '../core/fidelity/own-judgement.ts';
import type { TriedLayerOutcome } from './outcome.ts';
import type { BuiltZtoc, ZtocJobOptions, ZtocJobs } from '../threads/ztoc-jobs.ts';
import { findExcess } from './ztoc-ratio.ts';
import { ztocMediaType } from '../core/soci-names.ts';

/** The first two bytes of a gzip member, which every layer with a gzip media type must have. */
const magicBytes = 2;

export interface IndexedLayer {
  readonly outcome: TriedLayerOutcome;
  /**
   * For a layer with a zTOC. Determines, together with the other layers, whether the index may contain the layer
   * (leave-out.ts).
   */
  readonly fidelity?: LayerFidelity;
  readonly ztocBytes?: Uint8Array;
}

/**
 * Builds the zTOC of a layer and pushes it.
 *
 * @param maximumZtocRatio Same as for `findExcess`.
 * @returns The zTOC; or why an undamaged layer gets none: its tar is refused, its media type is wrong, or its zTOC would be
 *   too large.
 * @throws ContentMismatchError if the layer does not match its descriptor; FormatError ('gzip') if it does, but was already
 *   damaged when it was pushed, or 'ztoc' if the zTOC would be larger than `options` allows; any error from the store.
 */
export async function indexLayer(
  store: ContentStore,
  layer: Descriptor,
  jobs: ZtocJobs,
  options: ZtocJobOptions,
  maximumZtocRatio: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<IndexedLayer> {
  const { digest } = layer;
  const built = await buildZtoc(store, layer, jobs, options, onBytes, signal);
  if ('reason' in built) return { outcome: { digest, status: 'skipped', ...built } };
  const size = built.bytes.length;
  const excess = findExcess(size, layer.size, maximumZtocRatio);
  if (excess !== undefined) return { outcome: { digest, status: 'skipped', ...excess } };
  await store.pushBlob({ mediaType: ztocMediaType, digest: built.digest, size }, built.bytes, signal);
  const ztoc = { digest: built.digest, size, spans: built.spans, files: built.files };
  return { outcome: { digest, status: 'indexed', ztoc }, fidelity: built.fidelity, ztocBytes: built.bytes };
}

/**
 * Builds the zTOC of a layer, or returns why it cannot have one. Nothing is written.
 *
 * @throws Same as `indexLayer`.
 */
export async function buildZtoc(
  store: ContentReader,
  layer: Descriptor,
  jobs: ZtocJobs,
  options: ZtocJobOptions,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BuiltZtoc | Explained<ContentSkipReason>> {
  let built: BuiltZtoc;
  try {
    built = await readLayer(store, layer, jobs, options, onBytes, signal);
  } catch (error) {
    const reason = skipReasonOf(error, layer);
    if (reason === undefined) throw error;
    return reason;
  }
  if (built.overlappingEntry === undefined) return built;
  const name = quoteText(built.overlappingEntry);
  const problem = `the entry ${name} begins before the previous one ends, which the SOCI snapshotter refuses`;
  return explain('not-indexable', problem);
}

async function readLayer(
  store: ContentReader,
  layer: Descriptor,
  jobs: ZtocJobs,
  options: ZtocJobOptions,
  onBytes: (bytes: number) => void,
  signal: AbortSignal,
): Promise<BuiltZtoc> {
  const job = jobs.start(options);
  try {
    // A format error counts only if the bytes are those of the layer, so the rest is read to verify the digest.
    let formatError: FormatError | undefined;
    for await (const piece of store.fetchBlob(layer, signal)) {
      onBytes(piece.length);
      if (formatError !== undefined) continue;
      try {
        await job.push(piece);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        formatError = error;
      }
    }
    if (formatError !== undefined) throw formatError;
    return await job.finish();
  } catch (error) {
    throw error instanceof FormatError ? namingLayer(error, layer) : error;
  } finally {
    job.discard();
  }
}

function namingLayer({ format, problem, offset }: FormatError, layer: Descriptor): FormatError {
  return new FormatError(format, `layer ${layer.digest}: ${problem}`, offset);
}

/** Why an undamaged layer cannot have a zTOC; undefined for other errors. */
function skipReasonOf(error: unknown, layer: Descriptor): Explained<ContentSkipReason> | undefined {
  if (error instanceof FormatError) {
    const { format, message, offset } = error;
    if (format === 'tar') return explain('not-indexable', message);
    // A layer that ends this early is truncated, whatever its format.
    const isWrongType = offset !== undefined && offset <= magicBytes && layer.size > offset;
    if (format === 'gzip' && isWrongType) return explain('not-indexable', message);
  }
  // Layers that may not be distributed are often missing from the image's registry.
  if (error instanceof NotFoundError && /\.nondistributable\.|\.foreign\./.test(layer.mediaType))
    return explain('not-indexable', error.message);
  return undefined;
}
