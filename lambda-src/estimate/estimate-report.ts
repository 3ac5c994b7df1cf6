// The estimate of a start, as JSON.
import type { Digest } from '../core/oci/descriptor.ts';
import { sumOf, sumSizes } from '../core/sum-of.ts';
import type { LayerEstimate, StartEstimate } from './estimate-start.ts';

/** What `estimate --json` prints. Sizes are bytes. */
export interface EstimateReport {
  readonly image: string;
  readonly digest: Digest;
  /** Number of different files in the list, and of failed opens. */
  readonly listed: number;
  readonly failed: number;
  readonly platforms: readonly PlatformEstimate[];
}

export interface PlatformEstimate {
  readonly platform: string;
  readonly sociIndex: Digest;
  readonly imageBytes: number;
  /** Fetched before the container starts: layers without a zTOC, and the zTOCs of the others. */
  readonly wholeBytes: number;
  readonly ztocBytes: number;
  /** Fetched for the files that the start opens. */
  readonly fetchedBytes: number;
  readonly requests: number;
  readonly neverFetchedBytes: number;
  readonly files: number;
  readonly missing: readonly string[];
  /** Relative names without a known directory. */
  readonly unresolved: readonly string[];
  readonly mayBeHidden: number;
  readonly outside: number;
  /** With --span-size; null if it cannot be predicted from a zTOC. */
  readonly compared?: {
    readonly spanSize: number;
    readonly fetchedBytes: number;
    readonly requests: number;
  } | null;
  readonly layers: readonly EstimatedLayer[];
}

export interface EstimatedLayer {
  readonly digest: Digest;
  readonly size: number;
  /** Absent for a layer without a zTOC. */
  readonly spans?: number;
  readonly spanSize?: number;
  readonly ztocSize?: number;
  readonly fetchedSpans?: number;
  readonly fetchedBytes?: number;
  /** First and last span of each range. */
  readonly ranges?: readonly (readonly [number, number])[];
}

/** @param otherSpanSizeBytes The span size to compare with, if any. */
export function reportEstimate(
  platform: string,
  sociIndex: Digest,
  estimate: StartEstimate,
  otherSpanSizeBytes: number | undefined,
): PlatformEstimate {
  const { layers, files, missing, unresolved, mayBeHidden, outside } = estimate;
  const imageBytes = sumSizes(layers);
  const wholeBytes = sumOf(layers, ({ size, lazy }) => (lazy === undefined ? size : 0));
  const fetchedBytes = sumOf(layers, ({ lazy }) => lazy?.fetchedBytes ?? 0);
  return {
    platform,
    sociIndex,
    imageBytes,
    wholeBytes,
    ztocBytes: sumOf(layers, ({ lazy }) => lazy?.ztocBytes ?? 0),
    fetchedBytes,
    requests: sumOf(layers, ({ lazy }) => lazy?.requests ?? 0),
    neverFetchedBytes: Math.max(0, imageBytes - wholeBytes - fetchedBytes),
    files: files.length,
    missing,
    unresolved,
    mayBeHidden,
    outside,
    ...(otherSpanSizeBytes !== undefined && { compared: compare(layers, otherSpanSizeBytes) }),
    layers: layers.map(reportLayer),
  };
}

function compare(
  layers: readonly LayerEstimate[],
  spanSize: number,
): NonNullable<PlatformEstimate['compared']> | null {
  const lazy = layers.flatMap((layer) => layer.lazy ?? []);
  if (lazy.some(({ compared }) => compared === undefined)) return null;
  return {
    spanSize,
    fetchedBytes: sumOf(lazy, ({ compared }) => compared!.fetchedBytes),
    requests: sumOf(lazy, ({ compared }) => compared!.requests),
  };
}

function reportLayer({ digest, size, lazy }: LayerEstimate): EstimatedLayer {
  if (lazy === undefined) return { digest, size };
  return {
    digest,
    size,
    spans: lazy.spans,
    spanSize: lazy.spanSizeBytes,
    ztocSize: lazy.ztocBytes,
    fetchedSpans: lazy.requests,
    fetchedBytes: lazy.fetchedBytes,
    ranges: lazy.fetched.map(({ start, end }) => [start, end] as const),
  };
}
