import { describe, expect, test } from '@jest/globals';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { WriteObserver } from '../../lambda-src/indexer/write-observer.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';

const layer = gzipLayer('a');

async function openObserved() {
  const store = new DamagedStore();
  const { digest } = await pushImage(store, { layers: [layer], tag: 'v1' });
  const other = await pushImage(store, { layers: [gzipLayer('b')] });
  const manifest = await store.fetchManifest(digest);
  store.pushed.length = 0;
  return { store, observer: new WriteObserver(store), manifest, other };
}

type Observed = Awaited<ReturnType<typeof openObserved>>;
type Write = (observed: Observed) => Promise<void>;

const writes: readonly (readonly [string, Write, string])[] = [
  ['a blob', ({ observer }) => observer.pushBlob(layer.descriptor, layer.bytes), layer.descriptor.digest],
  ['a manifest', ({ observer, manifest }) => observer.pushManifest(manifest), 'manifest'],
  ['a referrer', ({ observer, manifest }) => observer.pushReferrer(manifest), 'manifest'],
];

describe.each(writes)('writing %s', (_, write, what) => {
  const digestIn = ({ manifest }: Observed) => (what === 'manifest' ? manifest.digest : what);

  test('changes nothing if it exists, but is still done', async () => {
    const observed = await openObserved();
    await write(observed);
    expect(observed.observer.hasChanged).toBe(false);
    expect(observed.store.pushed).toEqual([digestIn(observed)]);
  });

  test('changes something if it was missing', async () => {
    const observed = await openObserved();
    observed.store.deleted.add(digestIn(observed));
    await write(observed);
    expect(observed.observer.hasChanged).toBe(true);
    await write(observed);
    expect(observed.observer.hasChanged).toBe(true);
  });

  test.each([
    ['changes something if it was damaged', new ContentMismatchError('sha256:0', 'it ends early'), true],
    ['fails if the store does', new Error('status 500'), false],
  ])('%s', async (__, error, isChange) => {
    const observed = await openObserved();
    const { store } = observed;
    store.fetchManifest = () => Promise.reject(error);
    store.fetchBlob = () => {
      throw error;
    };
    if (isChange) await write(observed);
    else await expect(write(observed)).rejects.toThrow(error.message);
    expect(observed.observer.hasChanged).toBe(isChange);
  });
});

test('moving a tag changes something, but not writing the tag that is there', async () => {
  const { store, observer, manifest, other } = await openObserved();
  await observer.pushManifest(manifest, 'v1');
  expect(observer.hasChanged).toBe(false);
  await observer.pushManifest(await store.fetchManifest(other.digest), 'v1');
  expect(observer.hasChanged).toBe(true);
  expect((await store.resolve('v1'))!.digest).toBe(other.digest);
});

test('a blob of which the store delivers only a part counts as missing', async () => {
  const { store, observer } = await openObserved();
  store.fetchBlob = async function* () {
    await Promise.resolve();
    yield layer.bytes.subarray(1);
  };
  await observer.pushBlob(layer.descriptor, layer.bytes);
  expect(observer.hasChanged).toBe(true);
});

test('everything is read from the store itself', async () => {
  const { store, observer, manifest } = await openObserved();
  const reader: ContentStore = observer;
  expect(await reader.fetchManifest('v1')).toEqual(manifest);
  expect(await reader.resolve('v1')).toEqual(await store.resolve('v1'));
  expect(await reader.hasBlob(layer.descriptor.digest)).toBe(true);
  expect(await reader.listReferrers(manifest.digest)).toEqual([]);
  const pieces: Uint8Array[] = [];
  for await (const piece of reader.fetchBlob(layer.descriptor)) pieces.push(piece);
  expect(Buffer.concat(pieces).equals(layer.bytes)).toBe(true);
  expect(observer.hasChanged).toBe(false);
});
