// Encodes a zTOC as the same FlatBuffer as the reference, byte for byte. AssemblyScript writes its tables (../wasm/ztoc/). This
// module assembles them, from the last byte to the first, and inserts the windows of checkpoints.
import { FormatError } from '../errors.ts';
import type { PackedEntries } from '../tar/packed-entries.ts';
import { giveBackInstance, takeInstance, type WasmInstance } from '../wasm-module.ts';
import { spanIndexBytes, writeGzipSpanIndex } from './checkpoints.ts';
import { gzipAlgorithm, uncompressedAlgorithm } from './ztoc-schema.ts';
import { flatbufferMaximumBytes, type SpanIndex, type Ztoc, ztocVersion } from './ztoc.ts';

// Upper bound of an entry's size without its strings: its table with soffset, 14 fields and padding, its vtable, six string
// lengths with NUL and padding, the texts of its type and its time, the length of its xattrs vector, and its slot in the
// metadata vector.
const bytesPerEntry = 4 + 6 * 8 + 8 * 4 + 32 + 6 * 8 + 8 + 30 + 4 + 4;
// The same for a PAX record: its table and vtable, two string lengths with NUL and padding, and its slot in the xattrs vector.
const bytesPerPaxRecord = 12 + 8 + 2 * 8 + 4;
const bytesPerSpanDigest = 4 + 71 + 1 + 4;
const bytesPerZtoc = 1024;

/**
 * Encodes a zTOC as a blob.
 *
 * @throws FormatError if it would exceed the format's limit (2 GiB: over 200 GiB of layer, or some 8 million files), or
 *   if a file has more metadata than a tar can have.
 */
export function encodeZtoc(ztoc: Ztoc): Uint8Array {
  const { contents, spanDigests } = ztoc;
  const { length: entries, paxRecordCount: paxRecords, stringBytes } = contents;
  // A single allocation that is always large enough. The unused part is never touched, so it takes no memory.
  const upperBound =
    bytesPerZtoc +
    spanIndexBytes(ztoc.spans) +
    ztoc.buildToolIdentifier.length * 4 +
    spanDigests.length * bytesPerSpanDigest +
    boundContentsBytes({ entries, paxRecords, stringBytes });
  if (upperBound > flatbufferMaximumBytes) {
    throw new FormatError(
      'ztoc',
      `${contents.length} files and ${spanDigests.length} spans do not fit into 2 GiB`,
    );
  }
  const instance = takeInstance();
  try {
    return new ZtocEncoder(instance, upperBound).encode(ztoc);
  } finally {
    giveBackInstance(instance);
  }
}

/** Upper bound of the size of a table of contents in a zTOC, in bytes. */
export function boundContentsBytes(counts: {
  readonly entries: number;
  readonly paxRecords: number;
  readonly stringBytes: number;
}): number {
  return counts.entries * bytesPerEntry + counts.paxRecords * bytesPerPaxRecord + counts.stringBytes;
}

/** Builds the buffer from its end. Offsets are numbers of bytes from a position to the buffer's end. */
class ZtocEncoder {
  readonly #instance: WasmInstance;
  readonly #buffer: Uint8Array;
  /** Position of the latest byte in the buffer. */
  #start: number;

  constructor(instance: WasmInstance, capacity: number) {
    this.#instance = instance;
    this.#buffer = new Uint8Array(capacity);
    this.#start = capacity;
  }

  encode(ztoc: Ztoc): Uint8Array {
    const { exports } = this.#instance;
    const { spans, spanDigests } = ztoc;
    // For a plain tar, it is a separate FlatBuffer, which is written before this one.
    const writeSpanIndex = this.#prepareSpanIndex(spans);
    exports.resetZtocWriter();
    const version = this.#writeText(ztocVersion);
    const buildToolIdentifier = this.#writeText(ztoc.buildToolIdentifier);
    const toc = exports.writeToc(this.#writeReferences(this.#writeFiles(ztoc.contents)));
    const checkpoints = writeSpanIndex();
    const digests = this.#writeReferences(Uint32Array.from(spanDigests, (digest) => this.#writeText(digest)));
    const compressionInfo = exports.writeCompressionInfo(
      spans.compression === 'gzip' ? gzipAlgorithm : uncompressedAlgorithm,
      spanDigests.length - 1,
      digests,
      checkpoints,
    );
    const { compressedSize, uncompressedSize } = ztoc;
    exports.writeZtoc(version, buildToolIdentifier, toc, compressionInfo, compressedSize, uncompressedSize);
    this.#takeWritten();
    return this.#buffer.subarray(this.#start);
  }

  /** @returns A function that writes the span index and returns its offset. */
  #prepareSpanIndex(spans: SpanIndex): () => number {
    if (spans.compression === 'gzip') {
      return () =>
        this.#writeByteVector(spanIndexBytes(spans), (bytes) => {
          writeGzipSpanIndex(bytes, spans);
        });
    }
    const { exports, memory } = this.#instance;
    exports.resetZtocWriter();
    exports.writeTarZinfo(spans.spanSizeBytes, spans.layerBytes);
    const tarZinfo = memory.slice(exports.writtenStart(), exports.writtenEnd());
    return () =>
      this.#writeByteVector(tarZinfo.length, (bytes) => {
        bytes.set(tarZinfo);
      });
  }

  #writeText(text: string): number {
    const bytes = Buffer.from(text);
    this.#putChunk(bytes);
    const offset = this.#instance.exports.writeText(bytes.length);
    this.#takeWritten();
    return offset;
  }

  /** @returns The offsets of the files, in order. */
  #writeFiles(contents: PackedEntries): Uint32Array {
    const { exports, memory } = this.#instance;
    const offsets = new Uint32Array(contents.length);
    let left = contents.length;
    // The last file is written first: a FlatBuffer grows towards its start.
    for (const chunk of contents.chunks.toReversed()) {
      this.#putChunk(chunk);
      const count = exports.beginEntries(chunk.length);
      if (count < 0) throw tooMuchMetadata();
      let unwritten: number;
      do {
        unwritten = exports.writeEntries();
        this.#takeWritten();
      } while (unwritten > 0);
      left -= count;
      offsets.set(new Uint32Array(memory.buffer, exports.offsetsAddress(), count), left);
    }
    return offsets;
  }

  #putChunk(bytes: Uint8Array): void {
    const { exports, memory } = this.#instance;
    if (bytes.length > exports.chunkCapacity()) throw tooMuchMetadata();
    memory.set(bytes, exports.chunkAddress());
  }

  /** Writes a vector of references to these offsets. @returns The offset of the vector. */
  #writeReferences(offsets: Uint32Array): number {
    const { exports, memory } = this.#instance;
    const pieceLength = exports.offsetsCapacity();
    exports.beginVector(offsets.length);
    for (let end = offsets.length; end > 0; end -= pieceLength) {
      const piece = offsets.subarray(Math.max(0, end - pieceLength), end);
      new Uint32Array(memory.buffer, exports.offsetsAddress(), piece.length).set(piece);
      exports.writeReferences(piece.length);
      this.#takeWritten();
    }
    return exports.endVector(offsets.length);
  }

  /**
   * Writes a vector of bytes in place. The windows are most of a zTOC, and copying them would double the memory.
   *
   * @param fill Writes the bytes.
   * @returns The offset of the vector.
   */
  #writeByteVector(byteCount: number, fill: (bytes: Uint8Array) => void): number {
    const { exports } = this.#instance;
    exports.beginByteVector(byteCount);
    this.#takeWritten(byteCount);
    fill(this.#buffer.subarray(this.#start, this.#start + byteCount));
    return exports.endVector(byteCount);
  }

  /** @param otherBytes Room in front of the written bytes, for bytes that the wasm does not write. */
  #takeWritten(otherBytes = 0): void {
    const { exports, memory } = this.#instance;
    const written = memory.subarray(exports.writtenStart(), exports.writtenEnd());
    this.#start -= written.length;
    this.#buffer.set(written, this.#start);
    this.#start -= otherBytes;
    exports.releaseWritten(otherBytes);
  }
}

function tooMuchMetadata(): FormatError {
  return new FormatError('ztoc', 'a file has more metadata than a tar can have');
}
