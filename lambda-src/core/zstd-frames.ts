// Reads the headers in a zstd stream, to find how much memory its decoder needs before it takes it: a few bytes can ask for
// gigabytes. Decodes nothing. https://www.rfc-editor.org/rfc/rfc8878#section-3

/** What the parser asks for: the next bytes, or to skip so many. */
type Demand = { readonly read: number } | { readonly skip: number };

const dictionaryIdBytes = [0, 1, 2, 4] as const;

/** The largest window of the frames whose headers have been pushed. */
export class ZstdFrames {
  #largestWindowBytes = 0;
  readonly #parser = parseFrames((windowBytes) => {
    this.#largestWindowBytes = Math.max(this.#largestWindowBytes, windowBytes);
  });
  /** Undefined after something that is not a frame, which a decoder refuses. */
  #demand: Demand | undefined = this.#parser.next().value ?? undefined;
  #kept: number[] = [];
  #skippedBytes = 0;

  get largestWindowBytes(): number {
    return this.#largestWindowBytes;
  }

  push(bytes: Uint8Array): void {
    let next = 0;
    while (this.#demand !== undefined && next < bytes.length) {
      if ('skip' in this.#demand) {
        const step = Math.min(this.#demand.skip - this.#skippedBytes, bytes.length - next);
        this.#skippedBytes += step;
        next += step;
        if (this.#skippedBytes === this.#demand.skip) this.#goOn();
      } else {
        this.#kept.push(bytes[next++]!);
        if (this.#kept.length === this.#demand.read) this.#goOn();
      }
    }
  }

  #goOn(): void {
    const { done, value } = this.#parser.next(this.#kept);
    this.#demand = done === true ? undefined : value;
    this.#kept = [];
    this.#skippedBytes = 0;
  }
}

function* parseFrames(onWindow: (windowBytes: number) => void): Generator<Demand, void, readonly number[]> {
  for (;;) {
    const magic = numberOf(yield { read: 4 });
    if (isSkippableFrame(magic)) {
      const skip = numberOf(yield { read: 4 });
      if (skip > 0) yield { skip };
      continue;
    }
    if (magic !== 0xfd2fb528) return;
    const [descriptor = 0] = yield { read: 1 };
    const isSingleSegment = (descriptor & 0x20) !== 0;
    const [windowDescriptor = 0] = isSingleSegment ? [] : yield { read: 1 };
    const idBytes = dictionaryIdBytes[descriptor & 3]!;
    if (idBytes > 0) yield { skip: idBytes };
    const sizeFlag = descriptor >> 6;
    const sizeBytes = sizeFlag === 0 ? Number(isSingleSegment) : 2 ** sizeFlag;
    const contentBytes = sizeBytes === 0 ? 0 : numberOf(yield { read: sizeBytes });
    // A size of two bytes counts from 256, because one byte is enough for smaller ones.
    onWindow(isSingleSegment ? contentBytes + (sizeFlag === 1 ? 256 : 0) : windowBytesOf(windowDescriptor));
    yield* skipBlocks((descriptor & 4) !== 0);
  }
}

function* skipBlocks(hasChecksum: boolean): Generator<Demand, void, readonly number[]> {
  for (let isLast = false; !isLast;) {
    const header = numberOf(yield { read: 3 });
    isLast = (header & 1) === 1;
    const isRepeatedByte = ((header >> 1) & 3) === 1;
    const skip = isRepeatedByte ? 1 : header >> 3;
    if (skip > 0) yield { skip };
  }
  if (hasChecksum) yield { skip: 4 };
}

function isSkippableFrame(magic: number): boolean {
  return magic >= 0x184d2a50 && magic <= 0x184d2a5f;
}

function windowBytesOf(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}

/** Little-endian. Eight bytes may be rounded. */
function numberOf(bytes: readonly number[]): number {
  return bytes.reduceRight((high, byte) => high * 256 + byte, 0);
}
