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
 * Checkpoints before the first byte of output. The reference makes one after each block that puts nothing out. Compressors
 * write one such block or two; whoever writes millions, of ten bits each, wants 32 KiB of memory for every one.
 */
const maximumEmptyCheckpoints = 1000;

export interface ZtocOptions {
  readonly compression: LayerCompression;
  /**
   * Uncompressed bytes between checkpoints, at least 0; of an uncompressed layer the bytes of a span, at least 1.
   * Smaller spans fetch less per read but make a larger zTOC: every checkpoint carries a window of 32 KiB.
   */
  readonly spanSizeBytes: number;
  readonly buildToolIdentifier: string;
  /**
   * A layer whose zTOC would be larger is refused as soon as that shows. Tars compress a thousandfold: neither the size of
   * a layer nor anything else known before says how much memory its zTOC takes.
   *
   * @default what the format of zTOCs can hold, 2 GiB
   */
  readonly maximumZtocBytes?: number;
}

/**
 * Takes a layer in pieces of any size.
 *
 * Memory: 2 MiB, 32 KiB a checkpoint, and the table of contents (112 bytes a file, its names and PAX records).
 */
export interface ZtocBuilder {
  /**
   * @throws FormatError where the stream is damaged ('gzip'), or the zTOC would be too large ('ztoc'); the builder is then
   *   of no further use.
   */
  push(layerBytes: Uint8Array): void;
  /** The layer has ended. @throws FormatError where it may not end there ('gzip'), or is not a tar that a zTOC can describe ('tar'). */
  finish(): Ztoc;
  /** Gives memory back where the layer is not read to its end. May be called at any time, also twice. */
  discard(): void;
}

/**
 * @param spanDigests Who makes the digests of the layer's spans.
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
 * The table of contents of a tar whose bytes are pushed. What is wrong with the tar is kept until the end: whether the
 * layer itself is damaged (its gzip stream, its digest) is known only when it has been read, and matters more.
 */
class ContentsReader {
  readonly #tar: TarReader;
  #error: FormatError | undefined;

  constructor(instance: WasmInstance) {
    this.#tar = new TarReader(instance);
  }

  /** Nothing of what is still to come matters. */
  get ended(): boolean {
    return this.#error !== undefined || this.#tar.ended;
  }

  /** What they take of a zTOC, at the most. */
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

  /** @throws FormatError what is wrong with the tar. */
  finish(): { readonly uncompressedSize: number; readonly contents: PackedEntries } {
    if (this.#error !== undefined) throw this.#error;
    const { entries, end } = this.#tar.finish();
    return { uncompressedSize: end, contents: entries };
  }
}

/** Inflates and reads the tar in one instance, so that what is inflated is read where it lies. */
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
      `more than ${maximumEmptyCheckpoints} blocks of the layer put nothing out, and each needs a checkpoint`,
      compressedOffset,
    );
  }

  #requireRoom(): void {
    requireRoom(this.#checkpoints.length * checkpointBytes + this.#contents.encodedBytes, this.#options);
  }
}

/** @throws FormatError if a zTOC of so many bytes is too large. */
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
