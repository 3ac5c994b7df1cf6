// What a zTOC says, and the words for its parts.
import type { Checkpoint } from '../inflate/gzip-decoder.ts';
import type { Digest } from '../oci/descriptor.ts';
import type { PackedEntries } from '../tar/packed-entries.ts';

/** The only version there is. */
export const ztocVersion = '0.9';

/** A FlatBuffer's offsets have 31 bits. */
export const flatbufferMaximumBytes = 2 ** 31 - 1;

/** A zTOC may be this many times larger than its layer and still be one that is made: tiny spans, many files. */
const maximumZtocShare = 64;

/** Bytes that the zTOC of a layer of `layerBytes` may have: one that is said to have more is not read. */
export function largestZtocOfLayer(layerBytes: number, spanSizeBytes: number): number {
  return Math.min(flatbufferMaximumBytes, maximumZtocShare * (layerBytes + spanSizeBytes));
}

export type LayerCompression = 'gzip' | 'uncompressed';

/** How the spans of a layer are found: by checkpoints in gzip, by arithmetic in a plain tar. */
export type SpanIndex = GzipSpanIndex | TarSpanIndex;

export interface GzipSpanIndex {
  readonly compression: 'gzip';
  readonly spanSizeBytes: number;
  readonly checkpoints: readonly Checkpoint[];
}

export interface TarSpanIndex {
  readonly compression: 'uncompressed';
  readonly spanSizeBytes: number;
  readonly layerBytes: number;
}

export interface Ztoc {
  readonly buildToolIdentifier: string;
  /** Bytes of the layer as it is stored. */
  readonly compressedSize: number;
  /** Bytes of the tar up to its end marker: not the inflated size, which may have padding behind it. */
  readonly uncompressedSize: number;
  readonly spanDigests: readonly Digest[];
  readonly spans: SpanIndex;
  readonly contents: PackedEntries;
}
