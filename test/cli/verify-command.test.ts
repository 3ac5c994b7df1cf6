import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import type { ImageVerdict } from '../../lambda-src/verifier/verdict.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';
import { changeZtoc, damageImage, gzipLayer, settings } from '../verifier/indexed-image.ts';

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();
const everyLayer = ['--min-layer-size', '0'];

function run(...args: readonly string[]) {
  return runSociIndex(['verify', ...args], { DOCKER_CONFIG: folder });
}

async function pushIndexed(store: ContentStore): Promise<void> {
  await pushImage(store, { layers: [gzipLayer], tag: 'v1' });
  const options = {
    ...settings,
    minimumLayerSizeBytes: 0,
    missingPlatforms: 'refuse',
    jobs: ownThread,
  } as const;
  await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    { ...options, version: 'V2', targetTag: 'v1-soci' },
  );
}

interface Report extends ImageVerdict {
  readonly image: string;
  readonly seconds: number;
}

describe('an image with a good index', () => {
  test('in a registry is valid, in words and as one JSON object', async () => {
    const registry = await openRegistry();
    await pushIndexed(openStore(registry));
    const name = `${registry.host}/${repository}:v1-soci`;

    const words = await run(name, ...everyLayer);
    expect(words.exitCode).toBe(0);
    expect(words.stdout).toMatch(
      /^valid: .*:v1-soci\n {2}linux\/amd64: SOCI index V2 sha256:\w{64}, valid\n {4}layer sha256:\w{12} valid \(7 spans, 11 files\)\n {2}51\.2 KiB of layers read in [\d.]+ s\n$/,
    );
    expect(words.stderr).toMatch(/^reading 1 layer, 51\.2 KiB\nsha256:\w{12} {2}51\.2 KiB {2}proved\n$/);

    const json = await run(name, ...everyLayer, '--json', '--platform', 'linux/amd64');
    expect(json.exitCode).toBe(0);
    const report = JSON.parse(json.stdout) as Report;
    expect(Object.keys(report)).toEqual([
      'image',
      'status',
      'digest',
      'indexes',
      'warnings',
      'bytesRead',
      'seconds',
    ]);
    expect(report).toMatchObject({
      image: name,
      status: 'valid',
      indexes: [
        {
          platform: 'linux/amd64',
          version: 'V2',
          status: 'valid',
          layers: [{ status: 'valid', problems: [] }],
        },
      ],
      warnings: [],
      bytesRead: gzipLayer.bytes.length,
      seconds: expect.any(Number),
    });
  });
});

describe('in a layout', () => {
  const layout = join(folder, 'layout');
  const store = new LayoutStore(layout);
  beforeAll(async () => {
    await pushIndexed(store);
    const damage = changeZtoc((ztoc) => ({ ...ztoc, compressedSize: 7_000_000, uncompressedSize: 1 }));
    await damageImage(store, damage);
  });

  test('an image with a damaged index is invalid, with all that is wrong, and exit code 1', async () => {
    const words = await run(`oci:${layout}:v1-soci`, ...everyLayer);
    expect(words.exitCode).toBe(1);
    expect(words.stdout).toMatch(
      /^invalid: .*\n.*, invalid\n {4}layer sha256:\w{12} invalid \(.*\)\n {6}- the layer's size is recorded as 7000000 bytes; it is \d+\n {6}- the tar is recorded to end at byte 1; it ends at byte 208896\n/,
    );
    expect(words.stderr).toMatch(/ {2}2 problems\n/);
    const json = await run(`oci:${layout}:v1-soci`, ...everyLayer, '--json');
    expect(json.exitCode).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      status: 'invalid',
      indexes: [{ layers: [{ status: 'invalid', problems: [expect.any(String), expect.any(String)] }] }],
    });
  });

  test('an image without an index is told how to get one, with exit code 1', async () => {
    const words = await run(`oci:${layout}:v1`);
    expect(words).toMatchObject({ exitCode: 1, stderr: '' });
    expect(words.stdout).toMatch(
      /^none \(no-soci-index\): .*:v1\n {2}the image has no SOCI index\n {2}soci-index index .*:v1 builds one/,
    );
    const json = await run(`oci:${layout}:v1`, '--json');
    expect([json.exitCode, JSON.parse(json.stdout)]).toMatchObject([
      1,
      { status: 'none', reason: 'no-soci-index', indexes: [] },
    ]);
  });

  test.each<readonly [string, readonly string[], number, RegExp]>([
    ['a tag that there is not', [`oci:${layout}:v9`, '--json'], 1, /has no tag v9\n/],
    [
      'a platform that the image does not have',
      [`oci:${layout}:v1`, '--platform', 'linux/s390x'],
      2,
      /has linux\/amd64\n$/,
    ],
    ['an invalid platform', [`oci:${layout}:v1`, '--platform', 'x'], 2, /expected OS\/ARCH/],
    ['a layout of several images, without a tag', [`oci:${layout}`], 2, /add one of :v1 :v1-soci/],
  ])('%s ends with a sentence', async (_, args, exitCode, sentence) => {
    const finished = await run(...args);
    expect(finished.exitCode).toBe(exitCode);
    expect(finished.stderr).toMatch(sentence);
    const isJson = args.includes('--json');
    expect(finished.stdout === '').toBe(!isJson);
    if (isJson)
      expect(JSON.parse(finished.stdout)).toMatchObject({
        status: 'failed',
        reason: 'not-found',
        message: expect.any(String),
      });
  });
});
