// Inflates and verifies a gzip stream (https://www.rfc-editor.org/rfc/rfc1952), which is pushed in pieces of any size, and
// reports the checkpoints of a zTOC. Accepts only streams that both zlib and Go's compress/gzip accept.
import { FormatError } from '../errors.ts';
import { giveBackInstance, takeInstance, type WasmExports, type WasmInstance } from '../wasm-module.ts';

/** Bytes of output that DEFLATE may refer back to. */
export const windowBytes = 32768;

/**
 * The reference reads the tar with Go's compress/gzip, which rejects names without a NUL within this many bytes.
 */
const nameLimitBytes = 512;

/** A position between two DEFLATE blocks, from which a layer can be inflated without the data before it. */
export interface Checkpoint {
  /** Offset of the first whole byte after the position, in the compressed stream. */
  readonly compressedOffset: number;
  /** Offset of the position in the uncompressed stream of all gzip members together. */
  readonly uncompressedOffset: number;
  /** Number of high bits in the byte before `compressedOffset` that are after the position, 0 to 7. */
  readonly bits: number;
  /** The 32 KiB of output before the position, filled with zeros if there is less. */
  readonly window: Uint8Array;
}

/** Receives the decoder's output in stream order. Byte arrays are views that are valid only during the call. */
export interface GzipSink {
  /** Receives consumed compressed bytes. Before a checkpoint is reported, these are all bytes up to its `compressedOffset`. */
  onConsumed?(compressed: Uint8Array): void;
  onOutput(uncompressed: Uint8Array): void;
  onCheckpoint?(checkpoint: Checkpoint): void;
}

// The values of Status in ../wasm/inflate/decoder-state.ts.
const needInput = 0;
const outputFull = 1;
const checkpointDue = 2;
const memberEnd = 3;

/** Error messages, by the decoder's negative status. */
const problems: ReadonlyMap<number, string> = new Map([
  [-1, 'not a gzip member: its first bytes are not 1f 8b'],
  [-2, 'the compression method is not deflate'],
  [-3, 'reserved header flags are set'],
  [-4, `a file name or comment in the header has ${nameLimitBytes} bytes or more`],
  [-5, 'the header does not match its CRC'],
  [-6, 'block type 3 is reserved'],
  [-7, 'the length of a stored block does not match its complement'],
  [-8, 'a dynamic block has more codes than there are symbols'],
  [-9, 'the code lengths of a dynamic block are invalid'],
  [-10, 'a dynamic block has no code for its end'],
  [-11, 'the literal and length code of a dynamic block is invalid'],
  [-12, 'the distance code of a dynamic block is invalid'],
  [-13, 'the data contains an unassigned code'],
  [-14, 'a match reaches back before the start of its member'],
]);

export class GzipDecoder {
  readonly #instance: WasmInstance;
  readonly #isOwnInstance: boolean;
  readonly #sink: GzipSink;
  readonly #wasm: WasmExports;
  readonly #outputStart: number;
  readonly #inputCapacity: number;
  /** All input before this address was passed to onConsumed. */
  #consumedAddress: number;
  #uncompressedBytes = 0;
  /** CRC-32 of the current member so far. Undefined if its start was not read. */
  #memberCrc: number | undefined = 0;
  #memberBytes = 0;
  /** `bits` of the checkpoint to start at, until the first byte arrives. */
  #resumeBits = 0;
  #isDone = false;

  /**
   * @param spanSizeBytes Minimum number of uncompressed bytes between two checkpoints, 0 or more; Infinity for no
   *   checkpoints except those before any output.
   * @param resumeAt Where to start. The bytes pushed then begin at its `compressedOffset`, or one byte earlier if it has
   *   bits. The current member's trailer is then not verified; later ones are.
   * @param instance The instance to inflate in. The output is in its memory. By default, a new one.
   */
  constructor(spanSizeBytes: number, sink: GzipSink, resumeAt?: Checkpoint, instance?: WasmInstance) {
    this.#sink = sink;
    this.#instance = instance ?? takeInstance();
    this.#isOwnInstance = instance === undefined;
    this.#wasm = this.#instance.exports;
    this.#outputStart = this.#wasm.outputStart();
    this.#inputCapacity = this.#wasm.inputCapacity();
    this.#wasm.resetInflater(Math.min(spanSizeBytes, Number.MAX_SAFE_INTEGER));
    this.#wasm.limitNames(nameLimitBytes);
    this.#consumedAddress = this.#wasm.unreadAddress();
    if (resumeAt === undefined) return;
    this.#instance.memory.set(resumeAt.window, this.#wasm.windowAddress());
    this.#memberCrc = undefined;
    this.#resumeBits = resumeAt.bits;
    if (resumeAt.bits === 0) this.#wasm.resumeAtCheckpoint(0, 0);
  }

  /** Called when the tar is complete, because the reference reads further members with zlib, which accepts any name. */
  allowLongNames(): void {
    this.#wasm.limitNames(0);
  }

  /**
   * Processes the next compressed bytes.
   *
   * @throws FormatError with the offset in the compressed stream. The decoder can then no longer be used.
   */
  push(compressed: Uint8Array): void {
    let next = 0;
    if (this.#resumeBits > 0 && compressed.length > 0) {
      this.#wasm.resumeAtCheckpoint(this.#resumeBits, compressed[0]!);
      this.#resumeBits = 0;
      next = 1;
    }
    while (next < compressed.length) {
      const piece = compressed.subarray(next, next + this.#inputCapacity);
      const address = this.#wasm.inputAddress();
      this.#consumedAddress = this.#wasm.unreadAddress();
      this.#instance.memory.set(piece, address);
      this.#wasm.acceptInput(piece.length);
      this.#decode();
      next += piece.length;
    }
  }

  /** Delivers what has been inflated so far, instead of waiting for more. */
  flush(): void {
    const end = this.#wasm.outputEnd();
    if (end === this.#outputStart) return;
    const output = this.#instance.memory.subarray(this.#outputStart, end);
    if (this.#memberCrc !== undefined) {
      this.#memberCrc = this.#wasm.updateCrc32(this.#memberCrc, this.#outputStart, output.length);
    }
    this.#memberBytes += output.length;
    this.#uncompressedBytes += output.length;
    this.#sink.onOutput(output);
    this.#wasm.releaseOutput();
  }

  /** Called after the last byte. @throws FormatError if the stream is incomplete. */
  finish(): void {
    const isComplete = this.#wasm.mayEnd() !== 0 && this.#wasm.unreadOffset() > 0;
    const offset = this.#wasm.unreadOffset();
    this.flush();
    this.release();
    if (!isComplete) throw new FormatError('gzip', 'the stream is truncated', offset);
  }

  /**
   * Releases the instance if it is the decoder's own. Called by `finish`; must be called if the stream is not read to its
   * end.
   */
  release(): void {
    if (this.#isOwnInstance && !this.#isDone) giveBackInstance(this.#instance);
    this.#isDone = true;
  }

  #decode(): void {
    for (;;) {
      const status = this.#wasm.decode();
      this.#reportConsumed();
      switch (status) {
        case needInput:
          return;
        case outputFull:
          this.flush();
          break;
        case checkpointDue: {
          this.flush();
          this.#sink.onCheckpoint?.({
            compressedOffset: this.#wasm.unreadOffset(),
            uncompressedOffset: this.#uncompressedBytes,
            bits: this.#wasm.unreadBits(),
            window: this.#instance.memory.slice(this.#outputStart - windowBytes, this.#outputStart),
          });
          break;
        }
        case memberEnd:
          this.flush();
          this.#checkTrailer();
          break;
        default:
          throw new FormatError(
            'gzip',
            problems.get(status) ?? `status ${status}`,
            this.#wasm.unreadOffset(),
          );
      }
    }
  }

  #reportConsumed(): void {
    const end = this.#wasm.unreadAddress();
    if (end > this.#consumedAddress)
      this.#sink.onConsumed?.(this.#instance.memory.subarray(this.#consumedAddress, end));
    this.#consumedAddress = end;
  }

  #checkTrailer(): void {
    const offset = this.#wasm.unreadOffset();
    if (this.#memberCrc !== undefined) {
      if (this.#memberCrc >>> 0 !== this.#wasm.trailerCrc() >>> 0) {
        throw new FormatError('gzip', 'the data does not match the CRC-32 in its trailer', offset);
      }
      if (this.#memberBytes % 2 ** 32 !== this.#wasm.trailerLength() >>> 0) {
        throw new FormatError('gzip', 'the data does not match the length in its trailer', offset);
      }
    }
    this.#memberCrc = 0;
    this.#memberBytes = 0;
  }
}
