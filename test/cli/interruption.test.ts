// Ctrl-C while a layer is read: in a pipe, and on a real terminal provided by util-linux's script.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { open } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { InterruptionError, withInterruption } from '../../lambda-src/cli/interruption.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import { blobOf, ociTypes, pushImage } from '../helpers/images.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { Terminal } from '../helpers/terminal.ts';

const folder = makeTemporaryFolder();
/** Serves one image, but only the first half of its layer. */
let registry: Server;
let name = '';
let onHalf: () => void = () => undefined;

beforeAll(async () => {
  const store = new MemoryStore();
  const layer = blobOf(
    Buffer.concat([Buffer.from('1f8b0800000000000003', 'hex'), randomBytes(200_000)]),
    ociTypes.gzip,
  );
  const image = await pushImage(store, { layers: [layer], tag: 'v1' });
  const manifest = await store.fetchManifest(image.digest);
  registry = createServer((request, response) => {
    const { url = '' } = request;
    if (url.endsWith(layer.descriptor.digest)) {
      response.writeHead(200, { 'content-length': layer.bytes.length });
      response.write(layer.bytes.subarray(0, layer.bytes.length / 2), () => {
        onHalf();
      });
    } else if (url.includes('/manifests/')) {
      const isImage = url.endsWith('/v1') || url.endsWith(manifest.digest);
      response.writeHead(isImage ? 200 : 404, {
        'content-type': manifest.mediaType,
        'docker-content-digest': manifest.digest,
        'content-length': isImage ? manifest.bytes.length : 0,
      });
      response.end(isImage && request.method === 'GET' ? manifest.bytes : undefined);
    } else if (url.includes('/blobs/')) {
      const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
      response.writeHead(200, { 'content-length': config.length }).end(config);
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  name = `127.0.0.1:${(registry.address() as AddressInfo).port}/app:v1`;
});

afterAll(() => {
  registry.closeAllConnections();
  registry.close();
});

const environment = () => ({ ...process.env, DOCKER_CONFIG: folder, TERM: 'xterm', CI: '' });

function finish(child: ChildProcess): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  child.stdout!.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
  child.stderr!.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
  return new Promise((resolve) => {
    child.on('close', (exitCode) => {
      resolve({ exitCode, ...output });
    });
  });
}

describe.each([
  ['index', ['index', '--min-layer-size', '0', '--json']],
  ['index without JSON', ['index', '--min-layer-size', '0']],
])('%s in a pipe', (_, args) => {
  test('exits with 130 and one message on stderr', async () => {
    const child = spawn(process.execPath, [commandLinePath, ...args, name], { env: environment() });
    onHalf = () => child.kill('SIGINT');
    const { exitCode, stdout, stderr } = await finish(child);
    expect(stderr).toMatch(/^reading 1 layer, 195\.3 KiB\nsoci-index: interrupted\n$/);
    expect(exitCode).toBe(130);
    if (args.includes('--json')) {
      expect(JSON.parse(stdout)).toMatchObject({
        status: 'failed',
        reason: 'interrupted',
        message: 'interrupted',
      });
    } else expect(stdout).toBe('');
  });
});

test('ztoc exits with 130 between two pieces of its file', async () => {
  const pipe = join(folder, 'layer.pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const child = spawn(process.execPath, [commandLinePath, 'ztoc', pipe], { env: environment() });
  const finished = finish(child);
  const writer = await open(pipe, 'w');
  const tar = new TarWriter()
    .entry({ name: 'noise' }, new Uint8Array(randomBytes(3_000_000)))
    .end()
    .bytes();
  const layer = gzipSync(tar);
  // This is more than a pipe buffers, so some of it has been read when the write returns.
  await writer.write(layer, 0, 1_000_000);
  child.kill('SIGINT');
  await writer.write(layer, 1_000_000).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'EPIPE' });
  });
  await writer.close();
  const { exitCode, stdout, stderr } = await finished;
  expect([exitCode, stdout, stderr]).toEqual([130, '', 'soci-index: interrupted\n']);
});

describe('withInterruption', () => {
  test('throws an InterruptionError, whatever error the interrupted work throws', async () => {
    const work = withInterruption(
      (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('The operation was aborted'));
          });
        }),
    );
    process.emit('SIGINT');
    await expect(work).rejects.toBeInstanceOf(InterruptionError);
  });

  test('keeps the result or error of uninterrupted work, and removes its signal handler', async () => {
    const listeners = process.listenerCount('SIGINT');
    await expect(withInterruption(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withInterruption(() => Promise.resolve(1))).toBe(1);
    expect(process.listenerCount('SIGINT')).toBe(listeners);
  });
});

const hasScript = spawnSync('script', ['-qefc', 'true', '/dev/null'], { stdio: 'ignore' }).status === 0;
describeWithTools('on a real terminal', hasScript ? undefined : 'It requires script from util-linux.', () => {
  test('shows a bar, and Ctrl-C removes it completely', async () => {
    const command = `"${process.execPath}" "${commandLinePath}" index --min-layer-size 0 ${name}`;
    const child = spawn('script', ['-qefc', `stty cols 90; ${command}`, '/dev/null'], { env: environment() });
    onHalf = () => undefined;
    child.stdout.on('data', (piece: Buffer) => {
      if (piece.toString().includes('░')) child.stdin.write('\u0003');
    });
    const { exitCode, stdout } = await finish(child);
    expect(exitCode).toBe(130);
    expect(stdout).toMatch(/sha256:\w{12} {2}[█░]{20,} +\d+ % {2}[\d.]+ KiB of 195\.3 KiB/);
    const terminal = new Terminal(90);
    terminal.write(stdout);
    const screen = terminal.screen.join('\n').replace('^C', '');
    expect(screen.trim()).toBe('reading 1 layer, 195.3 KiB\nsoci-index: interrupted');
  });
});
