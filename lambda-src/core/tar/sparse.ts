// GNU sparse files in PAX records: holes are left out of the data, and a map tells where its fragments belong. A zTOC
// knows nothing of holes; the map only decides the entry's name and size, where its data begins, and whether it passes.
// https://www.gnu.org/software/tar/manual/html_section/Sparse-Formats.html
import { FormatError } from '../errors.ts';
import { blockBytes } from './header.ts';
import type { TarHeader } from './header.ts';
import { parseDecimal } from './number.ts';
import { findPaxValue } from './pax.ts';
import type { PaxRecords } from './pax.ts';
import { quoteBytes } from './quote.ts';

/** Where the map is: in the record `GNU.sparse.map` (formats 0.0 and 0.1), or before the data (format 1.0). */
export type SparseMapPlace = 'in the records' | 'before the data';

/** More map than this is refused, as Go's archive/tar does it. */
const longestMapBytes = 1 << 20;

const newline = 0x0a;
const comma = 0x2c;

/** Tells a sparse file by its records; undefined for any other file, also for formats that nobody knows. */
export function findSparseMap(records: PaxRecords): SparseMapPlace | undefined {
  const version = `${textOf(records, 'GNU.sparse.major')}.${textOf(records, 'GNU.sparse.minor')}`;
  switch (version) {
    case '0.0':
    case '0.1':
      return 'in the records';
    case '1.0':
      return 'before the data';
    case '.':
      // The first two formats did not say their version.
      return findPaxValue(records, 'GNU.sparse.map') === undefined ? undefined : 'in the records';
    default:
      return undefined;
  }
}

/**
 * Overwrites name and size by those of the file with its holes.
 *
 * @throws FormatError if the size is no number.
 */
export function applySparseRecords(header: TarHeader, records: PaxRecords, offset: number): void {
  header.name = findPaxValue(records, 'GNU.sparse.name') ?? header.name;
  const sizeText = findPaxValue(records, 'GNU.sparse.size') ?? findPaxValue(records, 'GNU.sparse.realsize');
  if (sizeText !== undefined) {
    const size = parseDecimal(sizeText);
    if (size === undefined) {
      throw mapError(header, `its real size is no number: ${quoteBytes(sizeText)}`, offset);
    }
    header.size = size;
  }
}

/**
 * Checks a map that is in the records.
 *
 * @throws FormatError if it is not as many fragments as the records say, in order, within the file.
 */
export function checkSparseMapRecord(header: TarHeader, records: PaxRecords, offset: number): void {
  const countText = records.get('GNU.sparse.numblocks')?.value ?? new Uint8Array(0);
  const count = parseDecimal(countText);
  const map = findPaxValue(records, 'GNU.sparse.map');
  const numbers = map === undefined ? [] : parseNumbers(map, comma);
  if (count === undefined || BigInt(numbers.length) !== 2n * count) {
    throw mapError(header, `${numbers.length} numbers for ${quoteBytes(countText)} fragments`, offset);
  }
  checkFragments(numbers, header, offset);
}

/**
 * Collects a map that lies before the data, in whole blocks. It is lines of decimal numbers: how many fragments, then
 * offset and length of each.
 */
export class SparseMapBlocks {
  readonly #header: TarHeader;
  readonly #offset: number;
  #bytes = new Uint8Array(blockBytes);
  #byteCount = 0;
  #lineCount = 0;
  /** How many lines the map has; known once the first has come. */
  #mapLines: number | undefined;

  /** @param offset Where the header of the entry lies, for messages. */
  constructor(header: TarHeader, offset: number) {
    this.#header = header;
    this.#offset = offset;
  }

  /**
   * Takes the next block, and says whether the map is complete. The rest of its last block does not count.
   *
   * @throws FormatError if the map is wrong, or too long.
   */
  push(block: Uint8Array): boolean {
    if (this.#byteCount + block.length > longestMapBytes) {
      throw this.#error(`more than ${longestMapBytes} bytes`);
    }
    this.#append(block);
    for (const byte of block) {
      this.#lineCount += byte === newline ? 1 : 0;
    }
    if (this.#mapLines === undefined && this.#lineCount > 0) {
      const countText = this.#bytes.subarray(0, this.#bytes.indexOf(newline));
      const count = parseDecimal(countText);
      if (count === undefined || count < 0n) {
        throw this.#error(`${quoteBytes(countText)} fragments`);
      }
      this.#mapLines = 1 + 2 * Number(count);
    }
    if (this.#mapLines === undefined || this.#lineCount < this.#mapLines) {
      return false;
    }
    const lines = parseNumbers(this.#bytes.subarray(0, this.#byteCount), newline, this.#mapLines);
    checkFragments(lines.slice(1), this.#header, this.#offset);
    return true;
  }

  #append(block: Uint8Array): void {
    if (this.#byteCount + block.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(block, this.#byteCount);
    this.#byteCount += block.length;
  }

  #error(problem: string): FormatError {
    return mapError(this.#header, problem, this.#offset);
  }
}

/** The numbers between separators, at most `limit`; one that is none is undefined. */
function parseNumbers(text: Uint8Array, separator: number, limit = Infinity): (bigint | undefined)[] {
  const numbers: (bigint | undefined)[] = [];
  let start = 0;
  while (start <= text.length && numbers.length < limit) {
    const separatorAt = text.indexOf(separator, start);
    const end = separatorAt < 0 ? text.length : separatorAt;
    numbers.push(parseDecimal(text.subarray(start, end)));
    start = end + 1;
  }
  return numbers;
}

/** Fragments, as pairs of offset and length, must be in order, must not overlap, and must end within the file. */
function checkFragments(numbers: readonly (bigint | undefined)[], header: TarHeader, offset: number): void {
  if (header.size < 0n) {
    throw mapError(header, `the file's size is ${header.size.toString()}`, offset);
  }
  let previousEnd = 0n;
  for (let at = 0; at < numbers.length; at += 2) {
    const start = numbers[at];
    const length = numbers[at + 1];
    if (start === undefined || length === undefined) {
      throw mapError(header, `fragment ${at / 2} has no offset or no length`, offset);
    }
    if (start < previousEnd || length < 0n || start + length > header.size) {
      const fragment = `fragment ${at / 2}, ${length.toString()} bytes at ${start.toString()}`;
      const file = `the file's ${header.size.toString()} bytes`;
      throw mapError(header, `${fragment}, is out of order or not within ${file}`, offset);
    }
    previousEnd = start + length;
  }
}

function mapError(header: TarHeader, problem: string, offset: number): FormatError {
  return new FormatError(
    'tar',
    `entry ${quoteBytes(header.name)}: its sparse map is wrong: ${problem}`,
    offset,
  );
}

function textOf(records: PaxRecords, key: string): string {
  return Buffer.from(findPaxValue(records, key) ?? []).toString('latin1');
}
