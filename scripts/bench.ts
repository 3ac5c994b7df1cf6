// npm run bench: a layer of 1 GiB, indexed by soci-index and only inflated by Node, in turn. Prints medians, and fails
// where a goal of docs/performance.md is missed. Everything is compared within one run: machines differ, and are noisy.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCommandLine, projectFolder } from './bundles.ts';
import { writeSampleLayer } from './sample-layer.ts';

/** CPU time of a whole `soci-index ztoc`, in that of a Node process which only inflates the layer. */
const largestCpuRatio = 1.4;
const largestPeakMemoryMebibytes = 200;

const layerMebibytes = 1024;
const rounds = 5;
/** Chunk sizes of Node's gunzip among which the quickest is taken. Its default is 16 KiB. */
const gunzipChunkKibibytes = [16, 64, 256, 1024];

interface Measurement {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly peakMemoryMebibytes: number;
}

const inflateOnly = `
  const { createReadStream } = require('node:fs');
  const { createGunzip } = require('node:zlib');
  createReadStream(process.argv[1], { highWaterMark: 262144 })
    .pipe(createGunzip({ chunkSize: Number(process.argv[2]) * 1024 }))
    .resume();
`;

/** Runs Node and asks the process itself what it took, from its start to its exit. */
async function measure(args: readonly string[]): Promise<Measurement> {
  const reporter = join(projectFolder, 'scripts', 'report-usage.cjs');
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--require', reporter, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  let report = '';
  child.stdio[3]!.on('data', (piece: Buffer) => (report += piece.toString()));
  const exitCode = await new Promise((resolve) => child.on('close', resolve));
  if (exitCode !== 0) throw new Error(`node ${args.join(' ')} ended with ${String(exitCode)}`);
  const usage = JSON.parse(report) as Omit<Measurement, 'wallSeconds'>;
  return { ...usage, wallSeconds: (performance.now() - startedAt) / 1000 };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function medianOf(measurements: readonly Measurement[]): Measurement {
  return {
    cpuSeconds: median(measurements.map(({ cpuSeconds }) => cpuSeconds)),
    wallSeconds: median(measurements.map(({ wallSeconds }) => wallSeconds)),
    peakMemoryMebibytes: median(measurements.map(({ peakMemoryMebibytes }) => peakMemoryMebibytes)),
  };
}

function describe(name: string, { cpuSeconds, wallSeconds, peakMemoryMebibytes }: Measurement): string {
  const figures = [cpuSeconds.toFixed(2), wallSeconds.toFixed(2), peakMemoryMebibytes.toFixed(0)];
  return [name.padEnd(44), ...figures.map((figure) => figure.padStart(10))].join('');
}

const folder = mkdtempSync(join(tmpdir(), 'soci-index-bench-'));
try {
  const commandLine = join(folder, 'soci-index.mjs');
  await bundleCommandLine(commandLine);
  const layer = join(folder, 'layer.tar.gz');
  const layerBytes = await writeSampleLayer(layer, layerMebibytes);
  const ours = () => measure([commandLine, 'ztoc', layer, '--json']);
  const gunzip = (kibibytes: number) => measure(['-e', inflateOnly, layer, String(kibibytes)]);

  const trials = [];
  for (const kibibytes of gunzipChunkKibibytes) trials.push({ kibibytes, ...(await gunzip(kibibytes)) });
  const best = trials.reduce((a, b) => (b.cpuSeconds < a.cpuSeconds ? b : a)).kibibytes;
  await ours();

  const measurements: { ours: Measurement; gunzip: Measurement }[] = [];
  for (let round = 0; round < rounds; round++) {
    measurements.push({ ours: await ours(), gunzip: await gunzip(best) });
  }
  const cpuRatio = median(measurements.map((pair) => pair.ours.cpuSeconds / pair.gunzip.cpuSeconds));
  const wallRatio = median(measurements.map((pair) => pair.ours.wallSeconds / pair.gunzip.wallSeconds));
  const oursMedian = medianOf(measurements.map((pair) => pair.ours));

  console.log(
    [
      `A layer of ${(statSync(layer).size / 1e6).toFixed(0)} MB of gzip, ${(layerBytes / 1e6).toFixed(0)} MB of tar; ` +
        `Node ${process.version} on ${process.arch}; medians of ${rounds} rounds in turn.`,
      '',
      `${' '.repeat(44)}${['CPU s', 'wall s', 'peak MiB'].map((word) => word.padStart(10)).join('')}`,
      describe('soci-index ztoc: the zTOC', oursMedian),
      describe(
        `Node's gunzip, chunks of ${best} KiB: nothing`,
        medianOf(measurements.map((pair) => pair.gunzip)),
      ),
      '',
      `CPU ${cpuRatio.toFixed(2)} times Node's gunzip (goal: at most ${largestCpuRatio}), wall ${wallRatio.toFixed(2)} times.`,
    ].join('\n'),
  );
  if (cpuRatio > largestCpuRatio || oursMedian.peakMemoryMebibytes > largestPeakMemoryMebibytes) {
    console.error(
      `A goal is missed: CPU at most ${largestCpuRatio} times, peak memory at most ${largestPeakMemoryMebibytes} MiB.`,
    );
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
