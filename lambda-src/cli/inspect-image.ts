// soci-index inspect IMAGE: the SOCI indexes of an image, and what their zTOCs contain.
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform, loadsLazily } from '../core/oci/platform.ts';
import { escapeText, quoteText } from '../core/oci/quotation.ts';
import { isTag } from '../core/oci/reference.ts';
import { defaultTagSuffix } from '../core/soci-names.ts';
import { sumOf, sumSizes } from '../core/sum-of.ts';
import { type IndexedPlatform, readIndexedImage } from '../image/indexed-image.ts';
import {
  type FileReport,
  type ImageReport,
  type IndexReport,
  isLazy,
  type LayerReport,
  type PlatformReport,
  type PrefetchReport,
  reportImage,
  reportLoneIndex,
} from '../inspector/image-report.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { formatBytes, formatCount, formatInteger, formatShare } from '../core/quantities.ts';
import { printTable } from '../terminal/table.ts';
import { type HtmlOptions, openHtml } from './html-options.ts';
import { type ImageAccessOptions, type OpenImage, openImage } from './open-image.ts';

/** The report on an image or on a single SOCI index, as JSON or for people. */
export async function inspectImage(
  name: string,
  options: ImageAccessOptions & HtmlOptions & { readonly json: boolean },
): Promise<string> {
  const html = await openHtml(options);
  const image = await openImage(name, options);
  const found = await readIndexedImage(image.store, image.reference);
  if (found.kind === 'none') throw new Error(`${image.name}: there is nothing to inspect (${found.reason})`);
  if (found.kind === 'soci-index') {
    if (html !== undefined) throw new ConfigError(['--html needs an image, but this is a SOCI index']);
    const report = await reportLoneIndex(image.store, image.name, found.index);
    return options.json
      ? `${JSON.stringify(report)}\n`
      : `${[image.name, describeIndex(report), ...describeFiles(report.largestFiles)].join('\n')}\n`;
  }
  for (const { platform, v1 } of found.platforms) {
    if (v1.problem === undefined) continue;
    process.stderr.write(
      `warning: ${formatPlatform(platform)}: V1 indexes are not shown, because the referrers could not be listed: ${v1.problem}\n`,
    );
  }
  const report =
    html === undefined
      ? await reportImage(image.store, image.name, found)
      : await (await import('./html-report.ts')).writeHtmlReport(html, name, image, found);
  return options.json
    ? `${JSON.stringify(report)}\n`
    : describeImage(report, found.platforms, await findSociTag(image, report.platforms));
}

/** The tag of the SOCI image that belongs to an image without an index, if it exists. */
async function findSociTag(
  { store, tag }: OpenImage,
  platforms: readonly PlatformReport[],
): Promise<string | undefined> {
  const sociTag = `${tag ?? ''}${defaultTagSuffix}`;
  if (tag === undefined || !isTag(sociTag) || platforms.some(({ indexes }) => indexes.length > 0))
    return undefined;
  return (await store.resolve(sociTag)) === undefined ? undefined : sociTag;
}

function describeImage(
  report: ImageReport,
  found: readonly IndexedPlatform[],
  sociTag: string | undefined,
): string {
  const { image, digest, platforms, largestFiles } = report;
  const lines = [image, `  ${digest}`];
  for (const [
    at,
    { platform, manifest, layers, bytes, indexes, missingIndexes = [] },
  ] of platforms.entries()) {
    lines.push(
      '',
      `${platform}  manifest ${shortDigest(manifest)}, ${formatCount(layers, 'layer')}, ${formatBytes(bytes)}`,
    );
    if (indexes.length === 0)
      lines.push('  no SOCI index: all of it is downloaded before a container starts');
    for (const { version, digest: named, problem } of missingIndexes) {
      lines.push(`  the image refers to SOCI index ${version} ${escapeText(named)}, but ${problem}`);
    }
    if (indexes.length > 0 && !loadsLazily(found[at]!.platform)) {
      lines.push('  no runtime loads it lazily, because it is not a Linux image');
    }
    for (const index of indexes) lines.push(describeIndex(index, found[at]));
  }
  lines.push(...describeFiles(largestFiles), ...adviseOnMissing(report, sociTag));
  return `${lines.join('\n')}\n`;
}

/** Advice for a platform without an index. */
function adviseOnMissing({ image, platforms }: ImageReport, sociTag: string | undefined): readonly string[] {
  const missing = platforms.filter(({ indexes }) => indexes.length === 0);
  if (missing.length === 0) return [];
  const options =
    missing.length === platforms.length
      ? ''
      : missing.map(({ platform }) => ` --platform ${platform}`).join('');
  return [
    '',
    'Next',
    ...(sociTag === undefined
      ? []
      : [`  the tag ${sociTag} exists: with V2, it is the indexed image and the one to deploy`]),
    `  soci-index index ${image}${options}`,
    '    builds the missing indexes',
    `  soci-index doctor ${image}`,
    '    shows which layers could load lazily, and why the others could not',
  ];
}

/**
 * @param platform The index's platform, with all layers of its image; without it, only layers with a zTOC are shown.
 */
function describeIndex(index: IndexReport, platform?: IndexedPlatform): string {
  const { version, digest, buildToolIdentifier, layers, lazyBytes } = index;
  const byDigest = new Map(layers.map((layer) => [layer.digest, layer]));
  const all =
    platform?.manifest.layers ??
    layers.map((layer) => ({ digest: layer.digest, size: layer.compressedSize ?? 0 }));
  const foreign = layers.filter((layer) => !all.some((one) => one.digest === layer.digest));
  const bytes = sumSizes(all);
  const isUsable = (platform === undefined || loadsLazily(platform.platform)) && layers.every(isLazy);
  return [
    `  SOCI index ${version} ${digest}`,
    `  built by ${quoteText(buildToolIdentifier ?? 'unknown')}`,
    ...(foreign.length === 0
      ? []
      : [`  it has ${formatCount(foreign.length, 'zTOC')} of layers that are not in the image`]),
    printTable(
      ['layer', 'size', 'unpacked', 'loads', 'zTOC', 'spans', 'files'],
      [
        ...all.map((layer) => describeLayer(layer, byDigest.get(layer.digest), isUsable)),
        [
          'total',
          formatBytes(bytes),
          '',
          lazyBytes === undefined ? '' : `${formatShare(lazyBytes, bytes)} lazily`,
          formatBytes(sumOf(layers, ({ ztoc }) => ztoc.size)),
          formatInteger(sumOf(layers, ({ ztoc }) => ztoc.spans ?? 0)),
          formatInteger(sumOf(layers, ({ ztoc }) => ztoc.files ?? 0)),
        ],
      ],
    ),
    ...(index.prefetch ?? []).map(describePrefetch),
  ].join('\n');
}

function describePrefetch({ layer, digest, spans, problem }: PrefetchReport): string {
  const place = layer === undefined ? 'of no layer' : `of ${shortDigest(layer)}`;
  return problem === undefined
    ? `  prefetch ${formatCount(spans ?? 0, 'span')} ${place}`
    : `  prefetch artifact ${shortDigest(digest)} ${place}: ${problem}`;
}

function describeLayer(
  { digest, size }: { readonly digest: Digest; readonly size: number },
  report: LayerReport | undefined,
  isUsable: boolean,
): readonly string[] {
  const name = shortDigest(digest);
  if (report === undefined) return [name, formatBytes(size), '', 'whole', '', '', ''];
  const { ztoc, uncompressedSize } = report;
  return [
    name,
    formatBytes(size),
    uncompressedSize === undefined ? '' : formatBytes(uncompressedSize),
    isUsable ? 'lazily' : 'whole',
    report.problem === undefined ? formatBytes(ztoc.size) : 'missing',
    ztoc.spans === undefined ? '' : formatInteger(ztoc.spans),
    ztoc.files === undefined ? '' : formatInteger(ztoc.files),
  ];
}

function describeFiles(files: readonly FileReport[]): readonly string[] {
  if (files.length === 0) return [];
  const rows = files.map(({ name, size, layer }) => [formatBytes(size), shortDigest(layer), name]);
  return ['', 'Largest files', printTable(['size', 'layer', 'name'], rows)];
}
