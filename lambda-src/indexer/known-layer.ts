// What is already known of a layer: its zTOC, from an earlier SOCI index or an earlier part of the same work. Whoever
// said so is not trusted.
import { isContentError } from '../content/content-error.ts';
import type { ContentReader } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';
import { largestZtocOfLayer, type LayerCompression, type SpanIndex, type Ztoc } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../core/ztoc/ztoc-encoder.ts';
import type { IndexSettings } from './existing-index.ts';
import type { ZtocSummary } from './outcome.ts';
import { ztocMediaType } from '../core/soci-names.ts';

export interface CheckedZtoc {
  readonly summary: ZtocSummary;
  readonly contents: PackedEntries;
  readonly bytes: Uint8Array;
}

/**
 * Reads a zTOC that is recorded as a layer's, and checks what can be checked without the layer: that its bytes have their
 * digest, that it is of a layer of this size and compression, made with these settings, that it has spans where we would
 * make them and that no file of it lies over another or beyond the end, and that it says all this in the bytes that we
 * would write. That it describes this very layer only the layer could prove: see SECURITY.md.
 *
 * @returns What it holds; undefined where it is not there, or not what it should be: the layer is then read.
 */
export async function readKnownZtoc(
  store: ContentReader,
  layer: Descriptor,
  compression: LayerCompression,
  ztoc: { readonly digest: Digest; readonly size: number },
  settings: IndexSettings,
  signal?: AbortSignal,
): Promise<CheckedZtoc | undefined> {
  const target = { mediaType: ztocMediaType, digest: ztoc.digest, size: ztoc.size };
  const largest = largestZtocOfLayer(layer.size, settings.spanSizeBytes);
  try {
    const bytes = await readWholeBlob(store, target, largest, signal);
    const decoded = decodeZtoc(bytes);
    const isOurs =
      decoded.compressedSize === layer.size &&
      decoded.spans.compression === compression &&
      decoded.spans.spanSizeBytes === settings.spanSizeBytes &&
      decoded.buildToolIdentifier === settings.buildToolIdentifier &&
      hasOurSpans(decoded.spans, layer) &&
      isWithin(decoded) &&
      // Whoever reads it otherwise than we do would see another layer.
      Buffer.compare(encodeZtoc(decoded), bytes) === 0;
    if (!isOurs) return undefined;
    const { contents, spanDigests } = decoded;
    return { summary: { ...ztoc, spans: spanDigests.length, files: contents.length }, contents, bytes };
  } catch (error) {
    if (isContentError(error)) return undefined;
    throw error;
  }
}

/** Whether the spans begin where our builder may begin one: after nothing was put out, or more than a span has been. */
function hasOurSpans(spans: SpanIndex, layer: Descriptor): boolean {
  if (spans.compression === 'uncompressed') return spans.layerBytes === layer.size;
  let last = 0;
  return spans.checkpoints.every(({ uncompressedOffset }, position) => {
    const isOurs =
      uncompressedOffset === 0 || (position > 0 && uncompressedOffset - last > spans.spanSizeBytes);
    last = uncompressedOffset;
    return isOurs;
  });
}

/** Whether each file begins behind the one before it, and the last ends before the tar does. */
function isWithin({ contents, uncompressedSize }: Ztoc): boolean {
  if (contents.findOverlap() !== undefined) return false;
  if (contents.length === 0) return true;
  const last = contents.at(contents.length - 1);
  return BigInt(last.uncompressedOffset) + last.uncompressedSize <= BigInt(uncompressedSize);
}
