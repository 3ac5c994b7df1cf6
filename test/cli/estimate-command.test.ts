import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { EstimateReport } from '../../lambda-src/estimate/estimate-report.ts';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';
import { blobOf, ociTypes, pushImage } from '../helpers/images.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const layout = join(folder, 'layout');
const recordings = join(__dirname, '..', 'fixtures', 'accesses');
const fileBytes = 300_000;

beforeAll(async () => {
  const random = createRandom(3);
  const content = () => mixedBytes(random, fileBytes);
  const lower = new TarWriter()
    .entry({ name: 'bin/sh' }, content())
    .entry({ name: 'etc/app.conf' }, content())
    .entry({ name: 'usr/lib/unused.bin' }, content())
    .entry({ name: 'usr/lib/used.bin' }, content())
    .entry({ name: 'usr/lib/link.bin', type: '2', linkName: 'used.bin' })
    .end()
    .bytes();
  const upper = new TarWriter()
    .entry({ name: 'app/server.sh' }, content())
    .entry({ name: 'app/lib/a.txt' }, content())
    .entry({ name: Buffer.from('app/lib/b é.txt') }, content())
    .end()
    .bytes();
  const layers = [blobOf(gzipOf(lower), ociTypes.gzip), blobOf(upper, ociTypes.tar)];
  await pushImage(new LayoutStore(layout), { layers, tag: 'v1', workingDirectory: '/app' });
  const options = ['--min-layer-size', '0', '--span-size', '65536'];
  expect((await run('index', `oci:${layout}:v1`, ...options)).exitCode).toBe(0);
});

function run(...args: readonly string[]): Promise<Finished> {
  return runSociIndex(args);
}

async function estimate(list: string, ...options: readonly string[]): Promise<EstimateReport> {
  const args = ['estimate', `oci:${layout}:v1-soci`, '--files', list, '--root', '/srv/image', '--json'];
  const { stdout, stderr, exitCode } = await run(...args, ...options);
  expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 });
  return JSON.parse(stdout) as EstimateReport;
}

const recording = (name: string) => join(recordings, `${name}.txt`);

describe('estimate', () => {
  test('predicts the same from five recordings of one start', async () => {
    const predicted = [];
    for (const name of ['strace-y', 'strace', 'fatrace', 'inotifywait', 'plain']) {
      const { platforms } = await estimate(recording(name));
      predicted.push(
        platforms.map(({ fetchedBytes, requests, files }) => ({ fetchedBytes, requests, files })),
      );
    }
    for (const one of predicted) expect(one).toEqual(predicted[0]);
    expect(predicted[0]).toEqual([
      { files: 6, fetchedBytes: expect.any(Number), requests: expect.any(Number) },
    ]);
  });

  test('counts spans and bytes of each layer, and what is never fetched', async () => {
    const { platforms } = await estimate(recording('strace-y'));
    const [one] = platforms;
    const [lower, upper] = one!.layers;
    expect(one).toMatchObject({ platform: 'linux/amd64', wholeBytes: 0, outside: 1, missing: [] });
    expect(upper!.fetchedBytes).toBeLessThanOrEqual(upper!.size);
    expect(upper!.fetchedBytes).toBeGreaterThan(3 * fileBytes);
    expect(lower!.fetchedSpans).toBeLessThan(lower!.spans!);
    expect(lower!.fetchedSpans).toBe(one!.requests - upper!.fetchedSpans!);
    expect(one!.neverFetchedBytes).toBe(one!.imageBytes - one!.fetchedBytes);
  });

  test('names files that the image does not have', async () => {
    const list = join(folder, 'list.txt');
    writeFileSync(list, '/etc/app.conf\n/nope\n');
    expect((await estimate(list)).platforms[0]).toMatchObject({ files: 1, missing: ['/nope'] });
    const { stdout } = await run('estimate', `oci:${layout}:v1-soci`, '--files', list);
    expect(stdout).toContain('1 file not in the image\n    "/nope"\n');
  });

  test('writes a list that index prefetches, links resolved and directories expanded', async () => {
    const list = join(folder, 'list.txt');
    const written = join(folder, 'files.json');
    writeFileSync(list, '/usr/lib/link.bin\n/app/lib\n/nope\n');
    await estimate(list, '--prefetch-files-json', written);
    expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual([
      '/usr/lib/used.bin',
      '/app/lib/a.txt',
      '/app/lib/b é.txt',
    ]);
    const options = [
      '--min-layer-size',
      '0',
      '--span-size',
      '65536',
      '--target-tag',
      'v1-prefetch',
      '--json',
    ];
    const { stdout } = await run('index', `oci:${layout}:v1`, ...options, '--prefetch-files-json', written);
    expect(JSON.parse(stdout)).toMatchObject({ status: 'indexed', bytesRead: 0, warnings: [] });
    expect((JSON.parse(stdout) as { indexes: { prefetch: unknown[] }[] }).indexes[0]!.prefetch).toHaveLength(
      2,
    );
    const inspected = await run('inspect', `oci:${layout}:v1-prefetch`);
    expect(inspected.stdout).toMatch(/\n {2}prefetch \d+ spans of /);
    expect((await run('verify', `oci:${layout}:v1-prefetch`, '--min-layer-size', '0')).exitCode).toBe(0);
  });

  test('says that zTOCs of gzip do not tell about other span sizes', async () => {
    expect((await estimate(recording('plain'), '--span-size', '1MiB')).platforms[0]!.compared).toBeNull();
    const same = (await estimate(recording('plain'), '--span-size', '64KiB')).platforms[0]!;
    expect(same.compared).toEqual({
      spanSize: 65_536,
      fetchedBytes: same.fetchedBytes,
      requests: same.requests,
    });
  });

  test.each<readonly [string, readonly string[], number, RegExp]>([
    ['without a list', [`oci:${layout}:v1-soci`], 2, /required option '--files/],
    [
      'with spans of nothing',
      [`oci:${layout}:v1-soci`, '--files', recording('plain'), '--span-size', '0'],
      2,
      /Expected 65536 to 1073741824 bytes/,
    ],
    [
      'of an image without an index',
      [`oci:${layout}:v1`, '--files', recording('plain')],
      1,
      /has no SOCI index/,
    ],
    [
      'with a list that is missing',
      [`oci:${layout}:v1-soci`, '--files', join(folder, 'none')],
      1,
      /no such file/,
    ],
  ])('%s ends with an error', async (_, args, code, sentence) => {
    const { exitCode, stderr, stdout } = await run('estimate', ...args);
    expect({ exitCode, stdout }).toEqual({ exitCode: code, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});

describe('the options of index', () => {
  test.each<readonly [string, readonly string[], RegExp]>([
    [
      'exclude each other',
      ['--no-prefetch', '--prefetch-file', '/a'],
      /--no-prefetch cannot be used together/,
    ],
    [
      'need a list',
      ['--prefetch-files-json', join(folder, 'none')],
      /--prefetch-files-json ".*none": no such file/,
    ],
  ])('%s', async (_, options, sentence) => {
    const { exitCode, stderr } = await run('index', `oci:${layout}:v1`, ...options);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(sentence);
  });

  test('refuse a list that is not an array of strings', async () => {
    const list = join(folder, 'bad.json');
    writeFileSync(list, '{"a":1}');
    const { exitCode, stderr } = await run('index', `oci:${layout}:v1`, '--prefetch-files-json', list);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/expected a JSON array of strings/);
  });
});
