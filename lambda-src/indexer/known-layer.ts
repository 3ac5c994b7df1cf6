// What is already known of a layer: its zTOC, from an earlier SOCI index or an earlier part of the same work. Whoever
// said so is not trusted.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { largestZtocBytes, type LayerCompression, ztocMediaType } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import type { IndexSettings } from './existing-index.ts';
import type { LayerSkipReason } from '../core/soci/layer-selection.ts';
import type { ContentSkipReason, ZtocSummary } from './outcome.ts';

/** A layer that need not be read: it has this zTOC, or can have none. */
export type KnownLayer =
  | { readonly digest: Digest; readonly ztoc: { readonly digest: Digest; readonly size: number } }
  | { readonly digest: Digest; readonly reason: LayerSkipReason | ContentSkipReason };

/**
 * A span takes as many compressed bytes as its uncompressed ones, and a little: stored blocks add 5 bytes for each 65,535.
 * A zTOC may be this many times larger than its layer and still be one that we would make: tiny spans, many files.
 */
const largestZtocShare = 64;

/**
 * Reads a zTOC that is said to be a layer's, and checks what can be checked without the layer: that its bytes have their
 * digest, that it is of a layer of this size and compression, made with these settings, and that the snapshotter would
 * take it. That it describes this very layer only the layer could prove: see SECURITY.md.
 *
 * @returns Undefined where it is not there, or not what it should be: the layer is then read.
 */
export async function readKnownZtoc(
  store: ContentReader,
  layer: Descriptor,
  compression: LayerCompression,
  ztoc: { readonly digest: Digest; readonly size: number },
  settings: IndexSettings,
  signal?: AbortSignal,
): Promise<ZtocSummary | undefined> {
  const target = { mediaType: ztocMediaType, digest: ztoc.digest, size: ztoc.size };
  const largest = Math.min(largestZtocBytes, largestZtocShare * (layer.size + settings.spanSizeBytes));
  try {
    const decoded = decodeZtoc(await readWholeBlob(store, target, largest, signal));
    const isOurs =
      decoded.compressedSize === layer.size &&
      decoded.spans.compression === compression &&
      decoded.spans.spanSizeBytes === settings.spanSizeBytes &&
      decoded.buildToolIdentifier === settings.buildToolIdentifier &&
      decoded.contents.findOverlap() === undefined;
    if (!isOurs) return undefined;
    return { ...ztoc, spans: decoded.spanDigests.length, files: decoded.contents.length };
  } catch (error) {
    const isNone =
      error instanceof NotFoundError || error instanceof FormatError || error instanceof ContentMismatchError;
    if (isNone) return undefined;
    throw error;
  }
}
