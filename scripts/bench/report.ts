// Formats measurements as Markdown tables, and inserts them into a document.
import { cpus } from 'node:os';
import type { BarGroup } from './chart.ts';
import { findBalancedMemory, type MeasuredWork, modelLambdaCost } from './cost-model.ts';
import { oursName } from './contestants.ts';
import type { LayerComparison } from './layer-comparison.ts';
import type { Measurement } from './measured-command.ts';
import type { FlowComparison, Reindexing } from './whole-flow.ts';

/** Tables by the names of their markers. */
export type Sections = Readonly<Record<string, string>>;

/** Approximate rate of a function in the same region as its registry. */
const assumedNetworkMegabytesPerSecond = 70;
const memorySettings = [512, 769, 1024, 1280, 1769, 3008];
/** The generator function of the CloudFormation solution. */
const referenceMemoryMegabytes = 1024;

const gib = 1024 ** 3;

export function describeMachine(chunkKibibytes: number): string {
  const models = cpus();
  return (
    `Node ${process.version} on ${process.platform} ${process.arch}, ${models.length} processors ` +
    `(${models[0]?.model.trim() ?? 'unknown'}). Node's gunzip is fastest here with chunks of ${chunkKibibytes} KiB.`
  );
}

function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const rule = header.map((_, column) => (column === 0 ? '---' : '---:'));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

function formatMegabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

/** The table for one layer: the time and memory of each contestant. */
export function renderLayer({ layer, rounds, medians }: LayerComparison): string {
  const ours = medians.find(({ contestant }) => contestant.name === oursName)!.median;
  const rows = medians.map(({ contestant, median }) => [
    contestant.name,
    contestant.makes,
    median.cpuSeconds.toFixed(2),
    median.wallSeconds.toFixed(2),
    median.peakMemoryMebibytes?.toFixed(0) ?? '',
    (median.cpuSeconds / ours.cpuSeconds).toFixed(2),
    (median.wallSeconds / ours.wallSeconds).toFixed(2),
  ]);
  const header = ['', 'produces', 'CPU s', 'wall s', 'peak MiB', 'CPU / ours', 'wall / ours'];
  return [
    `A mixed layer of ${formatMegabytes(layer.compressedBytes)} (tar: ${formatMegabytes(layer.tarBytes)}); medians of ${rounds} rounds.`,
    '',
    renderTable(header, rows),
  ].join('\n');
}

/** The table for many layers: CPU and wall seconds of each contestant. */
export function renderLayers(comparisons: readonly LayerComparison[]): string {
  const names = comparisons[0]!.medians.map(({ contestant }) => contestant.name);
  const rows = comparisons.map(({ layer, medians }) => [
    layer.name,
    `${formatMegabytes(layer.compressedBytes)} / ${formatMegabytes(layer.tarBytes)}`,
    ...medians.map(({ median }) => `${median.cpuSeconds.toFixed(2)} / ${median.wallSeconds.toFixed(2)}`),
  ]);
  return renderTable(['layer', 'gzip / tar', ...names], rows);
}

/** The table for whole flows. */
export function renderFlows(flows: readonly FlowComparison[]): string {
  const wall = (measurement: Measurement | undefined) => measurement?.wallSeconds.toFixed(2) ?? '';
  const rows = flows.map((flow) => [
    flow.title,
    formatMegabytes(flow.compressedBytes),
    `${flow.ours.wallSeconds.toFixed(2)} (CPU ${flow.ours.cpuSeconds.toFixed(2)})`,
    flow.ours.peakMemoryMebibytes?.toFixed(0) ?? '',
    wall(flow.download),
    wall(flow.inflate),
    flow.toSlower.toFixed(2),
    wall(flow.oursOnOneProcessor),
    wall(flow.reference),
    flow.reference === undefined ? '' : (flow.reference.wallSeconds / flow.ours.wallSeconds).toFixed(1),
  ]);
  const header = [
    'image',
    'layers',
    '`soci-index index`, wall s',
    'peak MiB',
    'download and SHA-256',
    'inflate (Node)',
    'ours / slower of both',
    'ours on one processor',
    'skopeo, soci, skopeo',
    'reference / ours',
  ];
  return renderTable(header, rows);
}

export function renderReindexing({ first, second, changedLayerBytes }: Reindexing): string {
  const row = (title: string, { layerBytes, ztocBytes }: Reindexing['first']) => [
    title,
    formatMegabytes(layerBytes),
    formatMegabytes(ztocBytes),
  ];
  return [
    `The changed layer has ${formatMegabytes(changedLayerBytes)}.`,
    '',
    renderTable(
      ['', 'layer bytes read', 'zTOC and config bytes read'],
      [row('the first image', first), row('the same image with a different top layer', second)],
    ),
  ].join('\n');
}

function workOf(measurement: Measurement, bytes: number, overlapsDownload: boolean): MeasuredWork {
  return {
    cpuSecondsPerGib: (measurement.cpuSeconds / bytes) * gib,
    parallelism: Math.max(1, measurement.cpuSeconds / measurement.wallSeconds),
    overlapsDownload,
  };
}

/** Results of the cost model for whole flows. */
export function renderCost(flows: readonly FlowComparison[]): string {
  const works = flows.map((flow) => ({ flow, ours: workOf(flow.ours, flow.compressedBytes, true) }));
  const cells = (work: MeasuredWork, memoryMegabytes: number) => {
    const setting = { memoryMegabytes, networkMegabytesPerSecond: assumedNetworkMegabytesPerSecond };
    const { secondsPerGib, gbSecondsPerGib } = modelLambdaCost(work, setting);
    return [secondsPerGib.toFixed(1), gbSecondsPerGib.toFixed(1)];
  };
  const rows = memorySettings.map((memory) => [
    `ours, ${memory} MB`,
    ...works.flatMap(({ ours }) => cells(ours, memory)),
  ]);
  if (flows.every(({ reference }) => reference !== undefined)) {
    rows.push([
      `the reference's steps, ${referenceMemoryMegabytes} MB`,
      ...flows.flatMap(({ reference, compressedBytes }) =>
        cells(workOf(reference!, compressedBytes, false), referenceMemoryMegabytes),
      ),
    ]);
  }
  const header = flows.flatMap(({ title }) => [`${title}: s per GiB`, 'GB-s per GiB']);
  const inputs = works.map(({ flow, ours }) => {
    const balanced = findBalancedMemory(ours, assumedNetworkMegabytesPerSecond);
    return (
      `${flow.title}: ${ours.cpuSecondsPerGib.toFixed(1)} CPU seconds per GiB, ` +
      `${ours.parallelism.toFixed(2)} processors busy, balanced at ${balanced.toFixed(0)} MB`
    );
  });
  return [
    `Network ${assumedNetworkMegabytesPerSecond} MB/s (assumed). Measured: ${inputs.join('; ')}.`,
    '',
    renderTable(['', ...header], rows),
  ].join('\n');
}

export function chartGroups(large: LayerComparison, flows: readonly FlowComparison[]): readonly BarGroup[] {
  const bars = (value: (measurement: Measurement) => number) =>
    large.medians.map(({ contestant, median }) => ({
      label: contestant.name,
      value: value(median),
      ours: contestant.name === oursName,
    }));
  const gigabytes = (large.layer.tarBytes / 1e9).toFixed(1);
  return [
    {
      title: `A layer of ${gigabytes} GB: wall time`,
      unit: 's',
      bars: bars(({ wallSeconds }) => wallSeconds),
    },
    { title: `A layer of ${gigabytes} GB: CPU time`, unit: 's', bars: bars(({ cpuSeconds }) => cpuSeconds) },
    ...flows.map(({ title, ours, download, inflate, reference }) => ({
      title: `From registry to index, ${title}: wall time`,
      unit: 's',
      bars: [
        { label: 'soci-index index', value: ours.wallSeconds, ours: true },
        { label: 'only download and SHA-256', value: download.wallSeconds, ours: false },
        { label: 'only inflate (Node)', value: inflate.wallSeconds, ours: false },
        ...(reference === undefined
          ? []
          : [{ label: 'skopeo, soci, skopeo', value: reference.wallSeconds, ours: false }]),
      ],
    })),
  ];
}

/**
 * Writes each section between its markers, `<!-- bench:NAME:begin -->` and `<!-- bench:NAME:end -->`.
 *
 * @throws Error if the document does not have these markers.
 */
export function fillSections(document: string, sections: Sections): string {
  let filled = document;
  for (const [name, text] of Object.entries(sections)) {
    const [begin, end] = [`<!-- bench:${name}:begin -->`, `<!-- bench:${name}:end -->`];
    const from = filled.indexOf(begin);
    const to = filled.indexOf(end);
    if (from < 0 || to < from) throw new Error(`Expected ${begin} and ${end} in the document`);
    filled = `${filled.slice(0, from + begin.length)}\n${text}\n${filled.slice(to)}`;
  }
  return filled;
}
