// soci-index demo: shows on real data what a zTOC is for. Needs nothing but Node.
import type { Command } from 'commander';
import { digestOf } from '../../core/oci/descriptor.ts';
import { readFileData } from '../../core/ztoc/span-reader.ts';
import { defaultBuildToolIdentifier, defaultSpanSizeBytes, type Ztoc } from '../../core/ztoc/ztoc.ts';
import { createZtocBuilder } from '../../core/ztoc/ztoc-builder.ts';
import { decodeZtoc } from '../../core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../core/ztoc/ztoc-encoder.ts';
import { findSampleFiles, packLayer, readSampleFile, type SampleFile } from './sample-layer.ts';
import { formatBytes, formatCount, formatSeconds } from '../quantities.ts';
import { printTable } from '../table.ts';

const npmFiles = 500;
/** How many of the layer's files are read back: the first and others evenly spread. */
const filesReadBack = 8;
const pieceBytes = 256 * 1024;

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('pack a layer out of real files, index it, and read files through the index')
    .action(runDemo);
}

async function runDemo(): Promise<void> {
  say('1. A layer, as `docker push` would make it, out of files that this machine has');
  const files = await findSampleFiles(npmFiles);
  const layer = await packLayer(files);
  say(`   ${formatCount(files.length, 'file')}, ${formatBytes(layer.length)} of gzip, ${digestOf(layer)}`);

  say('2. Its zTOC, in one pass over those bytes');
  const startedAt = performance.now();
  const builder = createZtocBuilder({
    compression: 'gzip',
    spanSizeBytes: defaultSpanSizeBytes,
    buildToolIdentifier: defaultBuildToolIdentifier,
  });
  for (let start = 0; start < layer.length; start += pieceBytes) {
    builder.push(layer.subarray(start, start + pieceBytes));
  }
  const bytes = encodeZtoc(builder.finish());
  const seconds = (performance.now() - startedAt) / 1000;
  const ztoc = decodeZtoc(bytes);
  say(
    `   ${formatCount(ztoc.spanDigests.length, 'span')}, ${formatCount(ztoc.contents.length, 'file')}, ` +
      `${formatBytes(ztoc.uncompressedSize)} uncompressed, in ${formatSeconds(seconds)} ` +
      `(${formatBytes(ztoc.uncompressedSize / seconds)}/s)`,
  );
  say(`   zTOC ${digestOf(bytes)}, ${formatBytes(bytes.length)}`);

  say('3. Files read through it, without the rest of the layer, and compared with the originals');
  const rows: string[][] = [];
  for (const index of spread(files.length, filesReadBack))
    rows.push(await readBack(ztoc, index, files[index]!, layer));
  say(printTable(['file', 'size', 'fetched of the layer', 'same bytes'], rows));
  say('   This is how a container starts before its image is downloaded.');
}

/** Reads one file through the zTOC. @throws Error if it is not what it was. */
async function readBack(ztoc: Ztoc, index: number, file: SampleFile, layer: Uint8Array): Promise<string[]> {
  let fetchedBytes = 0;
  const pieces: Uint8Array[] = [];
  for await (const piece of readFileData(ztoc, ztoc.contents.at(index), (start, end) => {
    fetchedBytes += end - start;
    return Promise.resolve(layer.subarray(start, end));
  })) {
    pieces.push(piece);
  }
  const isSame = Buffer.concat(pieces).equals(await readSampleFile(file));
  if (!isSame) throw new Error(`${file.name} is not the same when it is read through the zTOC`);
  const share = ((fetchedBytes / layer.length) * 100).toFixed(1);
  return [file.name, formatBytes(file.size), `${formatBytes(fetchedBytes)} (${share} %)`, 'yes'];
}

function spread(length: number, count: number): readonly number[] {
  const step = Math.max(1, (length - 1) / (count - 1));
  const indexes = Array.from({ length: Math.min(count, length) }, (_, index) => Math.round(index * step));
  return indexes.filter((index) => index < length);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
