import { expect, test } from '@jest/globals';
import { fetchUnlessMissing } from '../../lambda-src/content/fetch-unless-missing.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { pushSample, sampleImage } from './sample-content.ts';

class BrokenStore extends MemoryStore {
  override fetchManifest(): Promise<never> {
    return Promise.reject(new Error('the network is down'));
  }
}

test('a manifest is fetched by its tag, and a missing one is undefined', async () => {
  const store = new MemoryStore();
  const image = sampleImage('one');
  await pushSample(store, image, 'v1');
  expect((await fetchUnlessMissing(store, 'v1'))?.digest).toBe(image.manifest.digest);
  expect(await fetchUnlessMissing(store, 'v2')).toBeUndefined();
});

test('a manifest that cannot be fetched for another reason is not taken for a missing one', async () => {
  await expect(fetchUnlessMissing(new BrokenStore(), 'v1')).rejects.toThrow('the network is down');
});
