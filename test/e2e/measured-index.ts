// Runs soci-index index in a process that may not write to any file, and that reports its resource usage when it exits.
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { commandLinePath, type Finished } from '../helpers/command-line.ts';
import { blobOf, ociTypes } from '../helpers/images.ts';

const reporter = join(__dirname, '..', '..', 'scripts', 'report-usage.cjs');

export interface Measured extends Finished {
  readonly peakMemoryMebibytes: number;
  /** Files left in its working directory, which is also its home and temporary directory. */
  readonly filesWritten: readonly string[];
}

/** Pushes an image with layers that the registry already has. */
export async function pushImageOf(
  registry: LocalRegistry,
  repository: string,
  layers: readonly Descriptor[],
  tag: string,
): Promise<void> {
  const store = new RegistryStore({ registry: registry.host, repository });
  const config = blobOf(Buffer.from('{"architecture":"amd64","os":"linux"}'), ociTypes.config);
  await store.pushBlob(config.descriptor, config.bytes);
  await store.pushManifest(encodeManifest({ config: config.descriptor, layers }), tag);
}

/** @param home A folder to create, which must stay empty. */
export async function measureIndex(image: string, home: string): Promise<Measured> {
  mkdirSync(home);
  const child = spawn(
    process.execPath,
    [...readOnlyFlags(), '--require', reporter, commandLinePath, 'index', image, '--json'],
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
  const { peakMemoryMebibytes } = JSON.parse(usage) as { peakMemoryMebibytes: number };
  return { exitCode, stdout, stderr, peakMemoryMebibytes, filesWritten: readdirSync(home) };
}

/** Node's permissions: reading is allowed everywhere, writing nowhere. The flags differ between versions. */
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
