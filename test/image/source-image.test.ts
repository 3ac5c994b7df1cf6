import { describe, expect, test } from '@jest/globals';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { missingFromPart, readSourceImage, type SourceImage } from '../../lambda-src/image/source-image.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import { linuxAmd64, linuxArm64, pushAttestation, pushImage, pushIndex } from '../helpers/images.ts';

async function read(store: ContentStore, tag: string, platform?: string): Promise<SourceImage> {
  const wanted = platform === undefined ? undefined : [parsePlatform(platform)];
  const image = await readSourceImage(store, await store.fetchManifest(tag), wanted);
  if (image.kind !== 'image') throw new Error(image.reason);
  return image;
}

function withoutPlatform({ mediaType, digest, size, annotations }: Descriptor): Descriptor {
  return { mediaType, digest, size, ...(annotations && { annotations }) };
}

describe('an image', () => {
  test('has no platforms if it is an empty index, and is not an artifact', async () => {
    const store = new MemoryStore();
    await pushIndex(store, [], { tag: 'v1' });
    expect((await read(store, 'v1')).choices.available).toEqual([]);
  });

  test('is not a partial copy if only its SOCI index is missing, because that can be made again', async () => {
    const store = new DamagedStore();
    await pushIndex(store, [await pushImage(store)], { tag: 'v1' });
    await index(store, 'v1');
    const { sociEntries } = await read(store, 'v1-soci');
    for (const { entry } of sociEntries) store.deleted.add(entry.digest);
    const again = await read(store, 'v1-soci');
    expect(again.missing).toEqual([]);
    expect(again.sociEntries.map(({ found }) => found.kind)).toEqual(['missing']);
  });

  test('may have attestations, which do not count as images without a platform', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store);
    const attestation = withoutPlatform(await pushAttestation(store, image));
    const unnamed = withoutPlatform(await pushImage(store, { platform: linuxArm64 }));
    await pushIndex(store, [image, attestation, unnamed], { tag: 'v1' });
    expect((await read(store, 'v1')).withoutPlatform.map(({ digest }) => digest)).toEqual([unnamed.digest]);
  });

  test('may lack the attestation of a platform that was not copied', async () => {
    const store = new DamagedStore();
    const amd64 = await pushImage(store, { platform: linuxAmd64 });
    const arm64 = await pushImage(store, { platform: linuxArm64 });
    const attestation = await pushAttestation(store, arm64);
    await pushIndex(store, [amd64, arm64, attestation], { tag: 'v1' });
    for (const { digest } of [arm64, attestation]) store.deleted.add(digest);
    const image = await read(store, 'v1', 'linux/amd64');
    expect(image.missing.map(({ digest }) => digest)).toEqual([arm64.digest, attestation.digest]);
    expect(missingFromPart(image, [linuxAmd64])).toEqual([]);
    expect(missingFromPart(image, undefined)).toHaveLength(2);
  });

  test('is incomplete if an entry of unknown type is missing along with a platform', async () => {
    const store = new DamagedStore();
    const amd64 = await pushImage(store, { platform: linuxAmd64 });
    const other = await pushImage(store, { platform: { os: 'unknown', architecture: 'unknown' } });
    await pushIndex(store, [amd64, other], { tag: 'v1' });
    store.deleted.add(other.digest);
    const image = await read(store, 'v1', 'linux/amd64');
    expect(missingFromPart(image, [linuxAmd64]).map(({ digest }) => digest)).toEqual([other.digest]);
  });
});
