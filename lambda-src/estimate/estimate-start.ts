// Predicts what a container's start fetches, from the files that it opens and the zTOCs of the image's SOCI index.
import type { ContentReader } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { maximumConfigBytes, parseWorkingDirectory } from '../core/oci/image-config.ts';
import { mergeRuns, type SpanRun } from '../core/soci/prefetch.ts';
import { ztocMediaType } from '../core/soci-names.ts';
import { findSpan, locateSpan } from '../core/ztoc/span-reader.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import type { SpanIndex } from '../core/ztoc/ztoc.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import type { PresentIndex } from '../image/soci-indexes.ts';
import type { Accesses } from './accesses.ts';
import { type FileNode, LayeredFiles } from './layered-files.ts';

export interface LayerEstimate {
  readonly digest: Digest;
  /** Bytes as stored in the registry. */
  readonly size: number;
  /** Undefined for a layer without a zTOC, which is downloaded whole. */
  readonly lazy?: LazyEstimate;
}

export interface LazyEstimate {
  readonly ztocBytes: number;
  readonly spanSizeBytes: number;
  readonly spans: number;
  /** First and last span of each range that the start fetches. One request fetches one span. */
  readonly fetched: readonly SpanRun[];
  readonly requests: number;
  readonly fetchedBytes: number;
  /** With another span size; undefined if it cannot be predicted from the zTOC. */
  readonly compared?: { readonly requests: number; readonly fetchedBytes: number };
}

export interface StartEstimate {
  readonly layers: readonly LayerEstimate[];
  /** Cleaned paths of the files found, with links resolved, in the order of first use. */
  readonly files: readonly string[];
  /** How many of `files` may be hidden by an upper layer without a zTOC. */
  readonly mayBeHidden: number;
  /** Paths that are in no zTOC. */
  readonly missing: readonly string[];
  /** Relative names that are not in the image's working directory, so their directory is unknown. */
  readonly unresolved: readonly string[];
  /** Number of paths outside the image: in /proc, /sys and /dev. */
  readonly outside: number;
}

/** A runtime mounts other file systems there, which hide the image's files. */
const mounted = /^\/+(?:proc|sys|dev)(?:\/|$)/;

interface Layer {
  readonly digest: Digest;
  readonly size: number;
  readonly ztoc?: {
    readonly bytes: number;
    readonly spans: SpanIndex;
    readonly spanCount: number;
    readonly compressedSize: number;
  };
}

/**
 * @param otherSpanSizeBytes A span size to compare with.
 * @throws What the store and `decodeZtoc` throw, and NotFoundError for a missing zTOC.
 */
export async function estimateStart(
  store: ContentReader,
  { manifest }: PlatformImage,
  index: PresentIndex,
  { paths, relative }: Accesses,
  otherSpanSizeBytes?: number,
  signal?: AbortSignal,
): Promise<StartEstimate> {
  const tree = new LayeredFiles();
  const layers: Layer[] = [];
  for (const { digest, size } of manifest.layers) {
    const indexed = index.layers.find(({ layerDigest }) => layerDigest === digest);
    if (indexed === undefined) {
      tree.skipLayer();
      layers.push({ digest, size });
      continue;
    }
    const target = { mediaType: ztocMediaType, ...indexed.ztoc };
    const bytes = await readWholeBlob(store, target, indexed.ztoc.size, signal);
    const { contents, spans, spanDigests, compressedSize } = decodeZtoc(bytes);
    tree.addLayer(contents);
    layers.push({
      digest,
      size,
      ztoc: {
        bytes: bytes.length,
        spans: withoutWindows(spans),
        spanCount: spanDigests.length,
        compressedSize,
      },
    });
  }

  const config = await readWholeBlob(store, manifest.config, maximumConfigBytes, signal);
  const workingDirectory = parseWorkingDirectory(config);
  const unresolved: string[] = [];
  const files = new Map<string, FileNode>();
  const missing: string[] = [];
  let outside = 0;
  for (const path of paths) {
    if (mounted.test(path)) {
      outside++;
      continue;
    }
    const found = tree.find(path);
    for (const { path: real, file } of found) files.set(real, file);
    if (found.length === 0 && !tree.has(path)) missing.push(path);
  }
  for (const name of relative) {
    const found = tree.find(`${workingDirectory}/${name}`);
    for (const { path, file } of found) files.set(path, file);
    if (found.length === 0) unresolved.push(name);
  }
  const topmostWhole = layers.findLastIndex(({ ztoc }) => ztoc === undefined);
  return {
    layers: layers.map((layer, place) => {
      const own = [...files.values()].filter((file) => file.layer === place);
      return estimateLayer(layer, own, otherSpanSizeBytes);
    }),
    files: [...files.keys()],
    mayBeHidden: [...files.values()].filter(({ layer }) => layer < topmostWhole).length,
    missing,
    unresolved,
    outside,
  };
}

/** The windows of 32 KiB are not needed here, and would keep the whole zTOC in memory. */
function withoutWindows(spans: SpanIndex): SpanIndex {
  if (spans.compression === 'uncompressed') return spans;
  const window = new Uint8Array(0);
  return { ...spans, checkpoints: spans.checkpoints.map((checkpoint) => ({ ...checkpoint, window })) };
}

function estimateLayer(
  { digest, size, ztoc }: Layer,
  files: readonly FileNode[],
  otherSpanSizeBytes: number | undefined,
): LayerEstimate {
  if (ztoc === undefined) return { digest, size };
  const { spans, spanCount, compressedSize, bytes } = ztoc;
  const counted = count(spans, compressedSize, files);
  const compared =
    otherSpanSizeBytes !== undefined && canHaveSpansOf(spans, otherSpanSizeBytes)
      ? count({ ...spans, spanSizeBytes: otherSpanSizeBytes }, compressedSize, files)
      : undefined;
  return {
    digest,
    size,
    lazy: {
      ztocBytes: bytes,
      spanSizeBytes: spans.spanSizeBytes,
      spans: spanCount,
      ...counted,
      ...(compared !== undefined && {
        compared: { requests: compared.requests, fetchedBytes: compared.fetchedBytes },
      }),
    },
  };
}

/** Only the layer itself shows where gzip checkpoints of another span size would be. */
function canHaveSpansOf(spans: SpanIndex, spanSizeBytes: number): boolean {
  return spans.compression === 'uncompressed' || spans.spanSizeBytes === spanSizeBytes;
}

/** Counts each file as if it were read completely. */
function count(
  spans: SpanIndex,
  compressedSize: number,
  files: readonly FileNode[],
): Pick<LazyEstimate, 'fetched' | 'requests' | 'fetchedBytes'> {
  const fetched = mergeRuns(
    files.flatMap(({ uncompressedOffset, uncompressedSize }) => {
      if (uncompressedSize === 0n) return [];
      const last = uncompressedOffset + Number(uncompressedSize) - 1;
      return [{ start: findSpan({ spans }, uncompressedOffset), end: findSpan({ spans }, last) }];
    }),
  );
  let requests = 0;
  let fetchedBytes = 0;
  for (const { start, end } of fetched) {
    requests += end - start + 1;
    for (let span = start; span <= end; span++) {
      const range = locateSpan({ spans, compressedSize }, span);
      fetchedBytes += range.end - range.start;
    }
  }
  return { fetched, requests, fetchedBytes };
}
