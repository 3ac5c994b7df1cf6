// Proves the spans of a gzip layer as a runtime would use them: each span is inflated from its checkpoint, and compared
// with the data of the layer inflated from its beginning. This takes twice as long as inflating the layer, and is used for
// zTOCs whose checkpoints differ from ours: damaged ones, and those of other builders.
import { FormatError } from '../core/errors.ts';
import { type Checkpoint, GzipDecoder, windowBytes } from '../core/inflate/gzip-decoder.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { SpanDigests } from '../core/ztoc/span-digests.ts';
import { locateSpan } from '../core/ztoc/span-reader.ts';
import type { Ztoc } from '../core/ztoc/ztoc.ts';
import type { Findings } from './findings.ts';

/**
 * Compressed bytes per step. They may expand a thousandfold, and the data is held until it has been compared.
 */
const pieceBytes = 16 * 1024;

/** The span that is being inflated from its checkpoint. */
interface ResumedSpan {
  readonly decoder: GzipDecoder;
  /** Uncompressed bytes of the layer before it. */
  readonly start: number;
  /** Offset in the checkpoint's window of the first wrong byte; -1 if all are right. */
  readonly wrongWindowByte: number;
  /** Uncompressed bytes that have been inflated and compared. */
  provedBytes: number;
}

/*
 * State of the proof:
 *   compressedBytes    bytes of the layer that have been consumed
 *   uncompressedBytes  bytes that have been inflated from them
 *   window             the last 32 KiB of the inflated bytes
 *   span               number of the span that contains byte compressedBytes; -1 before the first checkpoint
 *   resumed            that span, inflated from its checkpoint; undefined once a problem was found in it
 *   waiting            data inflated from the layer's beginning that the span has not yet produced
 */
export class SpanProver {
  readonly #ztoc: Ztoc;
  readonly #findings: Findings;

  readonly #checkpoints: readonly Checkpoint[];
  readonly #spanDigests = new SpanDigests();
  readonly #decoder: GzipDecoder;
  readonly #window = new Uint8Array(windowBytes);
  readonly #lastByte = new Uint8Array(1);
  #compressedBytes = 0;
  #uncompressedBytes = 0;
  #span = -1;
  #resumed: ResumedSpan | undefined;
  #waiting: Uint8Array[] = [];

  /** @param ztoc A zTOC of a gzip layer. */
  constructor(ztoc: Ztoc, findings: Findings) {
    this.#ztoc = ztoc;
    this.#findings = findings;

    this.#checkpoints = ztoc.spans.compression === 'gzip' ? ztoc.spans.checkpoints : [];
    this.#decoder = new GzipDecoder(Infinity, {
      onOutput: (bytes) => {
        this.#takeOutput(bytes);
      },
    });
    this.#decoder.allowLongNames();
  }

  /** @throws FormatError if the layer itself is damaged. */
  push(layerBytes: Uint8Array): void {
    let next = 0;
    while (next < layerBytes.length) {
      this.#startSpansHere();
      const end = this.#checkpoints[this.#span + 1]?.compressedOffset ?? Infinity;
      const length = Math.min(pieceBytes, end - this.#compressedBytes);
      const piece = layerBytes.subarray(next, next + length);
      this.#pushPiece(piece);
      next += piece.length;
    }
  }

  /** Called at the end of the layer. @throws FormatError if it is truncated. */
  finish(): void {
    this.#decoder.finish();
    this.#endSpan();
    const digests = this.#spanDigests.finish();
    for (let span = this.#span + 1; span < this.#checkpoints.length; span++) {
      const { compressedOffset } = this.#checkpoints[span]!;
      this.#findings.addProblem(
        `checkpoint ${span} lies at byte ${compressedOffset}, but the layer has only ${this.#compressedBytes} bytes`,
      );
    }
    compareSpanDigests(this.#ztoc, digests, this.#findings);
  }

  /** Releases memory. Must always be called, even after `finish`. */
  discard(): void {
    this.#decoder.release();
    this.#resumed?.decoder.release();
  }

  #pushPiece(piece: Uint8Array): void {
    this.#compressedBytes += piece.length;
    this.#lastByte[0] = piece[piece.length - 1]!;
    this.#spanDigests.add(piece);
    this.#decoder.push(piece);
    this.#decoder.flush();
    this.#inflateSpan((decoder) => {
      decoder.push(piece);
      decoder.flush();
    });
  }

  #startSpansHere(): void {
    for (
      let next = this.#checkpoints[this.#span + 1];
      next?.compressedOffset === this.#compressedBytes;
      next = this.#checkpoints[this.#span + 1]
    ) {
      this.#endSpan();
      this.#startSpan(next);
    }
  }

  #startSpan(checkpoint: Checkpoint): void {
    this.#span++;
    this.#spanDigests.startSpan(checkpoint.bits);
    if (checkpoint.uncompressedOffset !== this.#uncompressedBytes) {
      this.#findings.addProblem(
        `checkpoint ${this.#span} is recorded at byte ${checkpoint.uncompressedOffset} of the uncompressed data, but byte ${checkpoint.compressedOffset} of the layer corresponds to byte ${this.#uncompressedBytes}`,
      );
    }
    const decoder = new GzipDecoder(
      Infinity,
      {
        onOutput: (bytes) => {
          this.#compareOutput(bytes);
        },
      },
      checkpoint,
    );
    decoder.allowLongNames();
    this.#resumed = {
      decoder,
      start: this.#uncompressedBytes,
      wrongWindowByte: checkpoint.window.findIndex((byte, place) => byte !== this.#window[place]),
      provedBytes: 0,
    };
    if (checkpoint.bits > 0) {
      this.#inflateSpan(() => {
        decoder.push(this.#lastByte);
      });
    }
  }

  #endSpan(): void {
    const resumed = this.#resumed;
    if (resumed === undefined) return;
    const expectedBytes = this.#uncompressedBytes - resumed.start;
    if (resumed.provedBytes < expectedBytes) {
      this.#refuseSpan(`it inflates to only ${resumed.provedBytes} of its ${expectedBytes} bytes`);
    } else {
      if (resumed.wrongWindowByte >= 0) {
        this.#findings.addWarning(
          `the window of checkpoint ${this.#span} differs from the data before it, starting at byte ${resumed.wrongWindowByte}, but no data refers to the wrong bytes`,
        );
      }
      this.#closeSpan();
    }
  }

  /** Continues the span, unless a problem was found. */
  #inflateSpan(work: (decoder: GzipDecoder) => void): void {
    if (this.#resumed === undefined) return;
    const { decoder } = this.#resumed;
    try {
      work(decoder);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      this.#refuseSpan(error.problem);
    }
  }

  #takeOutput(bytes: Uint8Array): void {
    this.#uncompressedBytes += bytes.length;
    if (this.#resumed !== undefined) this.#waiting.push(bytes.slice());
    const kept = bytes.subarray(-windowBytes);
    this.#window.copyWithin(0, kept.length);
    this.#window.set(kept, windowBytes - kept.length);
  }

  /** @throws FormatError at the first wrong byte. */
  #compareOutput(bytes: Uint8Array): void {
    const resumed = this.#resumed!;
    let next = 0;
    while (next < bytes.length) {
      const expected = this.#waiting[0];
      if (expected === undefined)
        throw new FormatError('gzip', 'it inflates to more data than the layer has there');
      const length = Math.min(expected.length, bytes.length - next);
      for (let index = 0; index < length; index++) {
        if (bytes[next + index] === expected[index]) continue;
        const place = resumed.start + resumed.provedBytes + index;
        throw new FormatError(
          'gzip',
          `byte ${place} of the uncompressed data is ${hexadecimal(bytes[next + index])} instead of ${hexadecimal(expected[index])}`,
        );
      }
      resumed.provedBytes += length;
      next += length;
      if (length === expected.length) this.#waiting.shift();
      else this.#waiting[0] = expected.subarray(length);
    }
  }

  /** @param problem The problem that was found while inflating the span. */
  #refuseSpan(problem: string): void {
    if (this.#resumed === undefined) return;
    const { wrongWindowByte } = this.#resumed;
    const { compressedOffset, bits } = this.#checkpoints[this.#span]!;
    const window = wrongWindowByte < 0 ? '' : `; its window is wrong, starting at byte ${wrongWindowByte}`;
    this.#findings.addProblem(
      `span ${this.#span}, from its checkpoint (byte ${compressedOffset} of the layer, ${bits} bits): ${problem}${window}`,
    );
    this.#closeSpan();
  }

  #closeSpan(): void {
    this.#resumed?.decoder.release();
    this.#resumed = undefined;
    this.#waiting = [];
  }
}

/** Names every span whose digest does not match the layer's bytes. */
export function compareSpanDigests(ztoc: Ztoc, actual: readonly Digest[], findings: Findings): void {
  for (const [span, digest] of actual.entries()) {
    const said = ztoc.spanDigests[span];
    if (said === undefined || said === digest) continue;
    const { start, end } = locateSpan(ztoc, span);
    findings.addProblem(
      `span ${span} (bytes ${start} to ${end} of the layer): its digest is recorded as ${said}; it is ${digest}`,
    );
  }
}

function hexadecimal(byte: number | undefined): string {
  return `0x${(byte ?? 0).toString(16).padStart(2, '0')}`;
}
