// The contents of a zTOC, and the names of its parts.
import type { Checkpoint } from '../inflate/gzip-decoder.ts';
import type { Digest } from '../oci/descriptor.ts';
import type { PackedEntries } from '../tar/packed-entries.ts';

/** The only version. */
export const ztocVersion = '0.9';

/** Offsets in a FlatBuffer have 31 bits. */
export const flatbufferMaximumBytes = 2 ** 31 - 1;

/** A valid zTOC may be up to this many times larger than its layer, if spans are tiny or files are many. */
const maximumZtocShare = 64;

/** Maximum size of the zTOC of a layer of `layerBytes` bytes. A larger one is not read. */
export function largestZtocOfLayer(layerBytes: number, spanSizeBytes: number): number {
  return Math.min(flatbufferMaximumBytes, maximumZtocShare * (layerBytes + spanSizeBytes));
}

export type LayerCompression = 'gzip' | 'uncompressed';

/** Locates the spans of a layer: with checkpoints in gzip, with arithmetic in a plain tar. */
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
  /** Size of the stored layer in bytes. */
  readonly compressedSize: number;
  /** Size of the tar up to its end marker in bytes, without padding that may follow. */
  readonly uncompressedSize: number;
  readonly spanDigests: readonly Digest[];
  readonly spans: SpanIndex;
  readonly contents: PackedEntries;
}
