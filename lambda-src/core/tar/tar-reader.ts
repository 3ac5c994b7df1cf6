// Reads a tar that is pushed in pieces, and collects its entries with the offsets of their data. The data itself is never
// inspected. The rules are in ../wasm/tar/.
import { giveBackInstance, takeInstance, type WasmInstance } from '../wasm-module.ts';
import { PackedEntries } from './packed-entries.ts';
import { paxRecordHeadBytes, stringsAt } from './packed-entry-layout.ts';
import { readProblem } from './tar-problem.ts';
import { entriesFull, readAll } from './tar-problem-layout.ts';

/**
 * Number of bytes copied at a time if they are not in the instance's memory. File data among them is copied, but not read.
 */
const copiedBytes = 64 * 1024;

export class TarReader {
  readonly #instance: WasmInstance;
  readonly #isOwnInstance: boolean;
  readonly #entries = new PackedEntries();
  #takenPaxRecords = 0;
  #isReleased = false;

  /**
   * @param instance The instance in which a gzip layer is inflated. Bytes in its memory are read in place.
   * @default a new instance
   */
  constructor(instance?: WasmInstance) {
    this.#instance = instance ?? takeInstance();
    this.#isOwnInstance = instance === undefined;
    this.#instance.exports.resetTar();
  }

  /** Whether the end marker, two blocks of zeros, was read. Bytes after it are ignored. */
  get ended(): boolean {
    return this.#instance.exports.hasTarEnded() !== 0;
  }

  /** Totals so far: the number of entries, the number of PAX records, and the bytes of all strings. */
  get counts(): { readonly entries: number; readonly paxRecords: number; readonly stringBytes: number } {
    const { exports } = this.#instance;
    const entries = exports.totalEntryCount();
    const paxRecords = exports.totalPaxRecordCount();
    const stringBytes = exports.totalEntryBytes() - entries * stringsAt - paxRecords * paxRecordHeadBytes;
    return { entries, paxRecords, stringBytes };
  }

  /**
   * Reads more bytes. `bytes` is not kept, and file data costs next to nothing.
   *
   * @throws FormatError if the archive is malformed, or has an entry that no SOCI index can describe. The reader can then
   *   no longer be used.
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
   * Called after the last byte. The end marker and the last padding may be missing.
   *
   * @returns The entries, and the end of the archive in bytes: just after the end marker, or without one, the end of the
   *   input.
   * @throws FormatError if the input ends within a header or data.
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

  /**
   * Releases the instance if it is the reader's own. Called by `finish`; must be called if the tar is not read to its end.
   */
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
