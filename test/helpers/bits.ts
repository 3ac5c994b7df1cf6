// Writes a bit stream by hand, as DEFLATE packs it: numbers with their lowest bit first, Huffman codes with their
// highest.

export class BitWriter {
  readonly #bytes: number[] = [];
  #bits = 0;
  #count = 0;

  /** A number of `count` bits. */
  put(value: number, count: number): this {
    for (let bit = 0; bit < count; bit++) this.#putBit((value >> bit) & 1);
    return this;
  }

  /** A Huffman code, written as in RFC 1951: `code('0110000')`. */
  code(digits: string): this {
    for (const digit of digits) this.#putBit(Number(digit));
    return this;
  }

  alignToByte(): this {
    while (this.#count > 0) this.#putBit(0);
    return this;
  }

  bytes(...values: number[]): this {
    this.alignToByte();
    this.#bytes.push(...values);
    return this;
  }

  /** A stored block: three header bits, the lengths, and the data. */
  storedBlock(data: Uint8Array, isFinal: boolean): this {
    this.put(isFinal ? 1 : 0, 1).put(0, 2);
    return this.bytes(
      data.length & 255,
      data.length >> 8,
      ~data.length & 255,
      (~data.length >> 8) & 255,
      ...data,
    );
  }

  /** A block that encodes these bytes (below 144) as literals of the fixed code. */
  fixedBlock(data: Uint8Array, isFinal: boolean): this {
    this.put(isFinal ? 1 : 0, 1).put(1, 2);
    for (const byte of data) this.code((0x30 + byte).toString(2).padStart(8, '0'));
    return this.endOfFixedBlock();
  }

  endOfFixedBlock(): this {
    return this.code('0000000');
  }

  /** The number of bits written so far. */
  get length(): number {
    return this.#bytes.length * 8 + this.#count;
  }

  toBytes(): Uint8Array {
    const copy = [...this.#bytes];
    if (this.#count > 0) copy.push(this.#bits);
    return Uint8Array.from(copy);
  }

  #putBit(bit: number): void {
    this.#bits |= bit << this.#count++;
    if (this.#count < 8) return;
    this.#bytes.push(this.#bits);
    this.#bits = 0;
    this.#count = 0;
  }
}
