// The layers of one platform: drawn to scale, and as a table with all numbers.
import type { Digest } from '../../core/oci/descriptor.ts';
import type { LayerDiagnosis, PlatformDiagnosis } from '../../doctor/diagnosis.ts';
import type { EstimatedLayer } from '../../estimate/estimate-report.ts';
import type { IndexReport, LayerReport } from '../../inspector/image-report.ts';
import { formatBytes, formatCount, formatShare } from '../../core/quantities.ts';
import { sumOf, sumSizes } from '../../core/sum-of.ts';
import type { ReportData, ShownPlatformEstimate } from '../report-data.ts';
import { type Block, blockOf } from './blocks.ts';
import {
  bytesElement,
  type Child,
  countElement,
  digestElement,
  element,
  legendElement,
  tableElement,
} from './elements.ts';

/** One layer, with everything known about it. */
export interface ShownLayer {
  /** `Layer 1` is the bottom layer. */
  readonly name: string;
  readonly digest: Digest;
  /** Stored bytes. */
  readonly size: number;
  readonly loads: LayerDiagnosis['status'];
  /** Why it is downloaded whole. */
  readonly reason?: string;
  /** Its zTOC in the SOCI index that a runtime would use. */
  readonly indexed?: LayerReport;
  readonly estimate?: EstimatedLayer;
}

export interface ShownPlatform {
  readonly platform: string;
  readonly diagnosis: PlatformDiagnosis;
  readonly index?: IndexReport;
  readonly estimate?: ShownPlatformEstimate;
  readonly layers: readonly ShownLayer[];
}

export function shownPlatforms({ image, diagnosis, estimate }: ReportData): readonly ShownPlatform[] {
  return diagnosis.platforms.map((diagnosed): ShownPlatform => {
    const { platform, layers } = diagnosed;
    const indexes = image.platforms.find((one) => one.platform === platform)?.indexes ?? [];
    const index = indexes.find(({ digest }) => digest === diagnosed.index?.digest) ?? indexes[0];
    const estimated = estimate?.platforms.find((one) => one.platform === platform);
    return {
      platform,
      diagnosis: diagnosed,
      ...(index && { index }),
      ...(estimated && { estimate: estimated }),
      layers: layers.map(({ digest, size, status, reason }, place): ShownLayer => {
        const indexed = index?.layers.find((layer) => layer.digest === digest);
        const ofStart = estimated?.layers[place];
        const why = reason?.replaceAll('-', ' ');
        return {
          name: `Layer ${place + 1}`,
          digest,
          size,
          loads: status,
          ...(why !== undefined && { reason: why }),
          ...(indexed && { indexed }),
          ...(ofStart && { estimate: ofStart }),
        };
      }),
    };
  });
}

/** The layers as blocks of the treemap. */
export function imageBlock({ layers }: ShownPlatform, contents: ReportData['contents']): Block {
  const children = layers.map(({ name, digest, size }): Block => {
    const path = contents[digest];
    const inside = path && blockOf(path);
    return {
      kind: 'layer',
      name,
      bytes: size,
      ...(inside?.files !== undefined && { files: inside.files }),
      ...(inside?.children && { children: inside.children }),
    };
  });
  const bytes = sumSizes(layers);
  return { kind: 'image', name: 'Image', bytes, children: children.sort((a, b) => b.bytes - a.bytes) };
}

export function loadsWords({ loads }: ShownLayer): string {
  switch (loads) {
    case 'lazy':
      return 'lazily';
    case 'indexable':
      return 'whole, until it is indexed';
    case 'skipped':
      return 'whole';
  }
}

/** All layers in one bar, each as wide as its share, with the part that the start fetches. */
export function barElement({ platform, diagnosis, estimate, layers }: ShownPlatform): HTMLElement {
  const { bytes, lazyBytes } = diagnosis;
  const start =
    estimate === undefined ? '' : `; a start fetches ${formatBytes(estimate.fetchedBytes)} of these`;
  const summary = `${platform}: ${formatBytes(bytes)} in ${formatCount(layers.length, 'layer')}, of which ${formatShare(lazyBytes, bytes)} load lazily${start}`;
  const bar = element('div', { class: 'bar', role: 'img', 'aria-label': summary });
  for (const layer of layers) {
    const isLazy = layer.loads === 'lazy';
    const segment = element('span', { class: isLazy ? 'segment lazy' : 'segment whole' });
    segment.title = `${layer.name}, ${formatBytes(layer.size)}, loads ${loadsWords(layer)}`;
    segment.style.flexGrow = String(layer.size);
    if (isLazy && layer.estimate?.fetchedBytes !== undefined) {
      const fetched = element('span', { class: 'fetched' });
      fetched.style.width = `${(100 * layer.estimate.fetchedBytes) / Math.max(1, layer.size)}%`;
      segment.append(fetched);
    }
    bar.append(segment);
  }
  return element(
    'figure',
    { class: 'scale' },
    bar,
    legendElement(
      ['lazy', 'loads lazily'],
      ['whole', 'downloaded whole'],
      estimate && ['fetched', 'fetched by the start'],
    ),
  );
}

export function layersTable({ platform, estimate, layers, diagnosis, index }: ShownPlatform): HTMLElement {
  const total = (amountOf: (layer: ShownLayer) => number | undefined) =>
    sumOf(layers, (layer) => amountOf(layer) ?? 0);
  const head = ['Layer', 'Digest', 'Size', 'Unpacked', 'Loads', 'zTOC', 'Spans', 'Files'];
  const rows = layers.map((layer): readonly Child[] => {
    const { name, digest, size, reason, indexed } = layer;
    const ztoc = indexed?.problem === undefined ? indexed?.ztoc : undefined;
    return [
      name,
      digestElement(digest),
      bytesElement(size),
      bytes(indexed?.uncompressedSize),
      reason === undefined ? loadsWords(layer) : `${loadsWords(layer)}: ${reason}`,
      ztoc === undefined ? indexed?.problem && 'missing' : bytesElement(ztoc.size),
      count(ztoc?.spans),
      count(ztoc?.files),
      ...(estimate === undefined
        ? []
        : [count(layer.estimate?.fetchedSpans), bytes(layer.estimate?.fetchedBytes)]),
    ];
  });
  const foot: readonly Child[] = [
    'Total',
    '',
    bytesElement(diagnosis.bytes),
    '',
    `${formatShare(diagnosis.lazyBytes, diagnosis.bytes)} lazily`,
    index && bytesElement(total(({ indexed }) => indexed?.ztoc.size)),
    index && countElement(total(({ indexed }) => indexed?.ztoc.spans)),
    index && countElement(total(({ indexed }) => indexed?.ztoc.files)),
    ...(estimate === undefined ? [] : [countElement(estimate.requests), bytesElement(estimate.fetchedBytes)]),
  ];
  const startHead = estimate === undefined ? [] : ['Spans fetched', 'Fetched'];
  return tableElement(`Layers of ${platform}`, [...head, ...startHead], rows, foot);
}

function bytes(amount: number | undefined): Child {
  return amount === undefined ? undefined : bytesElement(amount);
}

function count(amount: number | undefined): Child {
  return amount === undefined ? undefined : countElement(amount);
}
