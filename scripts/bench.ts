// npm run bench: compares soci-index with other programs on this machine that inflate or index layers (docs/performance.md).
//   npm run bench                                   creates layers and images, measures, prints tables; takes about four minutes
//   npm run bench -- --full                         larger layers, more rounds
//   npm run bench -- --write docs/performance.md    also writes the tables and the chart to the document
//   npm run bench -- --guard                        only compares with Node's gunzip; fails if the ratio is worse than recorded
//   npm run bench -- --guard --record               records the ratio
// SOCI_ZTOC_COMMAND='builder --flag {layer}' adds another zTOC builder, under the name in SOCI_ZTOC_NAME.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawChart } from './bench/chart.ts';
import { findBestGunzipChunk, findContestants } from './bench/contestants.ts';
import { isUndisturbed, judge, measureRatios, type Ratios } from './bench/guard.ts';
import { type DigestedLayer, digestFile } from './bench/image-layout.ts';
import { compareOnLayer, type LayerComparison } from './bench/layer-comparison.ts';
import { hasProgram } from './bench/measured-command.ts';
import {
  chartGroups,
  describeMachine,
  fillSections,
  renderCost,
  renderFlows,
  renderLayer,
  renderLayers,
  renderReindexing,
  type Sections,
} from './bench/report.ts';
import {
  type LayerCompression,
  type LayerKind,
  type SampleLayer,
  writeLargeLayer,
  writeLayer,
} from './bench/sample-layers.ts';
import { SampleRegistry } from './bench/sample-registry.ts';
import { compareOnImage, countReindexing } from './bench/whole-flow.ts';
import { bundleCommandLine, projectFolder } from './bundles.ts';

const recordPath = join(projectFolder, 'scripts', 'bench', 'record.json');
const guardLayerMebibytes = 512;

/** Sizes of tars, and numbers of rounds. */
const settings = {
  usual: { largeMebibytes: 1024, mebibytes: 80, largeRounds: 3, rounds: 3, flowRounds: 3 },
  full: { largeMebibytes: 1024, mebibytes: 384, largeRounds: 9, rounds: 5, flowRounds: 5 },
};

const layerKinds: readonly (readonly [LayerKind, LayerCompression])[] = [
  ['source text', 'level 6'],
  ['binaries', 'level 6'],
  ['compressed media', 'level 6'],
  ['many small files', 'level 6'],
  ['tiny files', 'level 6'],
  ['tiny files with PAX records', 'level 6'],
  ['one huge file', 'level 6'],
  ['mix', 'level 1'],
  ['mix', 'level 6'],
  ['mix', 'level 9'],
  ['mix', 'members'],
  ...(hasProgram('pigz') ? [['mix', 'pigz'] as const] : []),
];

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function runGuard(folder: string, commandLine: string, isRecord: boolean): Promise<void> {
  const layer = await writeLargeLayer(folder, guardLayerMebibytes);
  let measured = await measureRatios(layer, commandLine);
  if (isRecord) {
    if (!isUndisturbed(measured)) throw new Error('The machine is busy, so nothing was recorded');
    writeFileSync(recordPath, `${JSON.stringify(measured.ratios, roundRatio, 2)}\n`);
  } else {
    const record = JSON.parse(readFileSync(recordPath, 'utf8')) as Ratios;
    let faults = judge(measured, record);
    if (faults.length > 0) {
      tell(`${faults.join('; ')}. Measuring again, in case the machine was busy.`);
      measured = await measureRatios(layer, commandLine);
      faults = judge(measured, record);
    }
    if (faults.length > 0) {
      tell(`${faults.join('; ')}. If the cost is justified, record it: npm run bench -- --guard --record`);
      process.exitCode = 1;
    }
    if (!isUndisturbed(measured)) tell('The machine is busy, so wall times are not checked.');
  }
  const { ratios, peakMebibytes } = measured;
  console.log(
    `soci-index ztoc takes ${ratios.cpu.toFixed(2)} times the CPU time and ${ratios.wall.toFixed(2)} times the wall time ` +
      `of Node's gunzip, and ${peakMebibytes.toFixed(0)} MiB.`,
  );
}

function roundRatio(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toFixed(3)) : value;
}

async function runBenchmark(
  folder: string,
  commandLine: string,
  { largeMebibytes, mebibytes, largeRounds, rounds, flowRounds }: typeof settings.usual,
  document: string | undefined,
): Promise<void> {
  tell('creating layers');
  const large = await writeLargeLayer(folder, largeMebibytes);
  const layers: SampleLayer[] = [];
  for (const [kind, compression] of layerKinds) {
    layers.push(await writeLayer(folder, kind, compression, mebibytes));
  }
  const addDigest = async (layer: SampleLayer): Promise<DigestedLayer> => ({
    ...layer,
    digest: await digestFile(layer.path),
  });
  const largeDigested = await addDigest(large);
  const digested = await Promise.all(layers.map(addDigest));
  const digests = new Map([largeDigested, ...digested].map(({ path, digest }) => [path, digest]));

  const chunkKibibytes = await findBestGunzipChunk(large);
  const contestants = findContestants(commandLine, chunkKibibytes, folder, digests);
  tell(large.name);
  const largeComparison = await compareOnLayer(large, contestants, largeRounds);
  const comparisons: LayerComparison[] = [];
  for (const layer of layers) {
    tell(layer.name);
    comparisons.push(await compareOnLayer(layer, contestants, rounds));
  }

  tell('from registry to index');
  const registry = await SampleRegistry.start();
  try {
    const flowSettings = { registry, commandLine, chunkKibibytes, folder, rounds: flowRounds };
    const flows = [
      await compareOnImage('one large layer', [largeDigested], flowSettings),
      await compareOnImage(`${layers.length} layers`, digested, flowSettings),
    ];
    const [top, otherTop] = digested;
    const reindexing = await countReindexing([largeDigested, top!], otherTop!, flowSettings);

    const sections: Sections = {
      machine: describeMachine(chunkKibibytes),
      large: renderLayer(largeComparison),
      kinds: renderLayers(comparisons),
      flows: renderFlows(flows),
      reindexing: renderReindexing(reindexing),
      cost: renderCost(flows),
    };
    console.log(Object.values(sections).join('\n\n'));
    if (document !== undefined) {
      const title = 'soci-index compared with other programs that inflate or index a layer';
      const description = 'Shorter is faster. The figures are in the tables.';
      const groups = chartGroups(largeComparison, flows);
      const images = join(dirname(document), 'images');
      mkdirSync(images, { recursive: true });
      writeFileSync(join(images, 'performance.svg'), drawChart(title, description, groups, 'light'));
      writeFileSync(join(images, 'performance-dark.svg'), drawChart(title, description, groups, 'dark'));
      writeFileSync(document, fillSections(readFileSync(document, 'utf8'), sections));
    }
  } finally {
    registry.close();
  }
}

const { values: options } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    guard: { type: 'boolean', default: false },
    record: { type: 'boolean', default: false },
    write: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'soci-index-bench-'));
try {
  const commandLine = join(folder, 'soci-index.mjs');
  writeFileSync(commandLine, (await bundleCommandLine()).code);
  if (options.guard) await runGuard(folder, commandLine, options.record);
  else await runBenchmark(folder, commandLine, options.full ? settings.full : settings.usual, options.write);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
