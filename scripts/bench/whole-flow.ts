// Measures the whole flow for an image in a loopback registry, from `soci-index index` to the pushed index, and the two
// steps that any indexing requires: downloading and digesting the layers, and inflating them.
import { mkdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { DigestedLayer } from './image-layout.ts';
import { sociConvert } from './contestants.ts';
import { hasProgram, type Measurement, measuredNode, measureCommand, medianOf } from './measured-command.ts';
import type { SampleRegistry } from './sample-registry.ts';
import { median } from './statistics.ts';

export interface FlowComparison {
  readonly title: string;
  readonly compressedBytes: number;
  readonly ours: Measurement;
  /** The measurement on one processor; undefined if that is not possible. */
  readonly oursOnOneProcessor: Measurement | undefined;
  readonly download: Measurement;
  readonly inflate: Measurement;
  /** Wall time of ours divided by that of the slower of both, as the median of all rounds. */
  readonly toSlower: number;
  /** Undefined unless both `soci` and `skopeo` are available. */
  readonly reference: Measurement | undefined;
}

/** Arguments: URLs of blobs. Downloads as many in parallel as there are processors. */
const downloadProgram = `
  const { createHash } = require('node:crypto');
  const { get } = require('node:http');
  const urls = process.argv.slice(1);
  const work = async () => {
    for (let url = urls.shift(); url !== undefined; url = urls.shift()) {
      const hash = createHash('sha256');
      const answer = await new Promise((resolve, reject) => get(url, resolve).on('error', reject));
      answer.on('data', (piece) => hash.update(piece));
      await new Promise((resolve, reject) => answer.on('end', resolve).on('error', reject));
      if (!url.endsWith(hash.digest('hex'))) process.exitCode = 1;
    }
  };
  for (let count = require('node:os').availableParallelism(); count > 0; count--) work();
`;

/** Arguments: the chunk size in KiB, and files. Inflates as many in parallel as there are processors. */
const inflateProgram = `
  const [chunkKibibytes, ...paths] = process.argv.slice(1);
  const work = () => {
    const path = paths.shift();
    if (path === undefined) return;
    require('node:fs')
      .createReadStream(path, { highWaterMark: 262144 })
      .pipe(require('node:zlib').createGunzip({ chunkSize: Number(chunkKibibytes) * 1024 }))
      .on('end', work)
      .resume();
  };
  for (let count = require('node:os').availableParallelism(); count > 0; count--) work();
`;

export interface FlowSettings {
  readonly registry: SampleRegistry;
  readonly commandLine: string;
  readonly chunkKibibytes: number;
  readonly folder: string;
  readonly rounds: number;
}

export async function compareOnImage(
  title: string,
  layers: readonly DigestedLayer[],
  settings: FlowSettings,
): Promise<FlowComparison> {
  const { registry, commandLine, chunkKibibytes, folder, rounds } = settings;
  const canHoldToOne = hasProgram('taskset') && availableParallelism() > 1;
  const hasReference = hasProgram('soci') && hasProgram('skopeo');
  const all = {
    ours: [] as Measurement[],
    one: [] as Measurement[],
    download: [] as Measurement[],
    inflate: [] as Measurement[],
    reference: [] as Measurement[],
  };
  const name = title.replaceAll(/\W+/g, '-').toLowerCase();
  let images = 0;
  /** An image that has no index yet. */
  const nextImage = async () => {
    const repository = `bench/${name}-${images++}`;
    await registry.serveImage(repository, 'v1', layers);
    return `${registry.host}/${repository}`;
  };
  const index = (image: string) => [...measuredNode, commandLine, 'index', `${image}:v1`, '--json'];
  for (let round = 0; round < rounds; round++) {
    all.ours.push(await measureCommand(index(await nextImage())));
    const image = await nextImage();
    const urls = layers.map(({ digest }) => `http://${image.replace('/', '/v2/')}/blobs/${digest}`);
    all.download.push(await measureCommand([...measuredNode, '--eval', downloadProgram, ...urls]));
    const paths = layers.map(({ path }) => path);
    const inflate = [...measuredNode, '--eval', inflateProgram, String(chunkKibibytes), ...paths];
    all.inflate.push(await measureCommand(inflate));
    if (canHoldToOne) {
      all.one.push(await measureCommand(['taskset', '-c', '0', ...index(await nextImage())]));
    }
    if (hasReference) {
      all.reference.push(await measureReference(await nextImage(), join(folder, `${name}-${round}`)));
    }
  }
  const medianIfAny = (some: readonly Measurement[]) => (some.length === 0 ? undefined : medianOf(some));
  return {
    title,
    compressedBytes: layers.reduce((sum, { compressedBytes }) => sum + compressedBytes, 0),
    ours: medianOf(all.ours),
    oursOnOneProcessor: medianIfAny(all.one),
    download: medianOf(all.download),
    inflate: medianOf(all.inflate),
    toSlower: median(
      all.ours.map(
        ({ wallSeconds }, round) =>
          wallSeconds / Math.max(all.download[round]!.wallSeconds, all.inflate[round]!.wallSeconds),
      ),
    ),
    reference: medianIfAny(all.reference),
  };
}

/**
 * The steps of the reference: the whole image is downloaded to disk, converted there, and pushed. (Content that the
 * registry already has is not sent again.)
 */
async function measureReference(image: string, folder: string): Promise<Measurement> {
  const source = join(folder, 'source');
  const converted = join(folder, 'converted');
  mkdirSync(folder);
  const steps = [
    ['skopeo', 'copy', '--quiet', '--src-tls-verify=false', `docker://${image}:v1`, `oci:${source}:latest`],
    sociConvert(source, converted, folder),
    [
      'skopeo',
      'copy',
      '--quiet',
      '--all',
      '--dest-tls-verify=false',
      `oci:${converted}`,
      `docker://${image}:v1-soci`,
    ],
  ];
  try {
    const measurements: Measurement[] = [];
    for (const step of steps) measurements.push(await measureCommand(step));
    return {
      cpuSeconds: measurements.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
      wallSeconds: measurements.reduce((sum, { wallSeconds }) => sum + wallSeconds, 0),
      peakMemoryMebibytes: Math.max(
        ...measurements.map(({ peakMemoryMebibytes = 0 }) => peakMemoryMebibytes),
      ),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of layers and of reusable zTOCs that the registry has sent. */
interface BytesRead {
  readonly layerBytes: number;
  readonly ztocBytes: number;
}

export interface Reindexing {
  readonly first: BytesRead;
  readonly second: BytesRead;
  readonly changedLayerBytes: number;
}

/** Indexes an image, then another one in which only the last layer differs. */
export async function countReindexing(
  layers: readonly DigestedLayer[],
  changedLayer: DigestedLayer,
  { registry, commandLine }: FlowSettings,
): Promise<Reindexing> {
  const repository = 'bench/again';
  const image = `${registry.host}/${repository}`;
  const layerDigests = new Set<string>([...layers, changedLayer].map(({ digest }) => digest));
  const countBytes = async (): Promise<BytesRead> => {
    const bytes = { layerBytes: 0, ztocBytes: 0 };
    for (const read of await registry.listBlobReads(repository)) {
      if (layerDigests.has(read.digest)) bytes.layerBytes += read.bytes;
      else bytes.ztocBytes += read.bytes;
    }
    return bytes;
  };
  await registry.serveImage(repository, 'v1', layers);
  await measureCommand([...measuredNode, commandLine, 'index', `${image}:v1`]);
  const first = await countBytes();
  await registry.serveImage(repository, 'v2', [...layers.slice(0, -1), changedLayer]);
  await measureCommand([...measuredNode, commandLine, 'index', `${image}:v2`]);
  const both = await countBytes();
  return {
    first,
    second: {
      layerBytes: both.layerBytes - first.layerBytes,
      ztocBytes: both.ztocBytes - first.ztocBytes,
    },
    changedLayerBytes: changedLayer.compressedBytes,
  };
}
