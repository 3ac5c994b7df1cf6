import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { withoutWriting } from '../../lambda-src/content/without-writing.ts';
import {
  countedBytes,
  describeBlob,
  pushSample,
  readAll,
  sampleImage,
  sampleReferrer,
} from './sample-content.ts';

test('a store without writing gives what the store has', async () => {
  const store = new MemoryStore();
  const image = sampleImage('one');
  await pushSample(store, image, 'v1');
  await pushSample(store, sampleReferrer(image.manifest, 'application/vnd.a+json', {}));
  const view = withoutWriting(store);
  const blob = describeBlob(image.blobs[0]!);
  expect(Buffer.compare(await readAll(view.fetchBlob(blob)), image.blobs[0]!)).toBe(0);
  expect(await view.hasBlob(blob.digest)).toBe(true);
  expect((await view.fetchManifest('v1')).digest).toBe(image.manifest.digest);
  expect((await view.resolve('v1'))?.digest).toBe(image.manifest.digest);
  expect(await view.listReferrers(image.manifest.digest)).toHaveLength(1);
  expect(await view.listReferrers(image.manifest.digest, 'application/vnd.b+json')).toEqual([]);
});

test('a store without writing gives pushed blobs again, and leaves the store as it is', async () => {
  const store = new MemoryStore();
  const view = withoutWriting(store);
  const content = countedBytes(1000);
  await view.pushBlob(describeBlob(content), content);
  expect(Buffer.compare(await readAll(view.fetchBlob(describeBlob(content))), content)).toBe(0);
  const image = sampleImage('one');
  await pushSample(view, image, 'v1');
  await view.pushReferrer(sampleReferrer(image.manifest, 'application/vnd.a+json', {}).manifest);
  expect(await store.hasBlob(describeBlob(content).digest)).toBe(false);
  expect(await store.resolve('v1')).toBeUndefined();
  expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
});
