import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { missingFromPart, readSourceImage, type SourceImage } from '../../lambda-src/image/source-image.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { linuxAmd64, linuxArm64, pushAttestation, pushImage, pushIndex } from '../helpers/images.ts';

async function read(store: MemoryStore, tag: string, platform?: string): Promise<SourceImage> {
  const wanted = platform === undefined ? undefined : [parsePlatform(platform)];
  const image = await readSourceImage(store, await store.fetchManifest(tag), wanted);
  if (image.kind !== 'image') throw new Error(image.reason);
  return image;
}

/** A store that has everything but these manifests. */
function without(store: MemoryStore, ...gone: readonly Descriptor[]): MemoryStore {
  const fetch = store.fetchManifest.bind(store);
  store.fetchManifest = (reference) =>
    fetch(gone.some(({ digest }) => digest === reference) ? digestOf(Buffer.from('gone')) : reference);
  return store;
}

function withoutPlatform({ mediaType, digest, size, annotations }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(annotations && { annotations }) };
}

describe('an image', () => {
  test('that is an empty index has no platforms, and is not an artifact', async () => {
    const store = new MemoryStore();
    await pushIndex(store, [], { tag: 'v1' });
    expect((await read(store, 'v1')).choices.available).toEqual([]);
  });

  test('whose SOCI index is missing is not a copy in part: the index can be made again', async () => {
    const store = new MemoryStore();
    await pushIndex(store, [await pushImage(store)], { tag: 'v1' });
    await index(store, 'v1');
    const { sociEntries } = await read(store, 'v1-soci');
    const again = await read(without(store, ...sociEntries.map(({ entry }) => entry)), 'v1-soci');
    expect(again.missing).toEqual([]);
    expect(again.sociEntries.map(({ found }) => found.kind)).toEqual(['missing']);
  });

  test('has attestations, which are no images without a platform', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store);
    const attestation = withoutPlatform(await pushAttestation(store, image));
    const unnamed = withoutPlatform(await pushImage(store, { platform: linuxArm64 }));
    await pushIndex(store, [image, attestation, unnamed], { tag: 'v1' });
    expect((await read(store, 'v1')).withoutPlatform.map(({ digest }) => digest)).toEqual([unnamed.digest]);
  });

  test('of which a platform was not copied may lack its attestation too', async () => {
    const store = new MemoryStore();
    const amd64 = await pushImage(store, { platform: linuxAmd64 });
    const arm64 = await pushImage(store, { platform: linuxArm64 });
    const attestation = await pushAttestation(store, arm64);
    await pushIndex(store, [amd64, arm64, attestation], { tag: 'v1' });
    const image = await read(without(store, arm64, attestation), 'v1', 'linux/amd64');
    expect(image.missing.map(({ digest }) => digest)).toEqual([arm64.digest, attestation.digest]);
    expect(missingFromPart(image, [linuxAmd64])).toEqual([]);
    expect(missingFromPart(image, undefined)).toHaveLength(2);
  });
});
