// Reads the zTOC that is already known for a layer, from an earlier SOCI index or invocation. Its source is not trusted.
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
 * Reads a zTOC that is recorded for a layer, and checks everything that can be checked without the layer: its digest; that
 * it is for a layer of this size and compression, made with these settings; that spans begin where ours would; that no file
 * overlaps another or exceeds the end; and that it is encoded as ours are. Only the layer itself could prove that the zTOC
 * describes it; see SECURITY.md.
 *
 * @returns The zTOC; undefined if it is missing or invalid, so that the layer must be read.
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
      // With another encoding, a reader that decodes it differently could see different files.
      Buffer.compare(encodeZtoc(decoded), bytes) === 0;
    if (!isOurs) return undefined;
    const { contents, spanDigests } = decoded;
    return { summary: { ...ztoc, spans: spanDigests.length, files: contents.length }, contents, bytes };
  } catch (error) {
    if (isContentError(error)) return undefined;
    throw error;
  }
}

/**
 * Whether the spans begin where our builder may start one: after no output, or after more than a span of output.
 */
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

/** Whether each file begins after the previous one ends, and the last one ends within the tar. */
function isWithin({ contents, uncompressedSize }: Ztoc): boolean {
  if (contents.findOverlap() !== undefined) return false;
  if (contents.length === 0) return true;
  const last = contents.at(contents.length - 1);
  return BigInt(last.uncompressedOffset) + last.uncompressedSize <= BigInt(uncompressedSize);
}
