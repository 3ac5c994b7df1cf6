// The data of the page: the JSON results of inspect, doctor, estimate and verify for one image, and the contents of its
// layers.
import type { Digest } from '../core/oci/descriptor.ts';
import type { Diagnosis } from '../doctor/diagnosis.ts';
import type { EstimatedLayer, EstimateReport, PlatformEstimate } from '../estimate/estimate-report.ts';
import type { ImageReport, IndexReport, PrefetchReport } from '../inspector/image-report.ts';
import { type DirectoryTree, listLargestPaths, type SizedPath } from './directory-tree.ts';
import type { Proof } from './proof.ts';

export interface ReportData {
  /** Version of soci-index. */
  readonly programVersion: string;
  readonly image: ImageReport;
  readonly diagnosis: Diagnosis;
  /** The estimate of a start, if there is one. */
  readonly estimate?: ShownEstimate;
  readonly proof?: Proof;
  /** The contents of each layer with a zTOC, by the layer's digest. */
  readonly contents: Readonly<Record<Digest, SizedPath>>;
}

export interface ShownEstimate extends Omit<EstimateReport, 'platforms'> {
  readonly platforms: readonly ShownPlatformEstimate[];
}

/** An estimate in which long lists of paths are shortened. */
export interface ShownPlatformEstimate extends PlatformEstimate {
  readonly missingCount: number;
  readonly unresolvedCount: number;
}

/** Keeps a page below 2 MB. */
const maximumContentsBytes = 1_200_000;
/** More ranges of spans than a strip can show. */
const maximumRanges = 1000;
/** More paths than anybody would read. */
const maximumPaths = 100;

/** @param trees The trees of layers with a zTOC. */
export function makeReportData(
  parts: Omit<ReportData, 'contents' | 'estimate'> & { readonly estimate?: EstimateReport },
  trees: ReadonlyMap<Digest, DirectoryTree>,
): ReportData {
  const { estimate, ...rest } = parts;
  const { image } = rest;
  const paths = listLargestPaths([...trees.values()], maximumContentsBytes);
  return {
    ...rest,
    image: {
      ...image,
      platforms: image.platforms.map((platform) => ({
        ...platform,
        indexes: platform.indexes.map(shortenIndex),
      })),
    },
    ...(estimate && { estimate: { ...estimate, platforms: estimate.platforms.map(shortenEstimate) } }),
    contents: Object.fromEntries([...trees.keys()].map((digest, place) => [digest, paths[place]!])),
  };
}

function shortenIndex(index: IndexReport): IndexReport {
  return index.prefetch === undefined ? index : { ...index, prefetch: index.prefetch.map(shortenPrefetch) };
}

function shortenPrefetch(prefetch: PrefetchReport): PrefetchReport {
  return prefetch.ranges === undefined ? prefetch : { ...prefetch, ranges: thinRanges(prefetch.ranges) };
}

function shortenEstimate(platform: PlatformEstimate): ShownPlatformEstimate {
  const { layers, missing, unresolved } = platform;
  return {
    ...platform,
    missing: missing.slice(0, maximumPaths),
    missingCount: missing.length,
    unresolvedCount: unresolved.length,
    unresolved: unresolved.slice(0, maximumPaths),
    layers: layers.map((layer): EstimatedLayer =>
      layer.ranges === undefined ? layer : { ...layer, ranges: thinRanges(layer.ranges) },
    ),
  };
}

type Ranges = readonly (readonly [number, number])[];

/** Reduces ranges to what a strip can show, by joining neighbours. */
function thinRanges(ranges: Ranges): Ranges {
  if (ranges.length <= maximumRanges) return ranges;
  const end = ranges.at(-1)![1] + 1;
  const cell = (span: number) => Math.floor((span * maximumRanges) / end);
  const thinned: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = thinned.at(-1);
    if (before !== undefined && cell(before[1]) === cell(first)) before[1] = Math.max(before[1], last);
    else thinned.push([first, last]);
  }
  return thinned;
}
