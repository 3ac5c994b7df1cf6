import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { displayWidth } from '../../lambda-src/terminal/terminal-text.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { ociConfigType } from '../../lambda-src/core/oci/media-type.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { type Blob, blobOf, linuxArm64, ociTypes, pushImage, pushIndex } from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { damageImage } from '../verifier/indexed-image.ts';

const folder = makeTemporaryFolder();
let registry: LocalRegistry;
const indexing = ['--min-layer-size', '0', '--json'];

beforeAll(async () => {
  registry = await createLocalRegistry();
  const store = new RegistryStore({ registry: registry.host, repository: 'team/app' });
  const push = async (mediaType: string, bytes: Uint8Array) => {
    const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    await store.pushBlob(descriptor, bytes);
    return descriptor;
  };
  const tar = new TarWriter()
    .entry({ name: 'etc/motd' }, 'hello')
    .entry({ name: 'etc/', type: '5' })
    .end()
    .bytes();
  const layer = await push('application/vnd.oci.image.layer.v1.tar+gzip', new Uint8Array(gzipSync(tar)));
  const config = await push(ociConfigType, new TextEncoder().encode('{"architecture":"arm64","os":"linux"}'));
  await store.pushManifest(encodeManifest({ config, layers: [layer] }), 'v1');
});

afterAll(() => registry.close());

interface Report {
  readonly image: string;
  readonly platforms: readonly {
    platform: string;
    layers: number;
    bytes: number;
    indexes: readonly { version: string; digest: string; layers: unknown[]; lazyBytes: number }[];
  }[];
  readonly largestFiles: readonly { name: string; size: number; layer: string }[];
}

describe('soci-index inspect IMAGE', () => {
  test('reports that an image has no SOCI index, and later which ones it has', async () => {
    const name = `${registry.host}/team/app:v1`;
    const inspect = async (image: string) =>
      JSON.parse((await runSociIndex(['inspect', image, '--json'])).stdout) as Report;
    expect((await inspect(name)).platforms).toMatchObject([
      { platform: 'linux/arm64', layers: 1, indexes: [] },
    ]);

    const v1 = JSON.parse(
      (await runSociIndex(['index', name, '--index-version', 'v1', ...indexing])).stdout,
    ) as { digest: string };
    const v2 = JSON.parse((await runSociIndex(['index', name, ...indexing])).stdout) as {
      indexes: { digest: string }[];
    };
    const layers = [
      {
        compressedSize: expect.any(Number),
        uncompressedSize: 2560,
        ztoc: expect.objectContaining({ spans: 1, files: 2 }),
      },
    ];
    expect((await inspect(name)).platforms[0]!.indexes).toMatchObject([
      { version: 'V1', digest: v1.digest, layers },
    ]);
    expect((await inspect(`${name}-soci`)).platforms[0]!.indexes).toMatchObject([
      { version: 'V2', digest: v2.indexes[0]!.digest, layers },
    ]);
    expect(await inspect(`${registry.host}/team/app@${v1.digest}`)).toMatchObject({
      version: 'V1',
      digest: v1.digest,
    });
  });

  test.each([
    ['a missing tag', () => `${registry.host}/team/app:v9`, 1, /there is no manifest v9/],
    ['an invalid name', () => 'https://registry/app', 2, /write it without https:\/\//],
    ['a missing file', () => 'no-such.ztoc', 2, /"no-such.ztoc" is neither a file nor an image/],
    ['a missing layout', () => 'oci:/no/such/layout:v1', 1, /no\/such\/layout/],
  ])('fails with an error for %s', async (_, name, expectedCode, sentence) => {
    const { exitCode, stdout, stderr } = await runSociIndex(['inspect', name(), '--json']);
    expect(exitCode).toBe(expectedCode);
    expect(stderr).toMatch(sentence);
    // With --json, a failure also prints an object, unless the usage was invalid.
    if (expectedCode === 2) expect(stdout).toBe('');
    else expect(JSON.parse(stdout)).toMatchObject({ status: 'failed', reason: 'not-found' });
  });
});

/** A layer of files with random content of these sizes. */
function layerOf(files: Readonly<Record<string, number>>): Blob {
  const tar = new TarWriter();
  for (const [text, size] of Object.entries(files)) {
    // TarWriter encodes a name as latin1.
    const name = Buffer.from(text).toString('latin1');
    tar.entry({ name }, new Uint8Array(randomBytes(size)));
  }
  return blobOf(gzipOf(tar.end().bytes()), ociTypes.gzip);
}

describe('soci-index inspect IMAGE as text', () => {
  const large = layerOf({ 'etc/motd': 5, 'usr/bin/文件': 3000 });
  const small = layerOf({ 'etc/hosts': 9 });
  const largest = layerOf({ 'opt/big': 9000 });
  const name = `oci:${join(folder, 'table')}:v1-soci`;

  beforeAll(async () => {
    await pushImage(new LayoutStore(join(folder, 'table')), { layers: [large, small, largest], tag: 'v1' });
    const minimum = String(small.bytes.length + 1);
    await runSociIndex(['index', `oci:${join(folder, 'table')}:v1`, '--min-layer-size', minimum]);
  });

  test('shows all layers, how much of them loads lazily, and the largest files of the image', async () => {
    const { exitCode, stdout, stderr } = await runSociIndex(['inspect', name]);
    expect([exitCode, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n');
    const cells = lines.map((line) => line.trim().split(/ {2,}/));
    const shortened = [large, small, largest].map(({ descriptor }) => descriptor.digest.slice(0, 19));
    expect(lines.slice(0, 3)).toEqual([name, expect.stringMatching(/^ {2}sha256:\w{64}$/), '']);
    expect(lines[3]).toMatch(/^linux\/amd64 {2}manifest sha256:\w{12}, 3 layers, [\d.]+ KiB$/);
    expect(lines[4]).toMatch(/^ {2}SOCI index V2 sha256:\w{64}$/);
    expect(lines[5]).toBe('  built by "soci_index_builder v1"');
    const zeros = [expect.any(String), 'lazily', expect.stringMatching(/ KiB$|0 B$| B$/)];
    expect(cells.slice(6, 11)).toEqual([
      ['layer', 'size', 'unpacked', 'loads', 'zTOC', 'spans', 'files'],
      [shortened[0], expect.stringMatching(/ KiB$/), ...zeros, '1', '2'],
      [shortened[1], `${small.bytes.length} B`, 'whole'],
      [shortened[2], expect.stringMatching(/ KiB$/), ...zeros, '1', '1'],
      [
        'total',
        expect.stringMatching(/ KiB$/),
        expect.stringMatching(/^9\d % lazily$/),
        expect.any(String),
        '2',
        '3',
      ],
    ]);
    expect(cells.slice(11)).toEqual([
      [''],
      ['Largest files'],
      ['size', 'layer', 'name'],
      ['8.8 KiB', shortened[2], 'opt/big'],
      ['2.9 KiB', shortened[0], 'usr/bin/文件'],
      ['5 B', shortened[0], 'etc/motd'],
      [''],
    ]);
  });

  test('matches the JSON report', async () => {
    const { stdout } = await runSociIndex(['inspect', name, '--json']);
    const { platforms, largestFiles } = JSON.parse(stdout) as Report;
    const lazyBytes = large.bytes.length + largest.bytes.length;
    expect(platforms).toMatchObject([
      { layers: 3, bytes: lazyBytes + small.bytes.length, indexes: [{ lazyBytes }] },
    ]);
    expect(largestFiles).toEqual([
      { name: 'opt/big', size: 9000, layer: largest.descriptor.digest },
      { name: 'usr/bin/文件', size: 3000, layer: large.descriptor.digest },
      { name: 'etc/motd', size: 5, layer: large.descriptor.digest },
    ]);
  });

  test.each([20, 40, 60, 80])('has tables that fit into %i columns', async (columns) => {
    const { stdout } = await runSociIndex(['inspect', name], { COLUMNS: String(columns) });
    for (const line of stdout.split('\n').slice(6)) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    expect(stdout).toContain('opt/big');
    expect(stdout).toMatch(/9\d % lazily/);
  });

  test('suggests the next command if there is no index', async () => {
    const directory = join(folder, 'bare');
    await pushImage(new LayoutStore(directory), { layers: [large], tag: 'v1' });
    const inspect = async () => (await runSociIndex(['inspect', `oci:${directory}:v1`])).stdout;
    const bare = await inspect();
    expect(bare).toContain('  no SOCI index: all of it is downloaded before a container starts\n');
    expect(bare).toContain(`\nNext\n  soci-index index oci:${directory}:v1\n`);
    expect(bare).toContain(`\n  soci-index doctor oci:${directory}:v1\n`);
    await runSociIndex(['index', `oci:${directory}:v1`, ...indexing]);
    expect(await inspect()).toContain('\nNext\n  the tag v1-soci exists: ');
  });

  test('lists the platforms without an index if another platform has one', async () => {
    const directory = join(folder, 'partly');
    const store = new LayoutStore(directory);
    const entries = [
      await pushImage(store, { layers: [large] }),
      await pushImage(store, { layers: [largest], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    await runSociIndex(['index', `oci:${directory}:v1`, '--platform', 'linux/amd64', ...indexing]);
    const { stdout } = await runSociIndex(['inspect', `oci:${directory}:v1-soci`]);
    expect(stdout).toContain(`\nNext\n  soci-index index oci:${directory}:v1-soci --platform linux/arm64\n`);
    expect(stdout).not.toContain('exists: with V2');
  });

  test('shows an image with a missing SOCI index and a missing zTOC, with exit code 0', async () => {
    const directory = join(folder, 'incomplete');
    const store = new LayoutStore(directory);
    const entries = [
      await pushImage(store, { layers: [large] }),
      await pushImage(store, { layers: [largest], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    const indexed = await runSociIndex(['index', `oci:${directory}:v1`, ...indexing]);
    const { indexes } = JSON.parse(indexed.stdout) as {
      indexes: readonly { digest: string; layers: readonly { ztoc: { digest: string } }[] }[];
    };
    const remove = (digest: string) => {
      rmSync(join(directory, 'blobs', 'sha256', digest.slice(7)));
    };
    const lostIndex = indexes[1]!.digest;
    const lostZtoc = indexes[0]!.layers[0]!.ztoc.digest;
    remove(lostIndex);
    remove(lostZtoc);
    const words = await runSociIndex(['inspect', `oci:${directory}:v1-soci`]);
    expect(words).toMatchObject({ exitCode: 0, stderr: '' });
    expect(words.stdout).toContain(`the image refers to SOCI index V2 ${lostIndex}, but it is missing`);
    const json = await runSociIndex(['inspect', `oci:${directory}:v1-soci`, '--json']);
    expect((JSON.parse(json.stdout) as Report).platforms).toMatchObject([
      { indexes: [{ lazyBytes: 0, layers: [{ problem: `the zTOC ${lostZtoc} is missing` }] }] },
      { indexes: [], missingIndexes: [{ version: 'V2', digest: lostIndex, problem: 'it is missing' }] },
    ]);
  });

  test('counts no lazy bytes for a platform that cannot be lazy-loaded', async () => {
    const directory = join(folder, 'windows');
    const store = new LayoutStore(directory);
    await pushImage(store, {
      layers: [large],
      tag: 'v1',
      platform: { architecture: 'amd64', os: 'windows' },
    });
    await runSociIndex(['index', `oci:${directory}:v1`, ...indexing]);
    const { stdout } = await runSociIndex(['inspect', `oci:${directory}:v1-soci`, '--json']);
    expect((JSON.parse(stdout) as Report).platforms).toMatchObject([{ indexes: [{ lazyBytes: 0 }] }]);
    const words = await runSociIndex(['inspect', `oci:${directory}:v1-soci`]);
    expect(words.stdout).toContain('no runtime loads it lazily, because it is not a Linux image');
    expect(words.stdout).toContain('0 % lazily');
  });

  test('names the layer of a damaged zTOC', async () => {
    const directory = join(folder, 'damaged');
    const store = new LayoutStore(directory);
    await pushImage(store, { layers: [large], tag: 'v1' });
    await runSociIndex(['index', `oci:${directory}:v1`, ...indexing]);
    await damageImage(store, { ztoc: (bytes) => bytes.subarray(0, bytes.length - 40) });
    const { exitCode, stdout, stderr } = await runSociIndex(['inspect', `oci:${directory}:v1-soci`]);
    expect([exitCode, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      new RegExp(
        `ztoc: the zTOC of layer ${large.descriptor.digest} is damaged \\(soci-index verify shows details\\): .`,
      ),
    );
  });

  test('shows the ten largest files, each once, even if a layer has two zTOCs', async () => {
    const directory = join(folder, 'two-platforms');
    const store = new LayoutStore(directory);
    const sizes = Array.from({ length: 8 }, (_, index) => [`usr/lib/${index}`, 100 + index] as const);
    const shared = layerOf(Object.fromEntries(sizes));
    const own = layerOf(Object.fromEntries(sizes.map(([file, size]) => [`own-${file}`, size + 10])));
    const entries = [
      await pushImage(store, { layers: [shared, own] }),
      await pushImage(store, { layers: [shared], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    const name = `oci:${directory}:v1`;
    await runSociIndex(['index', name, '--platform', 'linux/amd64', ...indexing]);
    const options = ['--target-tag', 'v1-soci', '--span-size', '65536', ...indexing];
    await runSociIndex(['index', `${name}-soci`, '--platform', 'linux/arm64', ...options]);

    const { stdout } = await runSociIndex(['inspect', `${name}-soci`, '--json']);
    const { platforms, largestFiles } = JSON.parse(stdout) as Report;
    expect(platforms.map(({ indexes }) => indexes.length)).toEqual([1, 1]);
    expect(new Set(Array.from(stdout.matchAll(/"spanSize":(\d+)/g), ([, size]) => size))).toEqual(
      new Set(['4194304', '65536']),
    );
    expect(largestFiles.map(({ size }) => size)).toEqual([117, 116, 115, 114, 113, 112, 111, 110, 107, 106]);
  });
});

test('the JSON of a zTOC includes every file, even more than a thousand', async () => {
  const tar = new TarWriter();
  for (let file = 0; file < 1001; file++) tar.entry({ name: `file-${file}` });
  writeFileSync(join(folder, 'layer.tar.gz'), gzipOf(tar.end().bytes()));
  const ztoc = join(folder, 'layer.ztoc');
  await runSociIndex(['ztoc', join(folder, 'layer.tar.gz'), '--output', ztoc]);
  const { stdout } = await runSociIndex(['inspect', ztoc, '--json']);
  const { files } = JSON.parse(stdout) as { files: readonly { name: string }[] };
  expect(files.map(({ name }) => name)).toEqual(Array.from({ length: 1001 }, (_, file) => `file-${file}`));
});
