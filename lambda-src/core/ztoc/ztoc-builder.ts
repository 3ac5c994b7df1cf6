// Builds a zTOC from a layer's bytes in one pass:
//
//   layer ─┬─> span digests
//          └─> inflate ─┬─> checkpoints (gzip only)
//                       └─> tar -> table of contents
import { FormatError } from '../errors.ts';
import { type Checkpoint, GzipDecoder, type GzipSink } from '../inflate/gzip-decoder.ts';
import type { PackedEntries } from '../tar/packed-entries.ts';
import { TarReader } from '../tar/tar-reader.ts';
import { giveBackInstance, takeInstance, type WasmInstance } from '../wasm-module.ts';
import { checkpointBytes } from './checkpoints.ts';
import { type SpanDigester, SpanDigests } from './span-digests.ts';
import { UncompressedSpans } from './uncompressed-spans.ts';
import { boundContentsBytes } from './ztoc-encoder.ts';
import { flatbufferMaximumBytes, type LayerCompression, type Ztoc } from './ztoc.ts';

/**
 * Maximum number of checkpoints before the first byte of output. The reference creates one after each block without output.
 * Compressors write one or two such blocks; a hostile layer with millions of them, of ten bits each, would require 32 KiB
 * of memory for each.
 */
const maximumEmptyCheckpoints = 1000;

export interface ZtocOptions {
  readonly compression: LayerCompression;
  /**
   * Uncompressed bytes between checkpoints, at least 0; for an uncompressed layer, bytes per span, at least 1. Smaller
   * spans fetch less per read but make a larger zTOC, because every checkpoint has a window of 32 KiB.
   */
  readonly spanSizeBytes: number;
  readonly buildToolIdentifier: string;
  /**
   * A layer whose zTOC would be larger is rejected as soon as that is known. Tars compress up to a thousandfold, so the size of
   * a layer does not limit the memory that its zTOC takes.
   *
   * @default the limit of the zTOC format, 2 GiB
   */
  readonly maximumZtocBytes?: number;
}

/**
 * Receives a layer in pieces of any size.
 *
 * Memory: 2 MiB, 32 KiB per checkpoint, and the table of contents (112 bytes per file, its names and PAX records).
 */
export interface ZtocBuilder {
  /**
   * @throws FormatError if the stream is damaged ('gzip'), or if the zTOC would be too large ('ztoc'); the builder can
   *   then no longer be used.
   */
  push(layerBytes: Uint8Array): void;
  /**
   * Called after the last byte. @throws FormatError if the layer is truncated ('gzip'), or is not a tar that a zTOC can
   * describe ('tar').
   */
  finish(): Ztoc;
  /** Releases memory if the layer is not read to its end. May be called at any time, and repeatedly. */
  discard(): void;
}

/**
 * @param spanDigests Computes the digests of the layer's spans.
 * @throws RangeError if the span size is invalid.
 */
export function createZtocBuilder(
  options: ZtocOptions,
  spanDigests: SpanDigester = new SpanDigests(),
): ZtocBuilder {
  const smallest = options.compression === 'gzip' ? 0 : 1;
  if (!Number.isSafeInteger(options.spanSizeBytes) || options.spanSizeBytes < smallest) {
    throw new RangeError(
      `Expected \`spanSizeBytes\` of a layer that is ${options.compression} to be an integer of at least ${smallest}, got ${options.spanSizeBytes}`,
    );
  }
  return options.compression === 'gzip'
    ? new GzipZtocBuilder(options, spanDigests)
    : new TarZtocBuilder(options, spanDigests);
}

/**
 * Reads the table of contents from a tar's bytes. An error in the tar is reported only at the end, because damage to the layer
 * itself (its gzip stream, its digest) takes precedence, and is known only then.
 */
class ContentsReader {
  readonly #tar: TarReader;
  #error: FormatError | undefined;

  constructor(instance: WasmInstance) {
    this.#tar = new TarReader(instance);
  }

  /** Whether the remaining bytes can be ignored. */
  get ended(): boolean {
    return this.#error !== undefined || this.#tar.ended;
  }

  /** Maximum size of the contents in a zTOC, in bytes. */
  get encodedBytes(): number {
    return boundContentsBytes(this.#tar.counts);
  }

  push(uncompressed: Uint8Array): void {
    if (this.ended) return;
    try {
      this.#tar.push(uncompressed);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#error = error;
    }
  }

  /** @throws FormatError for an invalid tar. */
  finish(): { readonly uncompressedSize: number; readonly contents: PackedEntries } {
    if (this.#error !== undefined) throw this.#error;
    const { entries, end } = this.#tar.finish();
    return { uncompressedSize: end, contents: entries };
  }
}

/** Inflates and reads the tar in one wasm instance, so that inflated data is read in place. */
class GzipZtocBuilder implements ZtocBuilder {
  readonly #options: ZtocOptions;
  readonly #spanDigests: SpanDigester;

  readonly #checkpoints: Checkpoint[] = [];
  readonly #instance = takeInstance();
  readonly #contents = new ContentsReader(this.#instance);
  readonly #decoder: GzipDecoder;
  #compressedSize = 0;
  #isDone = false;

  constructor(options: ZtocOptions, spanDigests: SpanDigester) {
    this.#options = options;
    this.#spanDigests = spanDigests;

    const sink: GzipSink = {
      onConsumed: (compressed) => {
        this.#spanDigests.add(compressed);
      },
      onOutput: (uncompressed) => {
        this.#contents.push(uncompressed);
        if (this.#contents.ended) this.#decoder.allowLongNames();
        this.#requireRoom();
      },
      onCheckpoint: (checkpoint) => {
        this.#spanDigests.startSpan(checkpoint.bits);
        this.#checkpoints.push(checkpoint);
        if (checkpoint.uncompressedOffset === 0) this.#requireFewEmptyCheckpoints(checkpoint);
        this.#requireRoom();
      },
    };
    this.#decoder = new GzipDecoder(options.spanSizeBytes, sink, undefined, this.#instance);
  }

  push(layerBytes: Uint8Array): void {
    this.#compressedSize += layerBytes.length;
    this.#decoder.push(layerBytes);
  }

  finish(): Ztoc {
    this.#decoder.finish();
    const contents = this.#contents.finish();
    this.discard();
    return {
      buildToolIdentifier: this.#options.buildToolIdentifier,
      compressedSize: this.#compressedSize,
      ...contents,
      spanDigests: this.#spanDigests.finish(),
      spans: {
        compression: 'gzip',
        spanSizeBytes: this.#options.spanSizeBytes,
        checkpoints: this.#checkpoints,
      },
    };
  }

  discard(): void {
    if (!this.#isDone) giveBackInstance(this.#instance);
    this.#isDone = true;
  }

  #requireFewEmptyCheckpoints({ compressedOffset }: Checkpoint): void {
    if (this.#checkpoints.length <= maximumEmptyCheckpoints) return;
    throw new FormatError(
      'ztoc',
      `more than ${maximumEmptyCheckpoints} blocks of the layer have no output, and each needs a checkpoint`,
      compressedOffset,
    );
  }

  #requireRoom(): void {
    requireRoom(this.#checkpoints.length * checkpointBytes + this.#contents.encodedBytes, this.#options);
  }
}

/** @throws FormatError if a zTOC of this size is too large. */
function requireRoom(bytes: number, { maximumZtocBytes = flatbufferMaximumBytes }: ZtocOptions): void {
  if (bytes > maximumZtocBytes) {
    throw new FormatError('ztoc', `the zTOC of the layer would have more than ${maximumZtocBytes} bytes`);
  }
}

class TarZtocBuilder implements ZtocBuilder {
  readonly #options: ZtocOptions;

  readonly #instance = takeInstance();
  readonly #contents = new ContentsReader(this.#instance);
  readonly #spans: UncompressedSpans;
  #layerBytes = 0;
  #isDone = false;

  constructor(options: ZtocOptions, spanDigests: SpanDigester) {
    this.#options = options;

    this.#spans = new UncompressedSpans(options.spanSizeBytes, spanDigests);
  }

  push(layerBytes: Uint8Array): void {
    this.#layerBytes += layerBytes.length;
    this.#spans.add(layerBytes);
    this.#contents.push(layerBytes);
    requireRoom(this.#contents.encodedBytes, this.#options);
  }

  finish(): Ztoc {
    const contents = this.#contents.finish();
    this.discard();
    return {
      buildToolIdentifier: this.#options.buildToolIdentifier,
      compressedSize: this.#layerBytes,
      ...contents,
      spanDigests: this.#spans.finish(),
      spans: {
        compression: 'uncompressed',
        spanSizeBytes: this.#options.spanSizeBytes,
        layerBytes: this.#layerBytes,
      },
    };
  }

  discard(): void {
    if (!this.#isDone) giveBackInstance(this.#instance);
    this.#isDone = true;
  }
}
