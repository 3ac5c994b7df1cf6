// Compares the table of contents in a zTOC with the layer's own tar, and names every file that differs.
import type { TarEntry } from '../core/tar/entry.ts';
import { quoteBytes } from '../core/tar/quote.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';
import type { Findings } from './findings.ts';

const tarBlockBytes = 512n;

/** A property that both the zTOC and the tar have. */
interface Attribute {
  readonly name: string;
  isSame(stored: TarEntry, actual: TarEntry): boolean;
  show(entry: TarEntry): string;
}

function bytesAttribute(name: string, bytesOf: (entry: TarEntry) => Uint8Array): Attribute {
  return {
    name,
    isSame: (stored, actual) => Buffer.compare(bytesOf(stored), bytesOf(actual)) === 0,
    show: (entry) => quoteBytes(bytesOf(entry)),
  };
}

function textAttribute(name: string, textOf: (entry: TarEntry) => string): Attribute {
  return { name, isSame: (stored, actual) => textOf(stored) === textOf(actual), show: textOf };
}

const attributes: readonly Attribute[] = [
  bytesAttribute('name', ({ name }) => name),
  textAttribute('type', ({ type }) => type),
  textAttribute('size', ({ uncompressedSize }) => `${uncompressedSize}`),
  textAttribute('mode', ({ mode }) => `0${mode.toString(8)}`),
  textAttribute('uid', ({ uid }) => `${uid}`),
  textAttribute('gid', ({ gid }) => `${gid}`),
  bytesAttribute('owner', ({ userName }) => userName),
  bytesAttribute('group', ({ groupName }) => groupName),
  bytesAttribute('link', ({ linkName }) => linkName),
  textAttribute('device', ({ deviceMajor, deviceMinor }) => `${deviceMajor}:${deviceMinor}`),
  {
    name: 'modification time',
    isSame: (stored, actual) =>
      nanosecondsOf(stored.modificationTime) === nanosecondsOf(actual.modificationTime),
    show: ({ modificationTime }) => modificationTime || 'none',
  },
];

/**
 * Compares file by file; files match if their data begins at the same byte or, failing that, if they have the same name.
 *
 * @param stored The zTOC's entries, in any order, because the SOCI snapshotter sorts them.
 * @param actual The tar's entries.
 */
export function compareContents(stored: PackedEntries, actual: PackedEntries, findings: Findings): void {
  const order = orderByOffset(stored);
  const outOfPlace = order.findIndex((index, place) => index !== place);
  if (outOfPlace >= 0) {
    const name = quoteBytes(stored.at(outOfPlace).name);
    findings.addWarning(
      `its files are not in the order of the tar, starting with file ${outOfPlace} (${name})`,
    );
  }
  reportOverlaps(stored, order, findings);

  let place = 0;
  let position = 0;
  while (place < order.length || position < actual.length) {
    const index = order[place];
    const own = index === undefined ? undefined : stored.at(index);
    const tars = position < actual.length ? actual.at(position) : undefined;
    if (own !== undefined && tars !== undefined && isSameFile(own, tars)) {
      compareEntries(own, tars, findings);
      place++;
      position++;
    } else if (
      tars === undefined ||
      (own !== undefined && own.uncompressedOffset < tars.uncompressedOffset)
    ) {
      findings.addProblem(
        `file ${quoteBytes(own!.name)}: its data is recorded to begin at byte ${own!.uncompressedOffset} of the tar, where no file's data begins`,
      );
      place++;
    } else {
      findings.addProblem(
        `file ${quoteBytes(tars.name)}, whose data begins at byte ${tars.uncompressedOffset} of the tar, is missing`,
      );
      position++;
    }
  }
}

function isSameFile(stored: TarEntry, actual: TarEntry): boolean {
  return (
    stored.uncompressedOffset === actual.uncompressedOffset || Buffer.compare(stored.name, actual.name) === 0
  );
}

function compareEntries(stored: TarEntry, actual: TarEntry, findings: Findings): void {
  const file = `file ${quoteBytes(actual.name)}`;
  if (stored.uncompressedOffset !== actual.uncompressedOffset) {
    findings.addProblem(
      `${file}: its data is recorded to begin at byte ${stored.uncompressedOffset} of the tar; it begins at byte ${actual.uncompressedOffset}`,
    );
  }
  for (const attribute of attributes) {
    if (attribute.isSame(stored, actual)) continue;
    findings.addProblem(
      `${file} at byte ${actual.uncompressedOffset} of the tar: its ${attribute.name} is recorded as ${attribute.show(stored)}; it is ${attribute.show(actual)}`,
    );
  }
  comparePaxRecords(stored, actual, file, findings);
}

/**
 * A runtime stores them in a map, so their order does not matter, and of two with the same key the last one counts.
 */
function comparePaxRecords(stored: TarEntry, actual: TarEntry, file: string, findings: Findings): void {
  if (stored.paxRecords.length === 0 && actual.paxRecords.length === 0) return;
  const own = valuesByKey(stored);
  const tars = valuesByKey(actual);
  for (const key of new Set([...own.keys(), ...tars.keys()])) {
    const said = own.get(key);
    const value = tars.get(key);
    if (said !== undefined && value !== undefined && Buffer.compare(said, value) === 0) continue;
    const name = quoteBytes(Buffer.from(key, 'latin1'));
    findings.addProblem(
      `${file} at byte ${actual.uncompressedOffset} of the tar: its extended attribute ${name} is recorded as ${said === undefined ? 'absent' : quoteBytes(said)}; it is ${value === undefined ? 'absent' : quoteBytes(value)}`,
    );
  }
}

function valuesByKey({ paxRecords }: TarEntry): Map<string, Uint8Array> {
  return new Map(paxRecords.map(({ key, value }) => [Buffer.from(key).toString('latin1'), value]));
}

/** Indexes of the files, sorted by the offset of their data. */
function orderByOffset(contents: PackedEntries): readonly number[] {
  const offsets = Array.from(contents, ({ uncompressedOffset }) => uncompressedOffset);
  return Array.from(offsets.keys()).sort((a, b) => offsets[a]! - offsets[b]! || a - b);
}

/**
 * If a file begins before the previous one ends, the SOCI snapshotter refuses the whole zTOC.
 * https://github.com/awslabs/soci-snapshotter/blob/v0.14.0/ztoc/ztoc_marshaler.go
 */
function reportOverlaps(contents: PackedEntries, order: readonly number[], findings: Findings): void {
  let previousEnd = 0n;
  for (const index of order) {
    const entry = contents.at(index);
    const start = BigInt(entry.uncompressedOffset);
    if (start < previousEnd) findings.addWarning(describeOverlap(quoteBytes(entry.name)));
    previousEnd = ((start + entry.uncompressedSize + tarBlockBytes - 1n) / tarBlockBytes) * tarBlockBytes;
  }
}

/** @param quotedName Name of the file that begins too early. */
export function describeOverlap(quotedName: string): string {
  return `file ${quotedName} begins before the previous one ends: the SOCI snapshotter refuses such a zTOC and unpacks the layer itself`;
}

/**
 * Nanoseconds since 1970 of an RFC 3339 time in any zone; undefined if it is invalid. Other builders may write local times.
 */
function nanosecondsOf(time: string): bigint | undefined {
  const [, seconds, fraction = '', zone] = /^(.{19})(?:\.(\d{1,9}))?(.*)$/.exec(time) ?? [];
  const milliseconds = Date.parse(`${seconds}${zone}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}
