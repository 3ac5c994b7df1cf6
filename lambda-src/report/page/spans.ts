// The spans of each layer as a strip that marks the spans fetched during the start and those to prefetch.
import type { PrefetchReport } from '../../inspector/image-report.ts';
import { formatBytes, formatCount, formatInteger } from '../../core/quantities.ts';
import type { ShownLayer, ShownPlatform } from './layers.ts';
import { element, legendElement, shape } from './elements.ts';

type Ranges = readonly (readonly [number, number])[];

/** A strip is about 1000 pixels wide, so narrower marks are widened to this share. */
const narrowestMark = 1 / 500;

/** @returns undefined if no layer has a zTOC. */
export function spansElement({ layers, index, estimate }: ShownPlatform): HTMLElement | undefined {
  const prefetch = new Map((index?.prefetch ?? []).map((artifact) => [artifact.layer, artifact]));
  const rows = layers.flatMap((layer) => stripRow(layer, prefetch.get(layer.digest)));
  if (rows.length === 0) return undefined;
  return element(
    'figure',
    { class: 'spans' },
    element('ul', { class: 'strips' }, ...rows),
    legendElement(
      ['lazy', 'fetched when a file in it is read'],
      estimate && ['fetched', 'fetched by the start'],
      prefetch.size > 0 ? ['prefetched', 'prefetched, if the snapshotter is configured for it'] : undefined,
    ),
  );
}

function stripRow(layer: ShownLayer, prefetch: PrefetchReport | undefined): readonly HTMLElement[] {
  const { spans, spanSize } = layer.indexed?.ztoc ?? {};
  if (spans === undefined || spanSize === undefined) return [];
  const { fetchedSpans, ranges = [] } = layer.estimate ?? {};
  const words = [
    `${formatCount(spans, 'span')} of ${formatBytes(spanSize)}`,
    ...(fetchedSpans === undefined ? [] : [`${formatInteger(fetchedSpans)} fetched`]),
    ...(prefetch?.spans === undefined ? [] : [`${formatInteger(prefetch.spans)} prefetched`]),
  ].join(', ');
  const strip = shape('svg', {
    class: 'strip',
    role: 'img',
    'aria-label': `${layer.name}: ${words}`,
    viewBox: `0 0 ${spans} 10`,
    preserveAspectRatio: 'none',
  });
  strip.append(
    shape('rect', { class: 'all', width: String(spans), height: '10' }),
    marks('fetched', ranges, spans, 0, 10),
    marks('prefetched', prefetch?.ranges ?? [], spans, 7, 3),
  );
  return [
    element(
      'li',
      {},
      element('span', { class: 'strip-name' }, layer.name),
      strip,
      element('small', {}, words),
    ),
  ];
}

function marks(kind: string, ranges: Ranges, spans: number, top: number, height: number): SVGElement {
  const d = ranges
    .map(([first, last]) => {
      const width = Math.max(last + 1 - first, spans * narrowestMark);
      return `M${Math.min(first, spans - width)} ${top}h${width}v${height}h-${width}z`;
    })
    .join('');
  return shape('path', { class: kind, d });
}
