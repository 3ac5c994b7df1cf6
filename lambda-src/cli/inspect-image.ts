// soci-index inspect IMAGE: the SOCI indexes of an image, with what their zTOCs say.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { isContentError } from '../content/content-error.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { FormatError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform, loadsLazily } from '../core/oci/platform.ts';
import { escapeText, quoteText } from '../core/oci/quotation.ts';
import { isTag } from '../core/oci/reference.ts';
import {
  type ListedPrefetch,
  maximumPrefetchBytes,
  mergeRuns,
  parsePrefetchArtifact,
} from '../core/soci/prefetch.ts';
import { flatbufferMaximumBytes } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { type IndexedPlatform, readIndexedImage } from '../image/indexed-image.ts';
import { flawOf, type PresentIndex, presentIndexesOf } from '../image/soci-indexes.ts';
import { describeError } from './advice.ts';
import { findLargestFiles } from './largest-files.ts';
import { shortDigest } from '../terminal/layer-progress.ts';
import { type ImageAccessOptions, type OpenImage, openImage } from './open-image.ts';
import { formatBytes, formatCount, formatInteger, formatShare } from '../terminal/quantities.ts';
import { sumOf } from './sum-of.ts';
import { printTable } from '../terminal/table.ts';
import {
  defaultTagSuffix,
  sociPrefetchType,
  type SociIndexVersion,
  ztocMediaType,
} from '../core/soci-names.ts';

/** Files of all layers together. */
const maximumLargestFiles = 10;

/** What `inspect IMAGE --json` prints. Sizes are bytes. */
interface ImageReport {
  readonly image: string;
  readonly digest: Digest;
  readonly platforms: readonly PlatformReport[];
  readonly largestFiles: readonly FileReport[];
}

interface PlatformReport {
  readonly platform: string;
  /** Digest of the image's manifest. */
  readonly manifest: Digest;
  readonly layers: number;
  /** Of all layers. */
  readonly bytes: number;
  readonly indexes: readonly IndexReport[];
  /** Absent if none exist. */
  readonly missingIndexes?: readonly MissingIndexReport[];
}

interface IndexReport {
  readonly version: SociIndexVersion;
  readonly digest: Digest;
  readonly buildToolIdentifier?: string;
  /** Of the layers that have a zTOC. */
  readonly layers: readonly LayerReport[];
  /** Of the image's layers that have a zTOC. Absent where the index is looked at without its image. */
  readonly lazyBytes?: number;
  /** What a runtime should prefetch. Absent if the index has no prefetch artifacts. */
  readonly prefetch?: readonly PrefetchReport[];
}

interface PrefetchReport {
  readonly layer?: Digest;
  /** Of the artifact. */
  readonly digest: Digest;
  readonly size: number;
  /** How many. Absent if the artifact cannot be read: `problem` says why. */
  readonly spans?: number;
  /** First and last span. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly problem?: string;
}

interface LayerReport {
  readonly digest: Digest;
  /** Only digest and size if the zTOC is missing. */
  readonly ztoc: {
    readonly digest: Digest;
    readonly size: number;
    readonly spanSize?: number;
    readonly spans?: number;
    readonly files?: number;
  };
  /** Absent if the zTOC is missing: `problem` says so. */
  readonly compressedSize?: number;
  readonly uncompressedSize?: number;
  readonly problem?: string;
}

/** A SOCI index that the image names and that cannot be shown. */
interface MissingIndexReport {
  readonly version: SociIndexVersion;
  readonly digest: string;
  readonly problem: string;
}

interface FileReport {
  readonly name: string;
  readonly size: number;
  readonly layer: Digest;
}

/** The report on an image, or on a SOCI index that the name is of, as JSON or for a person. */
export async function inspectImage(
  name: string,
  options: ImageAccessOptions & { readonly json: boolean },
): Promise<string> {
  const image = await openImage(name, options);
  const found = await readIndexedImage(image.store, image.reference);
  if (found.kind === 'none') throw new Error(`${image.name}: there is nothing to inspect (${found.reason})`);
  const ztocs = new ZtocReader(image.store);
  if (found.kind === 'soci-index') {
    const report = await reportIndex(ztocs, found.index);
    const { largestFiles } = ztocs;
    return options.json
      ? `${JSON.stringify({ image: image.name, ...report, largestFiles })}\n`
      : `${[image.name, describeIndex(report), ...describeFiles(largestFiles)].join('\n')}\n`;
  }
  for (const { platform, v1 } of found.platforms) {
    if (v1.problem === undefined) continue;
    process.stderr.write(
      `warning: ${formatPlatform(platform)}: its referrers cannot be listed, so V1 indexes are not shown: ${v1.problem}\n`,
    );
  }
  const platforms: PlatformReport[] = [];
  for (const platform of found.platforms) platforms.push(await reportPlatform(ztocs, platform));
  const { largestFiles } = ztocs;
  const report: ImageReport = { image: image.name, digest: found.digest, platforms, largestFiles };
  return options.json
    ? `${JSON.stringify(report)}\n`
    : describeImage(report, found.platforms, await findSociTag(image, platforms));
}

/** Reads zTOCs, each once, and keeps of them only what is shown. */
class ZtocReader {
  readonly #store: ContentReader;

  readonly #reports = new Map<string, LayerReport>();
  readonly #files: FileReport[] = [];

  constructor(store: ContentReader) {
    this.#store = store;
  }

  /** Of all layers whose zTOCs have been read, each file of a layer once. */
  get largestFiles(): readonly FileReport[] {
    return this.#files;
  }

  async read({ layerDigest, ztoc }: PresentIndex['layers'][number]): Promise<LayerReport> {
    const key = `${layerDigest} ${ztoc.digest} ${ztoc.size}`;
    const known = this.#reports.get(key);
    if (known !== undefined) return known;
    const bytes = await this.#readBytes(ztoc);
    if (bytes === undefined) {
      const missing = { digest: layerDigest, ztoc, problem: `the zTOC ${ztoc.digest} is missing` };
      this.#reports.set(key, missing);
      return missing;
    }
    const { spans, spanDigests, contents, compressedSize, uncompressedSize } = decodeNaming(
      bytes,
      layerDigest,
    );
    const report: LayerReport = {
      digest: layerDigest,
      ztoc: { ...ztoc, spanSize: spans.spanSizeBytes, spans: spanDigests.length, files: contents.length },
      compressedSize,
      uncompressedSize,
    };
    this.#reports.set(key, report);
    // A second zTOC of a layer has the same files.
    if (!this.#files.some(({ layer }) => layer === layerDigest)) {
      const largest = findLargestFiles(contents, maximumLargestFiles);
      this.#files.push(...largest.map(({ name, size }) => ({ name, size, layer: layerDigest })));
      this.#files.sort((a, b) => b.size - a.size);
      this.#files.length = Math.min(this.#files.length, maximumLargestFiles);
    }
    return report;
  }

  async readPrefetch({ layerDigest, digest, size }: ListedPrefetch): Promise<PrefetchReport> {
    const report = { ...(layerDigest !== undefined && { layer: layerDigest }), digest, size };
    try {
      const target = { mediaType: sociPrefetchType, digest, size };
      const ranges = parsePrefetchArtifact(await readWholeBlob(this.#store, target, maximumPrefetchBytes));
      const spans = sumOf(mergeRuns(ranges), ({ start, end }) => end - start + 1);
      return { ...report, spans, ranges: ranges.map(({ start, end }) => [start, end] as const) };
    } catch (error) {
      if (!isContentError(error)) throw error;
      const problem = error instanceof NotFoundError ? 'it is missing' : describeError(error);
      return { ...report, problem };
    }
  }

  /** Undefined if it is missing. */
  async #readBytes(ztoc: PresentIndex['layers'][number]['ztoc']): Promise<Uint8Array | undefined> {
    try {
      return await readWholeBlob(this.#store, { mediaType: ztocMediaType, ...ztoc }, flatbufferMaximumBytes);
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }
}

/** Whether a layer loads lazily by its zTOC: it is there. */
function isLazy({ problem }: LayerReport): boolean {
  return problem === undefined;
}

function decodeNaming(bytes: Uint8Array, layer: Digest): ReturnType<typeof decodeZtoc> {
  try {
    return decodeZtoc(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const problem = `that of layer ${layer} is damaged, ${error.problem}: soci-index verify tells more`;
    throw new FormatError('ztoc', problem, error.offset);
  }
}

async function reportPlatform(ztocs: ZtocReader, found: IndexedPlatform): Promise<PlatformReport> {
  const { platform, entry, manifest } = found;
  const reports: IndexReport[] = [];
  for (const index of presentIndexesOf(found)) {
    const report = await reportIndex(ztocs, index);
    // A runtime fetches all zTOCs of an index first, and takes none of them if one is missing; and none outside Linux.
    const isUsable = loadsLazily(platform) && report.layers.every(isLazy);
    const covered = new Set(isUsable ? report.layers.map(({ digest }) => digest) : []);
    const lazyBytes = sumOf(
      manifest.layers.filter(({ digest }) => covered.has(digest)),
      ({ size }) => size,
    );
    reports.push({ ...report, lazyBytes });
  }
  return {
    platform: formatPlatform(platform),
    manifest: entry.digest,
    layers: manifest.layers.length,
    bytes: sumOf(manifest.layers, ({ size }) => size),
    indexes: reports,
    ...missingIndexesOf(found),
  };
}

/** What the image names as its SOCI indexes and does not have. */
function missingIndexesOf({ v2, v1 }: IndexedPlatform): Pick<PlatformReport, 'missingIndexes'> {
  const missing: MissingIndexReport[] = [];
  if (v2?.named !== undefined && v2.found?.kind !== 'present') {
    const problem = v2.found === undefined ? 'it is not a digest' : flawOf(v2.found);
    missing.push({ version: 'V2', digest: v2.named, problem });
  }
  for (const found of v1.listed) {
    if (found.kind !== 'present')
      missing.push({ version: 'V1', digest: found.digest, problem: flawOf(found) });
  }
  return missing.length === 0 ? {} : { missingIndexes: missing };
}

async function reportIndex(ztocs: ZtocReader, index: PresentIndex): Promise<IndexReport> {
  const layers: LayerReport[] = [];
  for (const layer of index.layers) layers.push(await ztocs.read(layer));
  const prefetch: PrefetchReport[] = [];
  for (const artifact of index.prefetch ?? []) prefetch.push(await ztocs.readPrefetch(artifact));
  const { version, digest, buildToolIdentifier } = index;
  return {
    version,
    digest,
    ...(buildToolIdentifier !== undefined && { buildToolIdentifier }),
    layers,
    ...(prefetch.length > 0 && { prefetch }),
  };
}

/** The tag of the SOCI image beside one without any index, where there is one. */
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
      lines.push(`  SOCI index ${version} ${escapeText(named)} is named by the image, but ${problem}`);
    }
    if (indexes.length > 0 && !loadsLazily(found[at]!.platform)) {
      lines.push('  nothing loads it lazily: that takes Linux');
    }
    for (const index of indexes) lines.push(describeIndex(index, found[at]));
  }
  lines.push(...describeFiles(largestFiles), ...adviseOnMissing(report, sociTag));
  return `${lines.join('\n')}\n`;
}

/** What to do where a platform has no index. */
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
      : [`  the tag ${sociTag} is there: with version 2 it is the one that is indexed, and to be deployed`]),
    `  soci-index index ${image}${options}`,
    '    builds what is missing',
    `  soci-index doctor ${image}`,
    '    says what of it could load lazily, and what not and why',
  ];
}

/** @param platform Whose index it is, with all the layers of its image; without it only those with a zTOC are shown. */
function describeIndex(index: IndexReport, platform?: IndexedPlatform): string {
  const { version, digest, buildToolIdentifier, layers, lazyBytes } = index;
  const byDigest = new Map(layers.map((layer) => [layer.digest, layer]));
  const all =
    platform?.manifest.layers ??
    layers.map((layer) => ({ digest: layer.digest, size: layer.compressedSize ?? 0 }));
  const foreign = layers.filter((layer) => !all.some((one) => one.digest === layer.digest));
  const bytes = sumOf(all, ({ size }) => size);
  const isUsable = (platform === undefined || loadsLazily(platform.platform)) && layers.every(isLazy);
  return [
    `  SOCI index ${version} ${digest}`,
    `  built by ${quoteText(buildToolIdentifier ?? 'unknown')}`,
    ...(foreign.length === 0
      ? []
      : [`  it has ${formatCount(foreign.length, 'zTOC')} of layers that the image does not have`]),
    printTable(
      ['layer', 'size', 'unpacked', 'loads', 'zTOC', 'spans', 'files'],
      [
        ...all.map((layer) => describeLayer(layer, byDigest.get(layer.digest), isUsable)),
        [
          'together',
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
