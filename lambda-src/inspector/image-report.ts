// What the SOCI indexes of an image contain: sizes, spans and files of its layers. Reads manifests and zTOCs, but no
// layers.
import { isContentError } from '../content/content-error.ts';
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { FormatError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform, loadsLazily } from '../core/oci/platform.ts';
import {
  type ListedPrefetch,
  maximumPrefetchBytes,
  mergeRuns,
  parsePrefetchArtifact,
} from '../core/soci/prefetch.ts';
import { sociPrefetchType, type SociIndexVersion, ztocMediaType } from '../core/soci-names.ts';
import { sumOf, sumSizes } from '../core/sum-of.ts';
import type { PackedEntries } from '../core/tar/packed-entries.ts';
import { flatbufferMaximumBytes } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import type { IndexedImage, IndexedPlatform } from '../image/indexed-image.ts';
import { flawOf, type PresentIndex, presentIndexesOf } from '../image/soci-indexes.ts';
import { findLargestFiles } from './largest-files.ts';

/** Files listed for all layers together. */
const maximumLargestFiles = 10;

/** What `inspect IMAGE --json` prints. Sizes are bytes. */
export interface ImageReport {
  readonly image: string;
  readonly digest: Digest;
  readonly platforms: readonly PlatformReport[];
  readonly largestFiles: readonly FileReport[];
}

export interface PlatformReport {
  readonly platform: string;
  /** Digest of the image's manifest. */
  readonly manifest: Digest;
  readonly layers: number;
  /** Of all layers in total. */
  readonly bytes: number;
  readonly indexes: readonly IndexReport[];
  /** Absent if none exist. */
  readonly missingIndexes?: readonly MissingIndexReport[];
}

export interface IndexReport {
  readonly version: SociIndexVersion;
  readonly digest: Digest;
  readonly buildToolIdentifier?: string;
  /** Layers with a zTOC. */
  readonly layers: readonly LayerReport[];
  /** Bytes of the image's layers with a zTOC. Absent if the index is inspected without its image. */
  readonly lazyBytes?: number;
  /** Spans to prefetch. Absent if the index has no prefetch artifacts. */
  readonly prefetch?: readonly PrefetchReport[];
}

export interface PrefetchReport {
  readonly layer?: Digest;
  /** Digest of the prefetch artifact. */
  readonly digest: Digest;
  readonly size: number;
  /** Number of spans. Absent if the artifact cannot be read; `problem` says why. */
  readonly spans?: number;
  /** First and last span. */
  readonly ranges?: readonly (readonly [number, number])[];
  readonly problem?: string;
}

export interface LayerReport {
  readonly digest: Digest;
  /** Only digest and size if the zTOC is missing. */
  readonly ztoc: {
    readonly digest: Digest;
    readonly size: number;
    readonly spanSize?: number;
    readonly spans?: number;
    readonly files?: number;
  };
  /** Absent if the zTOC is missing; `problem` then says so. */
  readonly compressedSize?: number;
  readonly uncompressedSize?: number;
  readonly problem?: string;
}

/** A SOCI index that the image names, but that cannot be shown. */
interface MissingIndexReport {
  readonly version: SociIndexVersion;
  readonly digest: string;
  readonly problem: string;
}

export interface FileReport {
  readonly name: string;
  readonly size: number;
  readonly layer: Digest;
}

/** Called with the table of contents of each layer that has a zTOC, once per layer. */
export type OnContents = (layer: Digest, contents: PackedEntries) => void;

/** What `inspect --json` prints for a reference to a SOCI index itself. */
export interface LoneIndexReport extends IndexReport {
  readonly image: string;
  readonly largestFiles: readonly FileReport[];
}

/** @throws FormatError if a zTOC is damaged; what the store throws, unless something is missing. */
export async function reportImage(
  store: ContentReader,
  name: string,
  { digest, platforms: found }: Extract<IndexedImage, { kind: 'image' }>,
  onContents?: OnContents,
): Promise<ImageReport> {
  const ztocs = new ZtocReader(store, onContents);
  const platforms: PlatformReport[] = [];
  for (const platform of found) platforms.push(await reportPlatform(ztocs, platform));
  return { image: name, digest, platforms, largestFiles: ztocs.largestFiles };
}

/** @throws As `reportImage`. */
export async function reportLoneIndex(
  store: ContentReader,
  name: string,
  index: PresentIndex,
): Promise<LoneIndexReport> {
  const ztocs = new ZtocReader(store, undefined);
  const report = await reportIndex(ztocs, index);
  return { image: name, ...report, largestFiles: ztocs.largestFiles };
}

/** Whether the layer's zTOC exists, so that it can be lazy-loaded. */
export function isLazy({ problem }: LayerReport): boolean {
  return problem === undefined;
}

/** Reads each zTOC once, and keeps only what is shown. */
class ZtocReader {
  readonly #store: ContentReader;
  readonly #onContents: OnContents | undefined;

  readonly #reports = new Map<string, LayerReport>();
  readonly #files: FileReport[] = [];
  readonly #layers = new Set<Digest>();

  constructor(store: ContentReader, onContents: OnContents | undefined) {
    this.#store = store;
    this.#onContents = onContents;
  }

  /** Largest files of all layers read so far; each layer counts once. */
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
    if (!this.#layers.has(layerDigest)) {
      this.#layers.add(layerDigest);
      this.#onContents?.(layerDigest, contents);
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
      const problem = error instanceof NotFoundError ? 'it is missing' : error.message;
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

function decodeNaming(bytes: Uint8Array, layer: Digest): ReturnType<typeof decodeZtoc> {
  try {
    return decodeZtoc(bytes);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const problem = `the zTOC of layer ${layer} is damaged (soci-index verify shows details): ${error.problem}`;
    throw new FormatError('ztoc', problem, error.offset);
  }
}

async function reportPlatform(ztocs: ZtocReader, found: IndexedPlatform): Promise<PlatformReport> {
  const { platform, entry, manifest } = found;
  const reports: IndexReport[] = [];
  for (const index of presentIndexesOf(found)) {
    const report = await reportIndex(ztocs, index);
    // A runtime fetches all zTOCs of an index first, and uses none of them if one is missing. Only Linux images are
    // lazy-loaded.
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
    bytes: sumSizes(manifest.layers),
    indexes: reports,
    ...missingIndexesOf(found),
  };
}

/** SOCI indexes that the image names, but that are not present. */
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
