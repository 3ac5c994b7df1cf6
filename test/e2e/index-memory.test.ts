// What soci-index index takes of a machine: memory that does not grow with the image, and no disk at all.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { commandLinePath, type Finished } from '../helpers/command-line.ts';
import { blobOf, ociTypes } from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const peakMebibytes = 250;

const mebibyte = 1024 * 1024;
const filesPerPart = 16;
const fileBytes = mebibyte;
const blockBytes = 512;
/** The tar of a part: its files, each with its header. */
const partBytes = filesPerPart * (blockBytes + fileBytes);

const reporter = join(__dirname, '..', '..', 'scripts', 'report-usage.cjs');
/** A thread for each processor would take memory for each. */
const manyProcessors = join(__dirname, 'many-processors.cjs');
const repository = 'large/image';
const folder = makeTemporaryFolder();

let registry: LocalRegistry;
beforeAll(async () => {
  registry = await createLocalRegistry();
});
afterAll(() => registry.close());

function compress(add: (tar: TarWriter) => TarWriter): Uint8Array {
  return gzipSync(add(new TarWriter()).bytes(), { level: 6 });
}

/** A gzip member of 16 MiB of files: text, repeats and noise. */
function makePart(): Uint8Array {
  const random = createRandom(20);
  return compress((tar) => {
    for (let file = 0; file < filesPerPart; file++) {
      tar.entry({ name: `opt/part/${file}` }, mixedBytes(random, fileBytes));
    }
    return tar;
  });
}

const part = makePart();
const endOfTar = compress((tar) => tar.end());

/** Serves a layer that is the same part over and over, and is held in memory only once. */
function serveLayer(name: string, parts: number): Descriptor {
  const first = compress((tar) => tar.entry({ name: `opt/${name}` }, name));
  const pieces = [first, ...Array<Uint8Array>(parts).fill(part), endOfTar];
  const hash = createHash('sha256');
  let size = 0;
  for (const piece of pieces) {
    hash.update(piece);
    size += piece.length;
  }
  const digest = `sha256:${hash.digest('hex')}` as const;
  registry.serveBlob(repository, digest, {
    size,
    *read(start, end) {
      let position = 0;
      for (const piece of pieces) {
        const wanted = piece.subarray(Math.max(0, start - position), Math.max(0, end - position));
        if (wanted.length > 0) yield wanted;
        position += piece.length;
      }
    },
  });
  return { mediaType: ociTypes.gzip, digest, size };
}

async function pushImageOf(layers: readonly Descriptor[], tag: string): Promise<void> {
  const store = new RegistryStore({ registry: registry.host, repository });
  const config = blobOf(Buffer.from('{"architecture":"amd64","os":"linux"}'), ociTypes.config);
  await store.pushBlob(config.descriptor, config.bytes);
  await store.pushManifest(encodeManifest({ config: config.descriptor, layers }), tag);
}

/** Node's permissions: everything may be read, nothing written. Their flags have changed between versions. */
function readOnlyFlags(): readonly string[] {
  const known = (flag: string): boolean => process.allowedNodeEnvironmentFlags.has(flag);
  const permission = known('--permission') ? '--permission' : '--experimental-permission';
  return [
    permission,
    '--allow-fs-read=*',
    '--allow-worker',
    ...(known('--allow-net') ? ['--allow-net'] : []),
  ];
}

interface Measured extends Finished {
  readonly peakMemoryMebibytes: number;
}

/** Indexes an image in a process that may not write to any file, and asks it what it has used. */
async function measureIndex(tag: string): Promise<Measured> {
  const home = join(folder, tag);
  mkdirSync(home);
  const args = ['index', `${registry.host}/${repository}:${tag}`, '--json'];
  const child = spawn(
    process.execPath,
    [...readOnlyFlags(), '--require', reporter, '--require', manyProcessors, commandLinePath, ...args],
    {
      cwd: home,
      env: { ...process.env, HOME: home, TMPDIR: home, DOCKER_CONFIG: home },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    },
  );
  const output = ['', '', '', ''];
  for (const descriptor of [1, 2, 3]) {
    child.stdio[descriptor]!.on('data', (piece: Buffer) => (output[descriptor]! += piece.toString()));
  }
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const [, stdout = '', stderr = '', usage = ''] = output;
  expect(readdirSync(home)).toEqual([]);
  const { peakMemoryMebibytes } = JSON.parse(usage) as { peakMemoryMebibytes: number };
  process.stderr.write(`${tag}: a peak of ${peakMemoryMebibytes.toFixed(0)} MiB\n`);
  return { exitCode, stdout, stderr, peakMemoryMebibytes };
}

test.each<[string, string, readonly number[]]>([
  // As many parts as give 1 GB of tar.
  ['one layer of 1 GB uncompressed', 'one-layer', [Math.ceil(1e9 / partBytes)]],
  ['40 layers of 50 MB uncompressed', 'many-layers', Array<number>(40).fill(3)],
])('an image with %s takes less than 250 MiB, and no file', async (_title, tag, parts) => {
  const layers = parts.map((count, position) => serveLayer(`${tag}-${position}`, count));
  await pushImageOf(layers, tag);

  const { exitCode, stdout, stderr, peakMemoryMebibytes } = await measureIndex(tag);

  expect({ exitCode, stderr: stderr.includes('soci-index:') }).toEqual({ exitCode: 0, stderr: false });
  const report = JSON.parse(stdout) as {
    status: string;
    bytesRead: number;
    indexes: { layers: { status: string; ztoc: { files: number } }[] }[];
  };
  expect(report).toMatchObject({
    status: 'indexed',
    bytesRead: layers.reduce((sum, { size }) => sum + size, 0),
  });
  expect(report.indexes[0]!.layers.map(({ status, ztoc }) => [status, ztoc.files])).toEqual(
    parts.map((count) => ['indexed', 1 + count * filesPerPart]),
  );
  expect(peakMemoryMebibytes).toBeLessThan(peakMebibytes);
});
