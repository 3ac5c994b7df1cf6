import { describe, expect, test } from '@jest/globals';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { type Descriptor, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import {
  findEmbeddedIndex,
  findReferringIndexes,
  findSociIndexes,
  flawOf,
  type FoundIndex,
  presentIndexesOf,
  readSociEntries,
  readSociIndex,
  readV2Image,
  recognizedDigests,
} from '../../lambda-src/image/soci-indexes.ts';
import { readPlatformImages, readSourceImage } from '../../lambda-src/image/source-image.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import {
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
  ztocOf,
} from '../helpers/images.ts';
import { pushSociIndex } from '../helpers/soci-index.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

const layer = gzipLayer('a');

/** Pushes a V1 SOCI index of `layer`. Different build tools give different digests. */
async function pushReferrer(
  store: ContentStore,
  subject: Descriptor,
  buildToolIdentifier: string,
): Promise<Descriptor> {
  const ztoc = ztocOf(layer, { spanSizeBytes: 4096, buildToolIdentifier });
  const { mediaType, digest, bytes } = await pushSociIndex(store, {
    version: 'V1',
    layers: [{ layer, ztoc }],
    spanSizeBytes: 4096,
    subject,
    buildToolIdentifier,
  });
  return { mediaType, digest, size: bytes.length, artifactType: sociIndexTypes.V1 };
}

describe('the SOCI indexes that refer to a manifest', () => {
  const openRegistry = useRegistries();

  test('are recognized by their subject, because a referrers list may name anything', async () => {
    // Without the referrers API, the list is an image index that anyone can push.
    const registry = await openRegistry({ referrersApi: false });
    const store = openStore(registry);
    const image = await pushImage(store, { layers: [layer] });
    const other = await pushImage(store, { layers: [layer], platform: linuxArm64 });
    const own = await pushReferrer(store, image, 'a test');
    const foreign = await pushReferrer(store, other, 'a test');
    const noIndex = { ...other, artifactType: sociIndexTypes.V1 };
    const gone = await pushReferrer(store, image, 'another test');
    await pushIndex(store, [foreign, gone, own, noIndex], { tag: image.digest.replace(':', '-') });
    await fetch(`${registry.url}/v2/${repository}/manifests/${gone.digest}`, { method: 'DELETE' });

    const { indexes, listed, unread } = await findReferringIndexes(store, image.digest);
    expect(indexes.map(({ digest, layers }) => [digest, layers.length])).toEqual([[own.digest, 1]]);
    expect(listed).toEqual([
      expect.objectContaining({ kind: 'present', digest: foreign.digest }),
      { kind: 'missing', digest: gone.digest },
      indexes[0],
      {
        kind: 'other',
        digest: other.digest,
        problem: expect.stringMatching(/^manifest sha256:.*: not a SOCI index/),
      },
    ]);
    expect(unread).toBe(0);
    const found = await readIndexedImage(store, image.digest);
    expect(found).toMatchObject({
      platforms: [{ v2: undefined, v1: { indexes: [{ digest: own.digest }] } }],
    });
  });

  test('are read up to a limit of 100, because each costs a request', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store, { layers: [layer] });
    for (let number = 0; number < 103; number++) await pushReferrer(store, image, `tool ${number}`);
    const { indexes, listed, unread } = await findReferringIndexes(store, image.digest);
    expect([indexes.length, listed.length, unread]).toEqual([100, 100, 3]);
  });
});

describe('the SOCI indexes of an image', () => {
  const options = {
    missingPlatforms: 'refuse',
    minimumLayerSizeBytes: 0,
    spanSizeBytes: 65_536,
    buildToolIdentifier: 'a test',
    jobs: ownThread,
  } as const;

  test('of version 2 are read from its image index, with the bytes of their manifests', async () => {
    const store = new MemoryStore();
    await pushImage(store, { layers: [layer], tag: 'v1' });
    const outcome = await indexImage(
      store,
      { reference: 'v1', tag: 'v1' },
      { ...options, version: 'V2', targetTag: 'v1-soci' },
    );
    const found = await readIndexedImage(store, 'v1-soci');
    if (found.kind !== 'image') throw new Error(found.kind);
    const [index] = presentIndexesOf(found.platforms[0]!);
    expect(index).toMatchObject({ version: 'V2', digest: outcome.indexes[0]!.digest });
    expect(digestOf(index!.bytes)).toBe(index!.digest);
  });

  test('are read only for an image; otherwise the reason is returned', async () => {
    const store = new MemoryStore();
    const chart = encodeManifest({
      config: {
        mediaType: 'application/vnd.cncf.helm.config.v1+json',
        digest: layer.descriptor.digest,
        size: 1,
      },
      layers: [],
    });
    await store.pushManifest(chart, 'chart');
    expect(await readIndexedImage(store, 'chart')).toEqual({
      kind: 'none',
      digest: chart.digest,
      reason: 'not-an-image',
    });
  });
});

describe('entries of an image index that claim to be SOCI indexes', () => {
  /** Pushes a manifest with the config of a SOCI index or an image, and an annotation that makes it large. */
  async function pushEntry(store: ContentStore, config: Descriptor, padding: string): Promise<Descriptor> {
    const manifest = encodeManifest({ config, layers: [], annotations: { padding } });
    const { mediaType, digest, bytes } = manifest;
    await store.pushManifest(manifest);
    return { mediaType, digest, size: bytes.length, platform: linuxAmd64, artifactType: sociIndexTypes.V2 };
  }

  async function readImage(store: ContentStore, manifests: readonly Descriptor[]) {
    const digest = await pushIndex(store, manifests);
    const image = await readSourceImage(store, await store.fetchManifest(digest), undefined);
    if (image.kind !== 'image') throw new Error(image.kind);
    return image;
  }

  test('are not SOCI indexes if they point to another kind of manifest', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store, { layers: [layer] });
    const claim = await pushEntry(store, { ...sociConfigOf('V2'), mediaType: 'application/json' }, '');
    const source = await readImage(store, [image, claim]);
    expect(source.sociEntries.map(({ entry, found }) => [entry.digest, found.kind])).toEqual([
      [claim.digest, 'other'],
    ]);
    expect([...recognizedDigests(source.sociEntries)]).toEqual([]);
    expect(await findEmbeddedIndex(store, source, readPlatformImages(source)[0]!)).toBeUndefined();
  });

  test('are read up to a total of 32 MiB, in which one for two platforms counts once', async () => {
    const store = new MemoryStore();
    const entries = await Promise.all(
      Array.from({ length: 9 }, (_, number) =>
        pushEntry(store, sociConfigOf('V2'), String(number).repeat(3_700_000)),
      ),
    );
    const indexOf = (manifests: readonly Descriptor[]) => ({ mediaType: ociTypes.index, manifests });
    const twice = entries.slice(0, 8).flatMap((entry) => [entry, entry]);
    expect(await readSociEntries(store, indexOf(twice))).toHaveLength(16);
    await expect(readSociEntries(store, indexOf(entries))).resolves.toHaveLength(9);
    const roomBytes = 32 * 1024 * 1024 - entries.reduce((sum, { size }) => sum + size, 0);
    const emptyBytes = (await pushEntry(store, sociConfigOf('V2'), '')).size;
    const last = await pushEntry(store, sociConfigOf('V2'), 'x'.repeat(roomBytes - emptyBytes));
    expect(last.size).toBe(roomBytes);
    await expect(readSociEntries(store, indexOf([...entries, last]))).resolves.toHaveLength(10);
    const tenth = await pushEntry(store, sociConfigOf('V2'), 'x'.repeat(roomBytes - emptyBytes + 1));
    await expect(readSociEntries(store, indexOf([...entries, tenth]))).rejects.toThrow(
      'the SOCI indexes of one image have more than 33554432 bytes',
    );
  });
});

test('a SOCI index that no manifest names is ignored, because a runtime would not find it', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { layers: [layer] });
  const { digest } = await pushReferrer(store, image, 'a test');
  const found = await readSociIndex(store, digest);
  if (found.kind !== 'present') throw new Error(found.kind);
  const v1 = { listed: [], indexes: [], unread: 0 };
  const platform = (named: string | undefined) => ({ v2: { named, found, entries: [] }, v1 });
  expect(presentIndexesOf(platform(digest))).toEqual([found]);
  expect(presentIndexesOf(platform(undefined))).toEqual([]);
});

test('a SOCI index with another digest is returned as damaged, and does not cause an error', async () => {
  const { digest } = layer.descriptor;
  const store = new MemoryStore();
  store.fetchManifest = () => Promise.reject(new ContentMismatchError(digest, 'its bytes differ'));
  expect(await readSociIndex(store, digest)).toEqual({
    kind: 'damaged',
    digest,
    problem: expect.stringContaining('its bytes differ'),
  });
});

describe('the V2 SOCI index of a platform', () => {
  const other: Descriptor = {
    mediaType: ociTypes.manifest,
    digest: digestOf(Buffer.from('elsewhere')),
    size: 9,
    platform: linuxArm64,
  };

  /** A SOCI index of `layer`, listed for a platform. */
  async function pushV2(store: ContentStore, buildToolIdentifier: string, platform = linuxAmd64) {
    const ztoc = ztocOf(layer, { spanSizeBytes: 4096, buildToolIdentifier });
    const { mediaType, digest, bytes } = await pushSociIndex(store, {
      version: 'V2',
      layers: [{ layer, ztoc }],
      buildToolIdentifier,
    });
    return { mediaType, digest, size: bytes.length, platform, artifactType: sociIndexTypes.V2 };
  }

  /** The index of the only platform of an image that names it, beside these entries. */
  async function find(named: string | undefined, entries: readonly Descriptor[], store: ContentStore) {
    const image = await pushImage(store, {
      layers: [layer],
      ...(named !== undefined && { annotations: { 'com.amazon.soci.index-digest': named } }),
    });
    const manifests = [image, ...entries];
    const index = { mediaType: ociTypes.index, manifests };
    const sociEntries = await readSociEntries(store, index);
    const source = await readSourceImage(
      store,
      await store.fetchManifest(await pushIndex(store, manifests)),
      [linuxAmd64],
    );
    if (source.kind !== 'image') throw new Error(source.kind);
    return findEmbeddedIndex(store, { index, sociEntries }, readPlatformImages(source)[0]!);
  }

  test('is the one that the manifest names, with all its entries', async () => {
    const store = new MemoryStore();
    const first = await pushV2(store, 'first');
    const own = await pushV2(store, 'own');
    const twin = { ...own, platform: linuxArm64 };
    const found = await find(own.digest, [first, own, twin], store);
    expect(found).toEqual({
      named: own.digest,
      found: expect.objectContaining({ kind: 'present', digest: own.digest }) as unknown,
      entries: [own, twin],
    });
  });

  test('is unknown if the manifest names something that is not a digest', async () => {
    const store = new MemoryStore();
    expect(await find('the index', [await pushV2(store, 'first')], store)).toEqual({
      named: 'the index',
      found: undefined,
      entries: [],
    });
  });

  test('is read if the manifest names one that the image index does not list', async () => {
    const store = new MemoryStore();
    const { digest } = await pushV2(store, 'own');
    const listed = await pushV2(store, 'listed');
    expect(await find(digest, [listed], store)).toMatchObject({
      named: digest,
      found: { kind: 'present', digest },
      entries: [],
    });
    expect(await find(other.digest, [listed], store)).toMatchObject({ found: { kind: 'missing' } });
  });

  test('is the first one listed for the platform if the manifest names none', async () => {
    const store = new MemoryStore();
    const arm64 = await pushV2(store, 'arm64', linuxArm64);
    const { mediaType, digest, size, artifactType } = await pushV2(store, 'nowhere');
    const nowhere = { mediaType, digest, size, artifactType };
    const own = await pushV2(store, 'own');
    const later = await pushV2(store, 'later');
    expect(await find(undefined, [arm64, nowhere, own, later], store)).toEqual({
      named: undefined,
      found: expect.objectContaining({ kind: 'present', digest: own.digest }) as unknown,
      entries: [own],
    });
    expect(await find(undefined, [arm64, nowhere], store)).toBeUndefined();
  });

  test('is read only from the entries that are wanted', async () => {
    const store = new MemoryStore();
    const entries = [await pushV2(store, 'first'), await pushV2(store, 'second')];
    const index = { mediaType: ociTypes.index, manifests: [other, ...entries] };
    const read = await readSociEntries(
      store,
      index,
      undefined,
      ({ digest }) => digest === entries[1]!.digest,
    );
    expect(read.map(({ entry }) => entry)).toEqual([entries[1]]);
  });

  test('makes an image index a V2 image, even if it is missing itself', async () => {
    const store = new MemoryStore();
    const own = await pushV2(store, 'own');
    const missing = { ...own, digest: other.digest };
    const image = await pushImage(store, { layers: [layer] });
    const read = async (entries: readonly Descriptor[]) =>
      readV2Image(store, await store.fetchManifest(await pushIndex(store, entries)));
    expect(await read([image])).toBeUndefined();
    expect(await readV2Image(store, await store.fetchManifest(image.digest))).toBeUndefined();
    for (const entry of [own, missing]) {
      const manifests = [image, entry];
      expect(await read(manifests)).toEqual({
        digest: await pushIndex(store, manifests),
        index: { mediaType: ociTypes.index, manifests },
        sociDigests: new Set([entry.digest]),
        sociEntries: [{ entry, found: expect.objectContaining({ digest: entry.digest }) as unknown }],
      });
    }
  });
});

describe('what the digest of a SOCI index points to', () => {
  async function read(store: ContentStore, digest: Descriptor['digest']) {
    const found = await readSociIndex(store, digest);
    if (found.kind === 'present') throw new Error('the index is present');
    return { found, flaw: flawOf(found) };
  }

  test('may be an image index', async () => {
    const store = new MemoryStore();
    const digest = await pushIndex(store, []);
    expect(await read(store, digest)).toEqual({
      found: { kind: 'other', digest, problem: `it is of type ${ociTypes.index}` },
      flaw: `it is of type ${ociTypes.index}`,
    });
  });

  test('may be a manifest that cannot be parsed', async () => {
    const store = new MemoryStore();
    const bytes = Buffer.from('{');
    const digest = digestOf(bytes);
    store.fetchManifest = () => Promise.resolve({ mediaType: ociTypes.manifest, digest, bytes });
    const { found, flaw } = await read(store, digest);
    expect(found).toEqual({ kind: 'damaged', digest, problem: flaw });
    expect(flaw).toMatch(/JSON/);
  });

  test('may be missing', async () => {
    const { digest } = layer.descriptor;
    expect(await read(new MemoryStore(), digest)).toEqual({
      found: { kind: 'missing', digest },
      flaw: 'it is missing',
    });
  });

  test("causes the store's error if it cannot be read", async () => {
    const store = new MemoryStore();
    store.fetchManifest = () => Promise.reject(new Error('status 500'));
    await expect(readSociIndex(store, layer.descriptor.digest)).rejects.toThrow('status 500');
  });
});

test('a referrer of a type that runtimes no longer read is listed, and not read', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { layers: [layer] });
  const mediaType = 'application/vnd.oci.artifact.manifest.v1+json';
  const { digest } = layer.descriptor;
  store.listReferrers = () => Promise.resolve([{ mediaType, digest, size: 1 }]);
  const { listed, indexes } = await findReferringIndexes(store, image.digest);
  expect({ listed, indexes }).toEqual({ listed: [{ kind: 'old-format', digest, mediaType }], indexes: [] });
  expect(flawOf(listed[0] as Exclude<FoundIndex, { kind: 'present' }>)).toBe(
    `its manifest is of type "${mediaType}"`,
  );
});

test('a failure to list the referrers is returned as a problem, and does not cause an error', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { layers: [layer] });
  const digest = await pushIndex(store, [image]);
  const source = await readSourceImage(store, await store.fetchManifest(digest), undefined);
  if (source.kind !== 'image') throw new Error(source.kind);
  const [platform] = readPlatformImages(source);
  expect(await findSociIndexes(store, source, platform!)).toEqual({
    v2: undefined,
    v1: { listed: [], indexes: [], unread: 0 },
  });
  store.listReferrers = () => Promise.reject(new FormatError('manifest', 'the list has no end'));
  expect(await findSociIndexes(store, source, platform!)).toEqual({
    v2: undefined,
    v1: { listed: [], indexes: [], unread: 0, problem: expect.stringContaining('no end') as unknown },
  });
});

test('the present indexes of a platform are V2 first, without missing ones', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { layers: [layer] });
  const { digest } = await pushReferrer(store, image, 'a test');
  const v1 = await findReferringIndexes(store, image.digest);
  const [present] = v1.indexes;
  const v2 = { named: digest, found: { ...present!, version: 'V2' as const }, entries: [] };
  expect(presentIndexesOf({ v2, v1 })).toEqual([v2.found, present]);
  const damaged = { ...v2, found: { kind: 'missing' as const, digest } };
  expect(presentIndexesOf({ v2: damaged, v1 })).toEqual([present]);
  expect(presentIndexesOf({ v2: undefined, v1 })).toEqual([present]);
});
