// Reads the entries of a layer, for judging the layers above it: from its zTOC, which contains enough information for that,
// or from the layer itself.
import { Decompress as ZstdDecoder } from 'fzstd';
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { FormatError } from '../core/errors.ts';
import { screenEntries } from '../core/fidelity/screening.ts';
import type { LayerContent } from '../core/fidelity/stack-judgement.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { ztocMediaType } from '../core/soci-names.ts';
import { isRefusedByContainerd } from '../core/tar/tar-problem.ts';
import { createZtocBuilder, type ZtocBuilder } from '../core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { ZstdFrames } from '../core/zstd-frames.ts';
import type { Ztoc } from '../core/ztoc/ztoc.ts';

/** zTOCs that were just built or checked, as many as fit. There is room for those of an ordinary image. */
export class HeldZtocs {
  readonly #bytes = new Map<Digest, Uint8Array>();
  #freeBytes = maximumHeldBytes;

  /** The zTOC, from the store if it is not held. @throws Any error from the store or `decodeZtoc`. */
  async read(
    store: ContentReader,
    { digest, size }: { readonly digest: Digest; readonly size: number },
    signal: AbortSignal | undefined,
  ): Promise<Ztoc> {
    const target = { mediaType: ztocMediaType, digest, size };
    return decodeZtoc(this.#bytes.get(digest) ?? (await readWholeBlob(store, target, size, signal)));
  }

  add(digest: Digest, bytes: Uint8Array): void {
    if (bytes.length > this.#freeBytes || this.#bytes.has(digest)) return;
    this.#freeBytes -= bytes.length;
    // Copied, so that the rest of the buffer can be freed. The slice of a Buffer would not be a copy.
    this.#bytes.set(digest, bytes.length === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes));
  }
}

const maximumHeldBytes = 8 * 1024 * 1024;

/** containerd inflates a layer that begins with these bytes, whatever its media type is. */
const gzipMagic = Buffer.from([0x1f, 0x8b, 0x08]);
const zstdMagic = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

/** Memory for decoding zstd. Larger windows are made by `zstd --long=28` and above, which `zstd -d` refuses by default. */
const maximumWindowBytes = 128 * 1024 * 1024;

/**
 * The entries of a layer from its zTOC.
 *
 * @param held zTOCs in memory.
 * @throws Any error from the store or `decodeZtoc`.
 */
export async function readEntriesOfZtoc(
  store: ContentReader,
  ztoc: { readonly digest: Digest; readonly size: number },
  held: HeldZtocs,
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  const { contents: entries } = await held.read(store, ztoc, signal);
  return { kind: 'entries', entries, screening: screenEntries(entries) };
}

/**
 * Reads a layer that has no zTOC, usually because it is too small.
 *
 * @param maximumBytes Maximum size of its entries, as a zTOC would store them; a larger layer counts as unknown.
 * @throws ContentMismatchError if it does not match its descriptor; any error from the store.
 */
export async function readEntriesOfLayer(
  store: ContentReader,
  layer: Descriptor,
  maximumBytes: number,
  onBytes: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  const reading = new LayerReading(maximumBytes);
  try {
    for await (const piece of store.fetchBlob(layer, signal)) {
      onBytes(piece.length);
      reading.push(piece);
    }
    return reading.finish();
  } catch (error) {
    if (error instanceof NotFoundError) return { kind: 'unreadable' };
    throw error;
  } finally {
    reading.discard();
  }
}

/** Parses the pushed bytes as far as possible. The rest is only consumed, to verify the digest. */
class LayerReading {
  #start = Buffer.alloc(0);
  #push: ((bytes: Uint8Array, isLast: boolean) => void) | undefined;
  #builder: ZtocBuilder | undefined;
  #refusal: LayerContent | undefined;
  readonly #maximumBytes: number;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  push(piece: Uint8Array): void {
    if (this.#push !== undefined) {
      this.#pushSafely(piece, false);
      return;
    }
    this.#start = Buffer.concat([this.#start, piece]);
    if (this.#start.length >= zstdMagic.length) this.#begin();
  }

  finish(): LayerContent {
    if (this.#push === undefined) this.#begin();
    this.#pushSafely(new Uint8Array(0), true);
    if (this.#refusal !== undefined) return this.#refusal;
    try {
      const { contents: entries } = this.#builder!.finish();
      return { kind: 'entries', entries, screening: screenEntries(entries) };
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal === undefined) throw error;
      return refusal;
    }
  }

  discard(): void {
    this.#builder?.discard();
  }

  #begin(): void {
    const isGzip = this.#start.subarray(0, gzipMagic.length).equals(gzipMagic);
    const isZstd = this.#start.subarray(0, zstdMagic.length).equals(zstdMagic);
    // The zTOC itself is not needed, so one span is enough.
    const builder = createZtocBuilder({
      compression: isGzip ? 'gzip' : 'uncompressed',
      spanSizeBytes: Number.MAX_SAFE_INTEGER,
      buildToolIdentifier: '',
      maximumZtocBytes: this.#maximumBytes,
    });
    this.#builder = builder;
    if (isZstd) {
      const decoder = new ZstdDecoder((bytes) => {
        builder.push(bytes);
      });
      const frames = new ZstdFrames();
      this.#push = (bytes, isLast) => {
        frames.push(bytes);
        if (frames.largestWindowBytes > maximumWindowBytes) this.#refusal = { kind: 'unreadable' };
        else decoder.push(bytes, isLast);
      };
    } else {
      this.#push = (bytes) => {
        if (bytes.length > 0) builder.push(bytes);
      };
    }
    this.#pushSafely(this.#start, false);
  }

  #pushSafely(bytes: Uint8Array, isLast: boolean): void {
    if (this.#refusal !== undefined) return;
    try {
      this.#push!(bytes, isLast);
    } catch (error) {
      this.#refusal = refusalOf(error);
      if (this.#refusal === undefined) throw error;
    }
  }
}

/** What an error means for the layer; undefined if the layer's bytes did not cause it. */
function refusalOf(error: unknown): LayerContent | undefined {
  if (error instanceof FormatError) {
    const isNotUnpackable = error.format === 'gzip' || isRefusedByContainerd(error);
    return { kind: isNotUnpackable ? 'not-unpackable' : 'unreadable' };
  }
  // fzstd throws plain errors with a numeric code.
  const code = error instanceof Error ? (error as Error & { readonly code?: unknown }).code : undefined;
  return typeof code === 'number' ? { kind: 'not-unpackable' } : undefined;
}
