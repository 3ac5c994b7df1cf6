// The contestants: soci-index, and other programs on this machine that inflate or index a layer.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { writeLayout } from './image-layout.ts';
import { hasProgram, measuredNode, measureCommand } from './measured-command.ts';
import type { SampleLayer } from './sample-layers.ts';

export interface Contestant {
  readonly name: string;
  /** What it produces for a user. */
  readonly makes: 'zTOC' | 'nothing' | 'SOCI index';
  /** Takes several times as long as the others, so it takes part in one round of three. */
  readonly slow?: boolean;
  /** The command for a layer. Preparations before it returns are not measured. */
  prepare(layer: SampleLayer): readonly string[] | Promise<readonly string[]>;
}

/** Chunk sizes of Node's gunzip, of which the fastest is used. Its default is 16 KiB. */
const gunzipChunkKibibytes = [16, 64, 256, 1024];

export const oursName = 'soci-index ztoc';
export const gunzipName = "Node's gunzip";

export function soci(commandLine: string): Contestant {
  return {
    name: oursName,
    makes: 'zTOC',
    prepare: ({ path }) => [...measuredNode, commandLine, 'ztoc', path, '--json'],
  };
}

/** Arguments: the chunk size in KiB, the expected number of bytes, the file. */
const gunzipProgram = `
  const [chunkKibibytes, expectedBytes, path] = process.argv.slice(1);
  let bytes = 0;
  require('node:fs')
    .createReadStream(path, { highWaterMark: 262144 })
    .pipe(require('node:zlib').createGunzip({ chunkSize: Number(chunkKibibytes) * 1024 }))
    .on('data', (piece) => (bytes += piece.length))
    .on('end', () => (process.exitCode = bytes === Number(expectedBytes) ? 0 : 1));
`;

export function gunzip(chunkKibibytes: number): Contestant {
  return {
    name: gunzipName,
    makes: 'nothing',
    prepare: ({ path, tarBytes }) => [
      ...measuredNode,
      '--eval',
      gunzipProgram,
      String(chunkKibibytes),
      String(tarBytes),
      path,
    ],
  };
}

/** The chunk size in KiB with which Node's gunzip takes the least CPU time for a layer on this machine. */
export async function findBestGunzipChunk(layer: SampleLayer): Promise<number> {
  let best = { kibibytes: 0, cpuSeconds: Infinity };
  for (const kibibytes of gunzipChunkKibibytes) {
    const { cpuSeconds } = await measureCommand(await gunzip(kibibytes).prepare(layer));
    if (cpuSeconds < best.cpuSeconds) best = { kibibytes, cpuSeconds };
  }
  return best.kibibytes;
}

const pakoProgram = `
  import { createReadStream } from 'node:fs';
  import { Inflate } from 'pako';
  const [expectedBytes, path] = process.argv.slice(1);
  const inflate = new Inflate({ chunkSize: 65536 });
  let bytes = 0;
  inflate.onData = (piece) => (bytes += piece.length);
  inflate.onEnd = () => {};
  for await (const piece of createReadStream(path, { highWaterMark: 262144 })) inflate.push(piece);
  process.exitCode = bytes === Number(expectedBytes) ? 0 : 1;
`;

const pako: Contestant = {
  name: 'pako',
  makes: 'nothing',
  slow: true,
  prepare: ({ path, tarBytes }) => [
    ...measuredNode,
    '--input-type=module',
    '--eval',
    pakoProgram,
    String(tarBytes),
    path,
  ],
};

/** A program that inflates to standard output. */
function inflater(program: string, name = program): Contestant {
  return {
    name,
    makes: 'nothing',
    prepare: ({ path }) => ['sh', '-c', `exec ${program} -dc "$0" >/dev/null`, path],
  };
}

/**
 * The reference's own command line. It builds zTOCs only as part of a SOCI index, here for an image with one layer in a
 * layout directory, so it also copies the layer. (`create` needs containerd, `convert --standalone` does not.)
 */
function referenceCommandLine(folder: string, layers: ReadonlyMap<string, Digest>): Contestant {
  return {
    name: 'soci convert --standalone',
    makes: 'SOCI index',
    slow: true,
    async prepare(layer) {
      const [source, target] = [join(folder, 'source'), join(folder, 'converted')];
      for (const former of [source, target]) await rm(former, { recursive: true, force: true });
      await writeLayout(source, [{ ...layer, digest: layers.get(layer.path)! }]);
      return sociConvert(source, target, folder);
    },
  };
}

export function sociConvert(source: string, target: string, root: string): readonly string[] {
  const options = ['--standalone', '--format', 'oci-dir', '--min-layer-size', '0'];
  return ['soci', '--root', root, 'convert', ...options, source, target];
}

/** Any other zTOC builder, as a shell command in which `{layer}` is the layer's path. */
function furtherBuilder(command: string): Contestant {
  return {
    name: process.env['SOCI_ZTOC_NAME'] ?? 'SOCI_ZTOC_COMMAND',
    makes: 'zTOC',
    slow: true,
    prepare: ({ path }) => ['sh', '-c', command.replaceAll('{layer}', path)],
  };
}

/** All contestants on this machine, ours first. */
export function findContestants(
  commandLine: string,
  chunkKibibytes: number,
  folder: string,
  digests: ReadonlyMap<string, Digest>,
): readonly Contestant[] {
  const further = process.env['SOCI_ZTOC_COMMAND'];
  return [
    soci(commandLine),
    gunzip(chunkKibibytes),
    ...['gzip', 'pigz', 'igzip', 'libdeflate-gunzip'].filter(hasProgram).map((name) => inflater(name)),
    pako,
    ...(hasProgram('soci') ? [referenceCommandLine(folder, digests)] : []),
    ...(further === undefined ? [] : [furtherBuilder(further)]),
  ];
}
