// Reads a table of an untrusted FlatBuffer. Google's runtime follows any offset and reads zeros beyond the end; here, every
// position is checked first. https://flatbuffers.dev/internals/
import { type ByteBuffer } from 'flatbuffers';
import { FormatError } from '../errors.ts';

const offsetBytes = 4;
/** A vtable begins with its own size and that of its table, u16 each; slots follow. */
const vtableHeaderBytes = 4;

export class FlatTable {
  readonly #buffer: ByteBuffer;
  readonly #position: number;

  private constructor(buffer: ByteBuffer, position: number) {
    this.#buffer = buffer;
    this.#position = position;

    requireRange(buffer, position, offsetBytes);
    const vtable = position - buffer.readInt32(position);
    requireRange(buffer, vtable, vtableHeaderBytes);
    requireRange(buffer, vtable, Math.max(vtableHeaderBytes, buffer.readInt16(vtable)));
  }

  /**
   * @throws FormatError if the buffer has no root table. All methods throw it if a field does not have the expected form.
   */
  static root(buffer: ByteBuffer): FlatTable {
    requireRange(buffer, 0, offsetBytes);
    return new FlatTable(buffer, buffer.readUint32(0));
  }

  /** Reads a size or offset: an i64 from 0 to 2^53 - 1. */
  readSize(slot: number): number {
    const size = Number(this.readInt64(slot));
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new FormatError('ztoc', `${size} is not an offset or size`, this.#position);
    }
    return size;
  }

  readInt64(slot: number): bigint {
    const field = this.#find(slot, 8);
    return field === 0 ? 0n : this.#buffer.readInt64(field);
  }

  readInt32(slot: number): number {
    const field = this.#find(slot, 4);
    return field === 0 ? 0 : this.#buffer.readInt32(field);
  }

  readUint32(slot: number): number {
    const field = this.#find(slot, 4);
    return field === 0 ? 0 : this.#buffer.readUint32(field);
  }

  readInt8(slot: number, byDefault: number): number {
    const field = this.#find(slot, 1);
    return field === 0 ? byDefault : this.#buffer.readInt8(field);
  }

  /** Reads a string or a vector of bytes, as a view. */
  readBytes(slot: number): Uint8Array {
    const vector = this.#findVector(slot, 1);
    return this.#buffer.bytes().subarray(vector.start, vector.start + vector.length);
  }

  readTable(slot: number): FlatTable {
    const field = this.#find(slot, offsetBytes);
    if (field === 0) throw new FormatError('ztoc', `a table lacks its field ${slot}`, this.#position);
    return new FlatTable(this.#buffer, this.#buffer.__indirect(field));
  }

  *readTables(slot: number): Generator<FlatTable> {
    const vector = this.#findVector(slot, offsetBytes);
    for (let index = 0; index < vector.length; index++) {
      yield new FlatTable(this.#buffer, this.#buffer.__indirect(vector.start + index * offsetBytes));
    }
  }

  *readStrings(slot: number): Generator<Uint8Array> {
    const vector = this.#findVector(slot, offsetBytes);
    for (let index = 0; index < vector.length; index++) {
      const string = this.#vectorAt(this.#buffer.__indirect(vector.start + index * offsetBytes), 1);
      yield this.#buffer.bytes().subarray(string.start, string.start + string.length);
    }
  }

  /** Position of a field; 0 if it is absent because it has its default value. */
  #find(slot: number, bytes: number): number {
    const offset = this.#buffer.__offset(this.#position, vtableHeaderBytes + slot * 2);
    if (offset !== 0) requireRange(this.#buffer, this.#position + offset, bytes);
    return offset === 0 ? 0 : this.#position + offset;
  }

  #findVector(slot: number, elementBytes: number): { readonly start: number; readonly length: number } {
    const field = this.#find(slot, offsetBytes);
    return field === 0
      ? { start: 0, length: 0 }
      : this.#vectorAt(this.#buffer.__indirect(field), elementBytes);
  }

  #vectorAt(position: number, elementBytes: number): { readonly start: number; readonly length: number } {
    requireRange(this.#buffer, position, offsetBytes);
    const length = this.#buffer.readUint32(position);
    requireRange(this.#buffer, position + offsetBytes, length * elementBytes);
    return { start: position + offsetBytes, length };
  }
}

function requireRange(buffer: ByteBuffer, start: number, bytes: number): void {
  if (start < 0 || start + bytes > buffer.capacity()) {
    throw new FormatError('ztoc', `it refers to ${bytes} bytes at offset ${start}, outside its buffer`);
  }
}
