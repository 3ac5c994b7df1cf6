// soci-index inspect FILE: what is in a zTOC.
import { readFile } from 'node:fs/promises';
import { type Digest, digestOf } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { EntryType } from '../core/tar/entry.ts';
import { locateSpan } from '../core/ztoc/span-reader.ts';
import type { LayerCompression, Ztoc } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { namingFile } from './input-file.ts';
import { formatBytes, formatCount } from './quantities.ts';
import { printTable } from './table.ts';

/** How many spans and files are shown to a person; JSON has all. */
const shownRows = 10;

/** What `inspect FILE --json` prints. Sizes and offsets are bytes. */
interface ZtocReport {
  readonly digest: Digest;
  readonly size: number;
  readonly buildToolIdentifier: string;
  readonly compression: LayerCompression;
  readonly spanSize: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly spans: readonly SpanReport[];
  readonly files: readonly FileReport[];
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

/** The report on a zTOC in a file, as JSON or for a person. @throws Error that names the file. */
export async function inspectZtoc(path: string, asJson: boolean): Promise<string> {
  const bytes = await readFile(path);
  const report = reportZtoc(await namingFile(path, () => decodeZtoc(bytes)), bytes);
  return asJson ? `${JSON.stringify(report)}\n` : describeZtoc(report);
}

function reportZtoc(ztoc: Ztoc, bytes: Uint8Array): ZtocReport {
  return {
    digest: digestOf(bytes),
    size: bytes.length,
    buildToolIdentifier: ztoc.buildToolIdentifier,
    compression: ztoc.spans.compression,
    spanSize: ztoc.spans.spanSizeBytes,
    compressedSize: ztoc.compressedSize,
    uncompressedSize: ztoc.uncompressedSize,
    spans: ztoc.spanDigests.map((digest, index) => ({
      ...locateSpan(ztoc, index),
      uncompressedOffset:
        ztoc.spans.compression === 'gzip'
          ? ztoc.spans.checkpoints[index]!.uncompressedOffset
          : index * ztoc.spans.spanSizeBytes,
      digest,
    })),
    files: Array.from(ztoc.contents, (entry) => ({
      name: Buffer.from(entry.name).toString(),
      type: entry.type,
      size: Number(entry.uncompressedSize),
      offset: entry.uncompressedOffset,
      mode: `0${entry.mode.toString(8)}`,
      uid: entry.uid,
      gid: entry.gid,
      modified: entry.modificationTime,
      ...(entry.linkName.length > 0 && { link: Buffer.from(entry.linkName).toString() }),
    })),
  };
}

function describeZtoc(report: ZtocReport): string {
  const largest = report.files.toSorted((a, b) => b.size - a.size).slice(0, shownRows);
  return [
    `zTOC ${report.digest}`,
    `  ${formatBytes(report.size)}, built by ${quoteText(report.buildToolIdentifier)}`,
    `  of a layer of ${formatBytes(report.compressedSize)} (${report.compression}), ${formatBytes(report.uncompressedSize)} uncompressed`,
    `  ${formatCount(report.spans.length, 'span')} of ${formatBytes(report.spanSize)}, ${formatCount(report.files.length, 'file')}`,
    '',
    printTable(
      ['span', 'layer bytes', 'size', 'uncompressed from', 'digest'],
      report.spans
        .slice(0, shownRows)
        .map((span, index) => [
          `${index}`,
          `${span.start} - ${span.end}`,
          formatBytes(span.end - span.start),
          `${span.uncompressedOffset}`,
          span.digest.slice(0, 19),
        ]),
      report.spans.length,
    ),
    '',
    printTable(
      ['largest files', 'size', 'at', 'type'],
      largest.map((file) => [file.name, formatBytes(file.size), `${file.offset}`, file.type]),
      report.files.length,
    ),
    '',
  ].join('\n');
}
