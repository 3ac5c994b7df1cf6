import { describe, expect, test } from '@jest/globals';
import { type ContentStore, NotFoundError } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Descriptor, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import {
  describeEntry,
  isAlreadyConverted,
  missingFromPart,
  MissingManifestError,
  readPlatformImages,
  readSourceImage,
  type SourceImage,
} from '../../lambda-src/image/source-image.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import {
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';

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

describe('the manifests of an image index', () => {
  /** Pushes a manifest of exactly this size. */
  async function pushSized(store: ContentStore, name: string, sizeBytes: number): Promise<Descriptor> {
    const padded = (padding: string) => pushImage(store, { annotations: { name, padding } });
    return padded('x'.repeat(sizeBytes - (await padded('')).size));
  }

  const mebibyte = 1024 * 1024;

  test('have at most 32 MiB in total', async () => {
    const store = new MemoryStore();
    const entries: Descriptor[] = [];
    for (let number = 0; number < 16; number++)
      entries.push(await pushSized(store, `${number}`, 2 * mebibyte));
    await pushIndex(store, entries, { tag: 'v1' });
    expect((await read(store, 'v1')).manifests.size).toBe(16);
    entries[15] = await pushSized(store, '15', 2 * mebibyte + 1);
    const digest = await pushIndex(store, entries, { tag: 'v1' });
    await expect(read(store, 'v1')).rejects.toThrow(
      `the manifests of the image index ${digest} have more than 33554432 bytes`,
    );
  });

  /** How many manifests are fetched at the same time, each time that all requests in flight have an answer. */
  async function readBatches(
    entries: readonly Descriptor[],
    before: readonly Descriptor[] = [],
    store = new DamagedStore(),
  ): Promise<readonly number[]> {
    for (const { digest } of entries) store.deleted.add(digest);
    const fetchManifest = store.fetchManifest.bind(store);
    const batches: number[] = [];
    let inFlight = 0;
    store.fetchManifest = async (reference) => {
      if (!entries.some(({ digest }) => digest === reference)) return fetchManifest(reference);
      if (inFlight === 0) batches.push(0);
      batches[batches.length - 1]!++;
      inFlight++;
      await new Promise(setImmediate);
      inFlight--;
      throw new NotFoundError(reference);
    };
    await pushIndex(store, [...before, ...entries], { tag: 'v1' });
    await read(store, 'v1', 'linux/arm64');
    return batches;
  }

  const entryOf = (name: string, size: number): Descriptor => ({
    mediaType: ociTypes.manifest,
    digest: digestOf(Buffer.from(name)),
    size,
    platform: linuxAmd64,
  });
  const entriesOf = (count: number, size: number) =>
    Array.from({ length: count }, (_, number) => entryOf(`${number}`, size));

  test('are fetched eight at a time', async () => {
    expect(await readBatches(entriesOf(17, 1))).toEqual([8, 8, 1]);
  });

  test('are fetched together only if they fit into the limit by their declared sizes', async () => {
    expect(await readBatches(entriesOf(4, 16 * mebibyte))).toEqual([2, 2]);
    expect(await readBatches(entriesOf(2, 16 * mebibyte + 1))).toEqual([1, 1]);
    expect(await readBatches(entriesOf(2, 33 * mebibyte))).toEqual([1, 1]);
    const store = new DamagedStore();
    const before: Descriptor[] = [];
    for (let number = 0; number < 8; number++) {
      before.push(await pushSized(store, `${number}`, 2 * mebibyte));
    }
    expect(await readBatches(entriesOf(4, 8 * mebibyte), before, store)).toEqual([2, 2]);
  });
});

test('an entry is described by its kind, its digest and, if it is known, its platform', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store);
  const { digest } = image;
  const unknown = { os: 'unknown', architecture: 'unknown' };
  const attestation = await pushAttestation(store, image);
  expect([
    describeEntry(image),
    describeEntry(withoutPlatform(image)),
    describeEntry({ ...image, platform: unknown }),
    describeEntry(attestation),
  ]).toEqual([
    `the manifest ${digest} for linux/amd64`,
    `the manifest ${digest}`,
    `the manifest ${digest}`,
    `the attestation ${attestation.digest}`,
  ]);
});

describe('an image index', () => {
  async function readAny(store: ContentStore, entries: readonly Descriptor[]) {
    const digest = await pushIndex(store, entries);
    return readSourceImage(store, await store.fetchManifest(digest), undefined);
  }

  const layerEntry: Descriptor = gzipLayer('cached').descriptor;
  const notAnImage = { kind: 'none', reason: 'not-an-image' };

  test('of layers only, as BuildKit writes its cache, is not an image', async () => {
    const store = new MemoryStore();
    expect(await readAny(store, [layerEntry])).toEqual(notAnImage);
    expect(await readAny(store, [layerEntry, gzipLayer('another').descriptor])).toEqual(notAnImage);
    const image = await pushImage(store);
    expect(await readAny(store, [layerEntry, image])).toMatchObject({
      kind: 'image',
      manifests: new Map([[image.digest, expect.anything()]]),
      missing: [],
    });
  });

  test('that contains an image index is refused', async () => {
    const store = new MemoryStore();
    const inner = await pushIndex(store, [await pushImage(store)]);
    const entry = { mediaType: ociTypes.index, digest: inner, size: 1 };
    await expect(readAny(store, [entry])).rejects.toThrow('image index within an image index');
  });

  test('is not an image if all its entries turn out to be signatures', async () => {
    const store = new MemoryStore();
    const signature = await pushSignature(store, 'one');
    expect(await readAny(store, [signature])).toEqual(notAnImage);
    expect(await readAny(store, [signature, await pushSignature(store, 'another')])).toEqual(notAnImage);
  });

  test('has for each platform its first entry that is an image', async () => {
    const store = new MemoryStore();
    const signatures = [await pushSignature(store, 'one'), await pushSignature(store, 'another')];
    const image = await pushImage(store);
    const later = await pushImage(store, { layers: [gzipLayer('later')] });
    const arm64 = await pushImage(store, { platform: linuxArm64 });
    const source = await readAny(store, [...signatures, image, later, arm64]);
    if (source.kind !== 'image') throw new Error(source.kind);
    expect(source.choices.chosen.map(({ entry }) => entry)).toEqual([image, arm64]);
  });

  test('needs the manifests of its chosen platforms', async () => {
    const store = new DamagedStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    store.deleted.add(arm64.digest);
    expect((await read(store, 'v1', 'linux/amd64')).missing).toEqual([arm64]);
    const error: unknown = await read(store, 'v1').catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MissingManifestError);
    expect(error).toMatchObject({
      entry: arm64,
      reason: 'manifest-missing',
      message: `the image index names the manifest ${arm64.digest} for linux/arm64, which is missing`,
    });
  });

  test('may have entries without a platform that are converted images, damaged or missing', async () => {
    const store = new DamagedStore();
    const converted = withoutPlatform(
      await pushImage(store, {
        annotations: { 'com.amazon.soci.index-digest': digestOf(Buffer.from('index')) },
      }),
    );
    const missing = withoutPlatform(await pushImage(store, { platform: linuxArm64 }));
    const signature = withoutPlatform(await pushSignature(store, 'one'));
    const broken = { ...missing, digest: digestOf(Buffer.from('broken')) };
    store.deleted.add(missing.digest);
    const fetchManifest = store.fetchManifest.bind(store);
    store.fetchManifest = (reference) =>
      reference === broken.digest
        ? Promise.resolve({ ...broken, bytes: Buffer.from('{') })
        : fetchManifest(reference);
    const source = await readAny(store, [converted, missing, signature, broken]);
    if (source.kind !== 'image') throw new Error(source.kind);
    expect(source.withoutPlatform).toEqual([converted]);
    expect(source.missing).toEqual([missing]);
  });
});

test('a single manifest may be a SOCI index, an attestation or an artifact instead of an image', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { tag: 'v1' });
  await index(store, 'v1', { version: 'V1' });
  const [sociIndex] = await store.listReferrers(image.digest);
  const attestation = await pushAttestation(store, image);
  const signature = await pushSignature(store, 'one');
  const found = [];
  for (const { digest } of [sociIndex!, attestation, signature]) {
    found.push(await readSourceImage(store, await store.fetchManifest(digest), undefined));
  }
  expect(found).toEqual([
    { kind: 'none', reason: 'soci-index' },
    { kind: 'none', reason: 'attestation' },
    { kind: 'none', reason: 'not-an-image' },
  ]);
});

test('a single manifest is read as an image index with one entry, for the platform in its config', async () => {
  const store = new MemoryStore();
  const { mediaType, digest, size } = await pushImage(store, { platform: linuxArm64, tag: 'v1' });
  const { bytes } = await store.fetchManifest('v1');
  const image = await read(store, 'v1');
  expect(image).toEqual({
    kind: 'image',
    digest,
    index: { mediaType: ociTypes.index, manifests: [{ mediaType, digest, size, platform: linuxArm64 }] },
    choices: {
      chosen: [{ platform: linuxArm64, entry: image.index.manifests[0] }],
      missing: [],
      available: [linuxArm64],
    },
    manifests: new Map([[digest, bytes]]),
    sociEntries: [],
    sociDigests: new Set(),
    missing: [],
    config: new Uint8Array(Buffer.from(JSON.stringify(linuxArm64))),
    withoutPlatform: [],
  });
});

test('an image is converted only if every platform has its SOCI index', async () => {
  const store = new MemoryStore();
  const entries = [
    await pushImage(store, { layers: [gzipLayer('a')] }),
    await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('b')] }),
  ];
  await pushIndex(store, entries, { tag: 'v1' });
  const isConverted = async (tag: string, platform?: string) => {
    const image = await read(store, tag, platform);
    return isAlreadyConverted(image, readPlatformImages(image));
  };
  expect(await isConverted('v1')).toBe(false);
  await index(store, 'v1', { platforms: [linuxAmd64] });
  expect(await isConverted('v1-soci')).toBe(false);
  expect(await isConverted('v1-soci', 'linux/amd64')).toBe(true);
  await index(store, 'v1');
  expect(await isConverted('v1-soci')).toBe(true);
});

/** A signature by an old cosign: with an image's config, but none of its layers is one. */
function pushSignature(store: ContentStore, name: string): Promise<Descriptor> {
  return pushImage(store, {
    layers: [blobOf(Buffer.from(name), 'application/vnd.dev.cosign.simplesigning.v1+json')],
  });
}
