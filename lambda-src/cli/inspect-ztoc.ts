// soci-index inspect FILE: the contents of a zTOC.
import { readFile, stat } from 'node:fs/promises';
import { FormatError } from '../core/errors.ts';
import { type Digest, digestOf } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { EntryType, TarEntry } from '../core/tar/entry.ts';
import { locateSpan } from '../core/ztoc/span-reader.ts';
import { flatbufferMaximumBytes, type LayerCompression, type Ztoc } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { namingFile } from './input-file.ts';
import { findLargestFiles } from '../inspector/largest-files.ts';
import { formatBytes, formatCount } from '../core/quantities.ts';
import { printTable } from '../terminal/table.ts';

/** Number of spans and files shown to people; JSON has all. */
const shownRows = 10;

/**
 * What `inspect FILE --json` prints, followed by `spans` (a SpanReport each) and `files` (a FileReport each).
 */
interface ZtocReport {
  readonly digest: Digest;
  /** Sizes and offsets are bytes. */
  readonly size: number;
  readonly buildToolIdentifier: string;
  readonly compression: LayerCompression;
  readonly spanSize: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

interface SpanReport {
  readonly start: number;
  readonly end: number;
  readonly uncompressedOffset: number;
  readonly digest: Digest;
}

interface FileReport {
  readonly name: string;
  readonly type: EntryType;
  readonly size: number;
  readonly offset: number;
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly modified: string;
  readonly link?: string;
}

/**
 * The report on a zTOC file, as JSON or for people, piece by piece, because with a million files it exceeds the maximum
 * length of a string.
 *
 * @throws Error that names the file.
 */
export async function inspectZtoc(path: string, asJson: boolean): Promise<Iterable<string>> {
  const { size } = await stat(path);
  if (size > flatbufferMaximumBytes) throw new Error(`${path} is too large for a zTOC: ${formatBytes(size)}`);
  const bytes = await readFile(path);
  const ztoc = await namingFile(path, () => decodeZtocFile(path, bytes));
  const { buildToolIdentifier, spans, compressedSize, uncompressedSize } = ztoc;
  const report: ZtocReport = {
    digest: digestOf(bytes),
    size: bytes.length,
    buildToolIdentifier,
    compression: spans.compression,
    spanSize: spans.spanSizeBytes,
    compressedSize,
    uncompressedSize,
  };
  return asJson ? printJson(report, ztoc) : [describeZtoc(report, ztoc)];
}

function decodeZtocFile(path: string, bytes: Uint8Array): Ztoc {
  try {
    return decodeZtoc(bytes);
  } catch (error) {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    if (!(error instanceof FormatError) || !isGzip) throw error;
    const problem = `expected a zTOC, found gzip; if it is a layer, soci-index ztoc ${path} builds its zTOC`;
    throw new FormatError('ztoc', problem);
  }
}

function* printJson(report: ZtocReport, ztoc: Ztoc): Generator<string> {
  yield `${JSON.stringify(report).slice(0, -1)},"spans":[`;
  yield* printItems(ztoc.spanDigests.length, (index) => reportSpan(ztoc, index));
  yield '],"files":[';
  yield* printItems(ztoc.contents.length, (index) => reportFile(ztoc.contents.at(index)));
  yield ']}\n';
}

/** Fewer, larger writes are cheaper. */
const itemsPerPiece = 500;

function* printItems(count: number, itemAt: (index: number) => unknown): Generator<string> {
  let piece = '';
  for (let index = 0; index < count; index++) {
    piece += `${index === 0 ? '' : ','}${JSON.stringify(itemAt(index))}`;
    if (index % itemsPerPiece !== itemsPerPiece - 1) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function reportSpan(ztoc: Ztoc, index: number): SpanReport {
  const { spans, spanDigests } = ztoc;
  return {
    ...locateSpan(ztoc, index),
    uncompressedOffset:
      spans.compression === 'gzip'
        ? spans.checkpoints[index]!.uncompressedOffset
        : index * spans.spanSizeBytes,
    digest: spanDigests[index]!,
  };
}

function reportFile(entry: TarEntry): FileReport {
  return {
    name: Buffer.from(entry.name).toString(),
    type: entry.type,
    size: Number(entry.uncompressedSize),
    offset: entry.uncompressedOffset,
    mode: `0${entry.mode.toString(8)}`,
    uid: entry.uid,
    gid: entry.gid,
    modified: entry.modificationTime,
    ...(entry.linkName.length > 0 && { link: Buffer.from(entry.linkName).toString() }),
  };
}

function describeZtoc(report: ZtocReport, ztoc: Ztoc): string {
  const spanCount = ztoc.spanDigests.length;
  const fileCount = ztoc.contents.length;
  const spans = Array.from({ length: Math.min(spanCount, shownRows) }, (_, index) => reportSpan(ztoc, index));
  return [
    `zTOC ${report.digest}`,
    `  ${formatBytes(report.size)}, built by ${quoteText(report.buildToolIdentifier)}`,
    `  of a layer of ${formatBytes(report.compressedSize)} (${report.compression}), ${formatBytes(report.uncompressedSize)} uncompressed`,
    `  ${formatCount(spanCount, 'span')} of ${formatBytes(report.spanSize)}, ${formatCount(fileCount, 'file')}`,
    '',
    printTable(
      ['span', 'layer bytes', 'size', 'uncompressed from', 'digest'],
      spans.map((span, index) => [
        `${index}`,
        `${span.start} - ${span.end}`,
        formatBytes(span.end - span.start),
        `${span.uncompressedOffset}`,
        span.digest.slice(0, 19),
      ]),
      spanCount,
    ),
    '',
    printTable(
      ['largest files', 'size', 'at', 'type'],
      findLargestFiles(ztoc.contents, shownRows).map(({ name, size, offset, type }) => [
        name,
        formatBytes(size),
        `${offset}`,
        type,
      ]),
      fileCount,
    ),
    '',
  ].join('\n');
}
