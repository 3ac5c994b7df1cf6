import { describe, expect, test } from '@jest/globals';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { parseManifest } from '../../lambda-src/core/oci/manifest.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { parseSociIndex } from '../../lambda-src/core/soci/soci-index.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import {
  blobOf,
  gzipLayer,
  type ImageParts,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { everyLayerToV2 } from '../helpers/index-options.ts';
import { RecordingStore } from '../helpers/recording-store.ts';

const label = 'soci-index-builder.prefetch-files';
const layers = [gzipLayer('a'), gzipLayer('b')];

function newStore(): RecordingStore & { readonly inner: DamagedStore } {
  const inner = new DamagedStore();
  return Object.assign(new RecordingStore(inner), { inner });
}

function index(store: RecordingStore, options: Partial<IndexImageOptions> = {}): Promise<ImageOutcome> {
  return indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      ...everyLayerToV2,
      spanSizeBytes: 65_536,
      buildToolIdentifier: 'a test',
      ...options,
    },
  );
}

async function storeWith(parts: ImageParts = {}): Promise<ReturnType<typeof newStore>> {
  const store = newStore();
  await pushImage(store, { layers, tag: 'v1', ...parts });
  return store;
}

/** The layers that the index of a platform prefetches, by default of the first one. */
async function prefetchedLayers(
  store: RecordingStore,
  { indexes }: ImageOutcome,
  at = 0,
): Promise<readonly Digest[]> {
  const { bytes } = await store.fetchManifest(indexes[at]!.digest!);
  return (parseSociIndex(bytes).prefetch ?? []).map(({ layerDigest }) => layerDigest!);
}

/** The number of layers read. */
function layersRead(store: RecordingStore): number {
  return store.events.filter(
    ({ kind, ...event }) =>
      kind === 'fetch blob' && 'mediaType' in event && event.mediaType === ociTypes.gzip,
  ).length;
}

const [lower, upper] = layers.map(({ descriptor }) => descriptor.digest) as [Digest, Digest];

describe('a list of files to prefetch', () => {
  test('adds an artifact to the layers that have the files', async () => {
    const store = await storeWith();
    const outcome = await index(store, { prefetch: ['/etc/b', 'etc/a'] });
    expect(outcome).toMatchObject({ status: 'indexed', warnings: [] });
    expect(await prefetchedLayers(store, outcome)).toEqual([lower, upper]);
  });

  test('counts as another setting: the index is rebuilt, and no layer is read', async () => {
    const store = await storeWith();
    const plain = await index(store);
    store.events.length = 0;
    const listed = await index(store, { prefetch: ['/etc/a'] });
    expect(listed).toMatchObject({ status: 'indexed', bytesRead: 0 });
    const other = await index(store, { prefetch: ['/etc/b'] });
    expect(other).toMatchObject({ status: 'indexed', bytesRead: 0 });
    expect(await prefetchedLayers(store, other)).toEqual([upper]);
    const again = await index(store, { prefetch: ['/etc/b'] });
    expect(again).toMatchObject({ status: 'already-indexed', bytesRead: 0 });
    const empty = await index(store, { prefetch: [] });
    expect(empty).toMatchObject({ status: 'indexed', bytesRead: 0 });
    expect('digest' in empty && empty.digest).toBe('digest' in plain && plain.digest);
    expect(layersRead(store)).toBe(0);
  });

  test('works with V1, too', async () => {
    const store = await storeWith();
    await index(store, { version: 'V1' });
    store.events.length = 0;
    const outcome = await index(store, { version: 'V1', prefetch: ['/etc/a'] });
    expect(outcome).toMatchObject({ status: 'indexed', bytesRead: 0 });
    expect(await prefetchedLayers(store, outcome)).toEqual([lower]);
    expect(await index(store, { version: 'V1', prefetch: ['/etc/a'] })).toMatchObject({
      status: 'already-indexed',
    });
  });

  test('keeps the artifacts of platforms that were not requested', async () => {
    const store = newStore();
    const entries: Descriptor[] = [];
    for (const platform of [linuxAmd64, linuxArm64])
      entries.push(await pushImage(store, { platform, layers }));
    await pushIndex(store, entries, { tag: 'v1' });
    await index(store, { prefetch: ['/etc/a'] });
    const source = await store.fetchManifest('v1-soci');
    await store.pushManifest(source, 'v1');
    const outcome = await index(store, {
      force: true,
      prefetch: ['/etc/b'],
      platforms: [parsePlatform('linux/arm64')],
    });
    expect(outcome).toMatchObject({ status: 'indexed' });
    const verdict = await verifyImage(store, 'v1', { minimumLayerSizeBytes: 0, jobs: ownThread });
    expect(verdict).toMatchObject({ status: 'valid' });
    const prefetched: unknown[] = [];
    for (const { digest } of verdict.indexes) {
      prefetched.push(
        parseSociIndex((await store.fetchManifest(digest!)).bytes).prefetch?.map((one) => one.layerDigest),
      );
    }
    expect(prefetched).toEqual([[lower], [upper]]);
  });

  test('causes a warning about a file that is in no zTOC, with the layers that may contain it', async () => {
    const small = blobOf(new Uint8Array(10), ociTypes.zstd);
    const store = await storeWith({ layers: [...layers, small] });
    const outcome = await index(store, { prefetch: ['/nope', '/etc/a'] });
    expect(outcome).toMatchObject({
      status: 'indexed',
      warnings: [
        `linux/amd64: the file to prefetch "/nope" was not found in any zTOC; it may be in a layer without a zTOC: ${small.descriptor.digest}`,
      ],
    });
  });

  test('causes warnings that name ten missing files, and count the others', async () => {
    const store = await storeWith();
    const { warnings } = await index(store, { prefetch: Array.from({ length: 25 }, (_, at) => `/x${at}`) });
    expect(warnings).toHaveLength(11);
    expect(warnings[10]).toBe('linux/amd64: 15 more files to prefetch were not found in any zTOC');
  });

  test('names all of ten missing files, and no layer if every layer has a zTOC', async () => {
    const store = await storeWith();
    const paths = Array.from({ length: 10 }, (_, at) => `/x${at}`);
    const { warnings } = await index(store, { prefetch: paths });
    expect(warnings).toEqual(
      paths.map((path) => `linux/amd64: the file to prefetch "${path}" was not found in any zTOC`),
    );
  });

  test.each([
    [10, ''],
    [11, ' and 1 more'],
  ])('names ten of %i layers without a zTOC', async (count, more) => {
    const small = Array.from({ length: count }, (_, at) => blobOf(new Uint8Array(10 + at), ociTypes.zstd));
    const store = await storeWith({ layers: [...layers, ...small] });
    const { warnings } = await index(store, { prefetch: ['/nope'] });
    const named = small.slice(0, 10).map(({ descriptor }) => descriptor.digest);
    expect(warnings).toEqual([
      `linux/amd64: the file to prefetch "/nope" was not found in any zTOC; it may be in a layer without a zTOC: ${named.join(', ')}${more}`,
    ]);
  });

  test('causes a deleted artifact to be written again', async () => {
    const store = await storeWith();
    const first = await index(store, { prefetch: ['/etc/a'] });
    const gone = first.indexes[0]!.prefetch![0]!.digest;
    store.inner.deleted.add(gone);
    store.events.length = 0;
    expect(await index(store, { prefetch: ['/etc/a'] })).toMatchObject({ status: 'indexed', bytesRead: 0 });
    expect(store.events).toContainEqual(expect.objectContaining({ kind: 'push blob', digest: gone }));
  });
});

describe('the label of an image', () => {
  test.each([
    ['a JSON array', '["/etc/a", "/etc/b"]'],
    ['lines', '/etc/a\n\n  /etc/b\r\n'],
  ])('lists files as %s', async (_, value) => {
    const store = await storeWith({ labels: { [label]: value } });
    const outcome = await index(store, { prefetch: 'label' });
    expect(outcome).toMatchObject({ status: 'indexed', warnings: [] });
    expect(await prefetchedLayers(store, outcome)).toEqual([lower, upper]);
    expect(await index(store, { prefetch: 'label' })).toMatchObject({
      status: 'already-indexed',
      bytesRead: 0,
    });
  });

  test('is ignored if a list is given, or if it is switched off', async () => {
    const prefetched: (readonly Digest[])[] = [];
    for (const prefetch of [['/etc/b'], [], undefined]) {
      const store = await storeWith({ labels: { [label]: '/etc/a' } });
      const outcome = await index(store, prefetch === undefined ? {} : { prefetch });
      prefetched.push(await prefetchedLayers(store, outcome));
    }
    expect(prefetched).toEqual([[upper], [], []]);
  });

  test.each<readonly [string, unknown, RegExp]>([
    ['is not text', 5, /is not a string/],
    ['is another JSON value', '["/a", 5]', /it is not a JSON array of strings/],
    ['is malformed JSON', '["/a"', /it is not a JSON array of strings/],
    ['leads out of the image', '/a\n/../../etc/shadow', /"\/\.\.\/\.\.\/etc\/shadow" leads out of the image/],
    ['has a path that is too long', `/a\n/${'x'.repeat(5000)}`, /a path of 5001 bytes is longer than 4096/],
    ['is too large', `/a\n${'/x\n'.repeat(200_000)}`, /it has \d+ characters, more than 262144/],
    [
      'has too many files',
      `/a\n${'/x\n'.repeat(10_000)}`,
      /only the first 10000 of its 10001 files are used/,
    ],
  ])('causes a warning if it %s', async (_, value, problem) => {
    const store = await storeWith({ labels: { [label]: value } });
    const outcome = await index(store, { prefetch: 'label' });
    expect(outcome.status).toBe('indexed');
    expect(outcome.warnings[0]).toMatch(/^linux\/amd64: label soci-index-builder\.prefetch-files: /);
    expect(outcome.warnings[0]).toMatch(problem);
  });

  test('causes a warning if the config is missing', async () => {
    const store = newStore();
    const image = await pushImage(store, { layers });
    await pushIndex(store, [image], { tag: 'v1' });
    const { config } = parseManifest((await store.fetchManifest(image.digest)).bytes);
    store.inner.deleted.add(config.digest);
    const { status, warnings } = await index(store, { prefetch: 'label' });
    expect([status, warnings]).toEqual([
      'indexed',
      [expect.stringMatching(/the image's config cannot be read/)],
    ]);
  });
});

test('a platform without an index causes no warning about the file', async () => {
  const store = newStore();
  const plain = blobOf(Buffer.from('no gzip at all'), ociTypes.gzip);
  const amd64 = await pushImage(store, { layers, platform: linuxAmd64 });
  const arm64 = await pushImage(store, { layers: [plain], platform: linuxArm64 });
  await pushIndex(store, [amd64, arm64], { tag: 'v1' });
  const outcome = await index(store, { prefetch: ['/etc/a'] });
  expect(outcome).toMatchObject({ status: 'indexed', warnings: [] });
});

test('the label is not read if the image has no layer to index', async () => {
  const store = await storeWith({ labels: { [label]: '["../outside"]' } });
  const outcome = await index(store, { prefetch: 'label', minimumLayerSizeBytes: 1_000_000 });
  expect(outcome).toMatchObject({ status: 'skipped', reason: 'no-layer-to-index', warnings: [] });
  expect(await index(store, { prefetch: 'label' })).toMatchObject({
    status: 'indexed',
    warnings: [expect.stringContaining('outside')],
  });
});
