// Reads a tar from bytes that are pushed in, and gathers its entries with the offsets of their data. The data itself is never
// looked at. The rules are in ../wasm/tar/.
import { giveBackInstance, takeInstance, type WasmInstance } from '../wasm-module.ts';
import { PackedEntries } from './packed-entries.ts';
import { paxRecordHeadBytes, stringsAt } from './packed-entry-layout.ts';
import { readProblem } from './tar-problem.ts';
import { entriesFull, readAll } from './tar-problem-layout.ts';

/**
 * Bytes that are copied at once, where they do not lie in the instance's memory. What of them is data is skipped, but has been
 * copied.
 */
const copiedBytes = 64 * 1024;

export class TarReader {
  readonly #instance: WasmInstance;
  readonly #isOwnInstance: boolean;
  readonly #entries = new PackedEntries();
  #takenPaxRecords = 0;
  #isReleased = false;

  /**
   * @param instance Where a gzip layer is inflated. Bytes that lie in its memory are read where they lie.
   * @default an instance of its own
   */
  constructor(instance?: WasmInstance) {
    this.#instance = instance ?? takeInstance();
    this.#isOwnInstance = instance === undefined;
    this.#instance.exports.resetTar();
  }

  /** Whether the end marker, two blocks of zeros, has been read. Whatever is pushed after it is ignored. */
  get ended(): boolean {
    return this.#instance.exports.hasTarEnded() !== 0;
  }

  /** Of the entries so far: how many, their PAX records, and the bytes of all their strings. */
  get counts(): { readonly entries: number; readonly paxRecords: number; readonly stringBytes: number } {
    const { exports } = this.#instance;
    const entries = exports.totalEntryCount();
    const paxRecords = exports.totalPaxRecordCount();
    const stringBytes = exports.totalEntryBytes() - entries * stringsAt - paxRecords * paxRecordHeadBytes;
    return { entries, paxRecords, stringBytes };
  }

  /**
   * Reads on. No reference to `bytes` is kept, and data of entries costs next to nothing, however much there is.
   *
   * @throws FormatError if the archive is malformed or has an entry that no SOCI index can describe. The reader is of
   *   no use after that.
   */
  push(bytes: Uint8Array): void {
    const { exports } = this.#instance;
    if (bytes.buffer === this.#instance.memory.buffer) {
      this.#read(bytes.byteOffset, bytes.byteOffset + bytes.length);
      return;
    }
    const place = exports.outputStart();
    let next = 0;
    while (next < bytes.length && !this.ended) {
      const skipped = Math.min(exports.skippableBytes(), bytes.length - next);
      exports.skipTar(skipped);
      next += skipped;
      const piece = bytes.subarray(next, next + copiedBytes);
      this.#instance.memory.set(piece, place);
      this.#read(place, place + piece.length);
      next += piece.length;
    }
  }

  /**
   * Says that no more bytes come. The end marker may be missing, and the last padding too.
   *
   * @returns The entries, and how far the archive reaches, in bytes: just after the end marker, or without one to the end of
   *   the input.
   * @throws FormatError if the input ends within a header or within data.
   */
  finish(): { readonly entries: PackedEntries; readonly end: number } {
    const code = this.#instance.exports.finishTar();
    if (code !== readAll) throw readProblem(this.#instance, code);
    this.#takeEntries();
    this.#entries.screening = this.#instance.exports.screeningResult();
    const end = this.#instance.exports.tarPosition();
    this.release();
    return { entries: this.#entries, end };
  }

  /** Gives an instance of its own back. Called by `finish`; to be called where the tar is not read to its end. */
  release(): void {
    if (this.#isOwnInstance && !this.#isReleased) giveBackInstance(this.#instance);
    this.#isReleased = true;
  }

  #read(from: number, to: number): void {
    let code: number;
    while ((code = this.#instance.exports.readTar(from, to)) === entriesFull) this.#takeEntries();
    if (code !== readAll) throw readProblem(this.#instance, code);
  }

  #takeEntries(): void {
    const { exports, memory } = this.#instance;
    const count = exports.packedEntryCount();
    if (count === 0) return;
    const paxRecords = exports.totalPaxRecordCount();
    this.#entries.addChunk(
      memory.slice(exports.entriesStart(), exports.entriesEnd()),
      count,
      paxRecords - this.#takenPaxRecords,
      exports.entryPeculiarities(),
    );
    this.#takenPaxRecords = paxRecords;
    exports.releaseEntries();
  }
}
