import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import { index } from '../doctor/diagnosed-image.ts';
import {
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';

async function pushIndexed() {
  const store = new MemoryStore();
  const entries = [
    await pushImage(store, { platform: linuxAmd64, layers: [gzipLayer('a')] }),
    await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('b')] }),
  ];
  await pushIndex(store, entries, { tag: 'v1' });
  return { store, digest: await index(store, 'v1') };
}

test('an indexed image has its platforms in their order, each with its own SOCI index', async () => {
  const { store, digest } = await pushIndexed();
  const image = await readIndexedImage(store, 'v1-soci');
  if (image.kind !== 'image') throw new Error(image.kind);
  expect(image.digest).toBe(digest);
  expect(image.platforms.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
  for (const { v2, manifest } of image.platforms) {
    expect(v2?.entries.map((entry) => entry.digest)).toEqual([v2?.named]);
    if (v2?.found?.kind !== 'present') throw new Error('its SOCI index is missing');
    expect(v2.found.layers.map(({ layerDigest }) => layerDigest)).toEqual(
      manifest.layers.map((layer) => layer.digest),
    );
  }
});

test('an indexed image has the wanted platforms only', async () => {
  const { store } = await pushIndexed();
  const image = await readIndexedImage(store, 'v1-soci', [parsePlatform('linux/arm64')]);
  if (image.kind !== 'image') throw new Error(image.kind);
  expect(image.platforms.map(({ platform }) => platform.architecture)).toEqual(['arm64']);
});

test('a SOCI index that is named itself is one, and not an image', async () => {
  const { store } = await pushIndexed();
  const image = await readIndexedImage(store, 'v1-soci');
  if (image.kind !== 'image') throw new Error(image.kind);
  const digest = image.platforms[0]!.v2!.named!;
  expect(await readIndexedImage(store, digest)).toMatchObject({
    kind: 'soci-index',
    index: { kind: 'present', version: 'V2', digest },
  });
});

test('an image index is never taken for a SOCI index, whatever its manifest says', async () => {
  const store = new MemoryStore();
  const digest = await pushIndex(store, [], { tag: 'v1' });
  expect(await readIndexedImage(store, 'v1')).toEqual({ kind: 'image', digest, platforms: [] });
});

test('an attestation is not an image', async () => {
  const store = new MemoryStore();
  await pushAttestation(store, await pushImage(store), 'v1');
  const { digest } = (await store.resolve('v1'))!;
  expect(await readIndexedImage(store, 'v1')).toEqual({ kind: 'none', digest, reason: 'attestation' });
});
