// soci-index estimate IMAGE --files LIST: estimates what a start that opens these files fetches from the image.
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import type { Platform } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { EstimateReport, PlatformEstimate } from '../estimate/estimate-report.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { formatBytes, formatCount, formatInteger, formatShare } from '../core/quantities.ts';
import { printTable } from '../terminal/table.ts';
import { addExamples } from './help-text.ts';
import { addHtmlOptions, type HtmlOptions, openHtml } from './html-options.ts';
import { addImageAccessOptions, type ImageAccessOptions, openImage } from './open-image.ts';
import { jsonOption, parsePushedSpanSize, platformOption } from './options.ts';
import { openOutput } from './output-file.ts';

interface EstimateOptions extends ImageAccessOptions, HtmlOptions {
  readonly files: string;
  readonly root: string;
  readonly platform: readonly Platform[];
  readonly spanSize?: number;
  readonly prefetchFilesJson?: string;
  readonly json: boolean;
}

const maximumMissingShown = 10;

export function addEstimateCommand(program: Command): void {
  const command = program
    .command('estimate')
    .argument(
      '<image>',
      'REGISTRY/REPO[:TAG][@DIGEST], oci:DIR[:TAG] or oci-archive:FILE[:TAG], with its SOCI index',
    )
    .description('estimate what a start fetches from an image, given the files that it opens')
    .addOption(
      new Option(
        '--files <list>',
        'the opened files, as printed by strace, fatrace, inotifywait or opensnoop, or one path per line; - is standard input',
      ).makeOptionMandatory(),
    )
    .option(
      '--root <directory>',
      "directory of the image's files in the list, if it was recorded outside the container",
      '/',
    )
    .addOption(platformOption('to estimate'))
    .addOption(
      new Option('--span-size <size>', 'compare with another span size (plain tar layers only)').argParser(
        parsePushedSpanSize,
      ),
    )
    .option(
      '--prefetch-files-json <file>',
      'write the files that were found in the image, for index --prefetch-files-json',
    );
  addHtmlOptions(addImageAccessOptions(command).addOption(jsonOption())).action(runEstimate);
  addExamples(
    command,
    [
      {
        purpose: 'estimate a start that was recorded with strace',
        line: 'soci-index estimate localhost:5000/app:v1-soci --files start.strace',
      },
      {
        purpose: 'also write the estimate as an HTML page',
        line: 'soci-index estimate localhost:5000/app:v1-soci --files start.strace --html report.html',
      },
      {
        purpose: 'index the image again, with these files to prefetch',
        line: 'soci-index estimate localhost:5000/app:v1-soci --files start.strace --prefetch-files-json files.json && soci-index index localhost:5000/app:v1 --prefetch-files-json files.json',
      },
    ],
    [
      'Reads manifests and zTOCs, but no layers. Each file counts as read completely, with one request for each span. Failed opens are ignored, and links are followed within the image.',
    ],
  );
}

async function runEstimate(name: string, options: EstimateOptions): Promise<void> {
  const output =
    options.prefetchFilesJson === undefined
      ? undefined
      : await openOutput(options.prefetchFilesJson, options.files, '--prefetch-files-json');
  const html = await openHtml(options, options.files);
  const { parseAccesses } = await import('../estimate/accesses.ts');
  const { reportEstimate } = await import('../estimate/estimate-report.ts');
  const { estimateStart } = await import('../estimate/estimate-start.ts');
  const { readIndexedImage } = await import('../image/indexed-image.ts');
  const { presentIndexesOf } = await import('../image/soci-indexes.ts');
  const accesses = parseAccesses(
    options.files === '-' ? await text(process.stdin) : await readFile(options.files, 'utf8'),
    options.root,
  );
  const image = await openImage(name, options);
  const wanted = options.platform.length > 0 ? options.platform : undefined;
  const found = await readIndexedImage(image.store, image.reference, wanted);
  if (found.kind !== 'image') {
    throw new Error(
      `${image.name}: expected an image with a SOCI index, found ${found.kind === 'none' ? found.reason : 'a SOCI index itself'}`,
    );
  }
  const platforms: PlatformEstimate[] = [];
  const files = new Set<string>();
  for (const platform of found.platforms) {
    const [index] = presentIndexesOf(platform);
    if (index === undefined) {
      process.stderr.write(`warning: ${formatPlatform(platform.platform)}: no SOCI index\n`);
      continue;
    }
    const estimate = await estimateStart(image.store, platform, index, accesses, options.spanSize);
    for (const file of estimate.files) files.add(file);
    platforms.push(
      reportEstimate(formatPlatform(platform.platform), index.digest, estimate, options.spanSize),
    );
  }
  if (platforms.length === 0) {
    throw new Error(`${image.name} has no SOCI index: build one with soci-index index`);
  }
  await output?.write(Buffer.from(`${JSON.stringify([...files], null, 2)}\n`));
  const report: EstimateReport = {
    image: image.name,
    digest: found.digest,
    listed: accesses.paths.length + accesses.relative.length,
    failed: accesses.failed,
    platforms,
  };
  if (html !== undefined) {
    const { writeHtmlReport } = await import('./html-report.ts');
    await writeHtmlReport(html, name, image, found, report);
  }
  process.stdout.write(options.json ? `${JSON.stringify(report)}\n` : describe(report, files.size, options));
}

function describe(
  { image, platforms, failed, listed }: EstimateReport,
  written: number,
  { prefetchFilesJson, spanSize }: EstimateOptions,
): string {
  const lines = [
    image,
    `  ${formatCount(listed, 'file')} opened, ${formatCount(failed, 'failed open')} ignored`,
  ];
  for (const one of platforms) lines.push('', ...describePlatform(one, spanSize));
  if (prefetchFilesJson !== undefined) {
    lines.push('', `${formatCount(written, 'file')} written to ${prefetchFilesJson}`);
  }
  return `${lines.join('\n')}\n`;
}

function describePlatform(one: PlatformEstimate, spanSize: number | undefined): readonly string[] {
  const { imageBytes, fetchedBytes, requests, wholeBytes, ztocBytes, neverFetchedBytes, missing } = one;
  const areAllIndexed = one.layers.every(({ spans }) => spans !== undefined);
  const lines = [
    `${one.platform}  ${formatBytes(imageBytes)} in ${formatCount(one.layers.length, 'layer')}`,
    printTable(
      ['layer', 'size', 'loads', 'spans', 'fetched', 'bytes'],
      one.layers.map(({ digest, size, spans, fetchedSpans = 0, fetchedBytes: bytes = 0 }) =>
        spans === undefined
          ? [shortDigest(digest), formatBytes(size), 'whole', '', '', formatBytes(size)]
          : [
              shortDigest(digest),
              formatBytes(size),
              'lazily',
              formatInteger(spans),
              formatInteger(fetchedSpans),
              formatBytes(bytes),
            ],
      ),
    ),
    `  before the start: ${formatBytes(wholeBytes)} of layers without a zTOC, ${formatBytes(ztocBytes)} of zTOCs`,
    `  during the start: ${formatBytes(fetchedBytes)} in ${formatCount(requests, 'request')}, for ${formatCount(one.files, 'file')}`,
    `  never fetched: ${formatBytes(neverFetchedBytes)}, ${formatShare(neverFetchedBytes, imageBytes)} of the image`,
  ];
  if (spanSize !== undefined) {
    const { compared } = one;
    lines.push(
      compared === undefined || compared === null
        ? '  another span size: cannot be predicted from the zTOCs of gzip layers; index the image with it and estimate again'
        : `  with spans of ${formatBytes(spanSize)}: ${formatBytes(compared.fetchedBytes)} in ${formatCount(compared.requests, 'request')}`,
    );
  }
  if (one.outside > 0)
    lines.push(`  ${formatCount(one.outside, 'file')} in /proc, /sys or /dev, outside the image`);
  if (one.unresolved.length > 0) {
    lines.push(
      `  ${formatCount(one.unresolved.length, 'relative name')} in an unknown directory: strace -y records the directory`,
    );
  }
  if (one.mayBeHidden > 0) {
    lines.push(`  ${formatCount(one.mayBeHidden, 'file')} may be hidden by a layer above that has no zTOC`);
  }
  if (missing.length > 0) {
    const whole = one.layers.flatMap(({ digest, spans }) =>
      spans === undefined ? [shortDigest(digest)] : [],
    );
    lines.push(
      `  ${formatCount(missing.length, 'file')} ${areAllIndexed ? 'not in the image' : `in no zTOC: not in the image, or in ${whole.join(', ')}`}`,
      ...missing.slice(0, maximumMissingShown).map((path) => `    ${quoteText(path)}`),
    );
    if (missing.length > maximumMissingShown) lines.push('    … (--json shows all)');
  }
  return lines;
}
