import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explain, type ImageSkipReason, type LayerSkipReason } from '../../lambda-src/core/reasons.ts';
import { ImmutableTagError, NotFoundError } from '../../lambda-src/content/content-store.ts';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { gzipOf } from '../helpers/gzip.ts';
import {
  type Blob,
  blobOf,
  dockerTypes,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
  tarLayer,
  tarOf,
  ztocOf,
} from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };

const sociV1Type = 'application/vnd.amazon.soci.index.v1+json';
const sociV2Type = 'application/vnd.amazon.soci.index.v2+json';
const ztocType = 'application/octet-stream';
const emptyConfig = blobOf(Buffer.from('{}'), sociV2Type).descriptor;

interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
  readonly annotations?: Readonly<Record<string, string>>;
}

function newStore(): RecordingStore {
  return new RecordingStore(new MemoryStore());
}

async function readManifest(store: ContentStore, reference: string): Promise<Manifest> {
  return JSON.parse(Buffer.from((await store.fetchManifest(reference)).bytes).toString()) as Manifest;
}

/** Indexes `reference`, by default as `v1-soci`, and records the events from now on. */
async function index(
  store: ContentStore,
  reference: string,
  options: Partial<IndexImageOptions> = {},
): Promise<ImageOutcome> {
  return indexImage(
    store,
    { reference, ...(!reference.startsWith('sha256:') && { tag: reference }) },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      targetTag: 'v1-soci',
      jobs: ownThread,
      ...settings,
      ...options,
    },
  );
}

/** What `index` returns for a layer that it has indexed. */
function indexedLayer(layer: Blob): unknown {
  const { digest, size } = ztocOf(layer, settings).descriptor;
  return { digest: layer.descriptor.digest, status: 'indexed', ztoc: { digest, size, spans: 1, files: 1 } };
}

/** The zTOC of a layer as an entry in a SOCI index. */
function listedZtoc(layer: Blob): unknown {
  const { digest, size } = ztocOf(layer, settings).descriptor;
  return {
    mediaType: ztocType,
    digest,
    size,
    annotations: {
      'com.amazon.soci.image-layer-digest': layer.descriptor.digest,
      'com.amazon.soci.image-layer-mediaType': layer.descriptor.mediaType,
      'com.amazon.soci.span-size': '65536',
    },
  };
}

function expectNothingWritten(store: RecordingStore, from: number): void {
  expect(store.events.slice(from).filter(({ kind }) => kind !== 'fetch blob')).toEqual([]);
}

describe('version 2', () => {
  test('pushes an image index with the image and its SOCI index to the target tag', async () => {
    const store = newStore();
    const layers = [gzipLayer('a'), tarLayer('b')];
    await pushImage(store, { tag: 'v1', layers });

    const outcome = await index(store, 'v1');

    const image = await readManifest(store, 'v1-soci');
    const [manifest, sociIndex] = image.manifests;
    expect(image).toEqual({
      schemaVersion: 2,
      mediaType: ociTypes.index,
      manifests: [
        {
          mediaType: ociTypes.manifest,
          digest: manifest!.digest,
          size: (await store.fetchManifest(manifest!.digest)).bytes.length,
          annotations: { 'com.amazon.soci.index-digest': sociIndex!.digest },
          platform: linuxAmd64,
        },
        {
          mediaType: ociTypes.manifest,
          digest: sociIndex!.digest,
          size: (await store.fetchManifest(sociIndex!.digest)).bytes.length,
          annotations: { 'com.amazon.soci.image-manifest-digest': manifest!.digest },
          platform: linuxAmd64,
          artifactType: sociV2Type,
        },
      ],
    });
    expect(await readManifest(store, manifest!.digest)).toEqual({
      ...(await readManifest(store, 'v1')),
      annotations: { 'com.amazon.soci.index-digest': sociIndex!.digest },
    });
    expect(await readManifest(store, sociIndex!.digest)).toEqual({
      schemaVersion: 2,
      mediaType: ociTypes.manifest,
      config: emptyConfig,
      layers: layers.map(listedZtoc),
      annotations: { 'com.amazon.soci.build-tool-identifier': 'a test' },
    });
    expect(outcome).toEqual({
      version: 'V2',
      status: 'indexed',
      digest: (await store.resolve('v1-soci'))!.digest,
      tag: 'v1-soci',
      indexes: [{ platform: 'linux/amd64', digest: sociIndex!.digest, layers: layers.map(indexedLayer) }],
      bytesRead: layers[0]!.bytes.length + layers[1]!.bytes.length,
      warnings: [],
    });
  });

  test('pushes each item after those that it refers to, and the tag last', async () => {
    const store = newStore();
    const layers = [gzipLayer('a'), tarLayer('b')];
    const amd64 = await pushImage(store, { layers });
    const arm64 = await pushImage(store, { layers: [gzipLayer('c')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    const from = store.events.length;

    await index(store, 'v1');

    const { manifests } = await readManifest(store, 'v1-soci');
    const [newAmd64, newArm64, sociAmd64, sociArm64] = manifests.map(({ digest }) => digest);
    const writes = store.events.slice(from).filter(({ kind }) => kind !== 'fetch blob');
    // The largest layer, the plain tar, is read first. The other two have the same size.
    const ztocs = [tarLayer('b'), gzipLayer('a'), gzipLayer('c')].map((layer) => ztocOf(layer, settings));
    expect(writes.slice(0, 3).map(({ digest }) => digest)).toEqual(
      ztocs.map(({ descriptor }) => descriptor.digest),
    );
    expect(writes.slice(3)).toEqual([
      { kind: 'push blob', digest: emptyConfig.digest, mediaType: sociV2Type },
      { kind: 'push manifest', digest: sociAmd64, tag: undefined },
      { kind: 'push manifest', digest: sociArm64, tag: undefined },
      { kind: 'push manifest', digest: newAmd64, tag: undefined },
      { kind: 'push manifest', digest: newArm64, tag: undefined },
      { kind: 'push manifest', digest: (await store.resolve('v1-soci'))!.digest, tag: 'v1-soci' },
    ]);
  });

  test('indexes every platform of an image, each with its own layers', async () => {
    const store = newStore();
    const amd64 = await pushImage(store, { layers: [gzipLayer('a')] });
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });

    const outcome = await index(store, 'v1');

    expect(outcome).toMatchObject({
      status: 'indexed',
      indexes: [
        { platform: 'linux/amd64', layers: [indexedLayer(gzipLayer('a'))] },
        { platform: 'linux/arm64', layers: [indexedLayer(gzipLayer('b'))] },
      ],
    });
    const { manifests } = await readManifest(store, 'v1-soci');
    expect(manifests.map(({ platform, artifactType }) => [platform, artifactType])).toEqual([
      [linuxAmd64, undefined],
      [linuxArm64, undefined],
      [linuxAmd64, sociV2Type],
      [linuxArm64, sociV2Type],
    ]);
  });

  test('indexes the requested platforms, and leaves the bytes of the others unchanged', async () => {
    const store = newStore();
    const amd64 = await pushImage(store, { layers: [gzipLayer('a')] });
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });

    const outcome = await index(store, 'v1', { platforms: [parsePlatform('linux/aarch64')] });

    expect(outcome.indexes.map(({ platform }) => platform)).toEqual(['linux/arm64']);
    expect(store.fetched(ociTypes.gzip)).toEqual([gzipLayer('b').descriptor.digest]);
    const { manifests } = await readManifest(store, 'v1-soci');
    expect(manifests[0]).toEqual(amd64);
    expect(manifests).toHaveLength(3);
  });

  test('pushes an image without a target tag by digest only', async () => {
    const store = newStore();
    const { digest } = await pushImage(store);
    const from = store.events.length;

    const outcome = await indexImage(
      store,
      { reference: digest },
      {
        version: 'V2',
        missingPlatforms: 'refuse',
        minimumLayerSizeBytes: 0,
        jobs: ownThread,
        ...settings,
      },
    );

    expect(outcome).toMatchObject({ status: 'indexed' });
    expect(outcome).not.toHaveProperty('tag');
    expect(
      store.events.slice(from).flatMap((event) => (event.kind === 'push manifest' ? [event.tag] : [])),
    ).toEqual([undefined, undefined, undefined]);
    expect((await readManifest(store, 'digest' in outcome ? outcome.digest : '')).manifests).toHaveLength(2);
  });

  test('keeps attestations, and points them to the new manifests', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    const attestations = [await pushAttestation(store, amd64), await pushAttestation(store, arm64)];
    await pushIndex(store, [amd64, arm64, ...attestations], { tag: 'v1' });

    await index(store, 'v1');

    const { manifests } = await readManifest(store, 'v1-soci');
    expect(manifests).toHaveLength(6);
    for (const position of [0, 1]) {
      expect(manifests[position + 2]).toEqual({
        ...attestations[position],
        annotations: {
          'vnd.docker.reference.digest': manifests[position]!.digest,
          'vnd.docker.reference.type': 'attestation-manifest',
        },
      });
    }
  });

  test('keeps the annotations of the index, its entries and the manifests', async () => {
    const store = newStore();
    const amd64 = await pushImage(store, { annotations: { of: 'the manifest', manifest: 'yes' } });
    const entry = { ...amd64, annotations: { of: 'the entry', entry: 'yes' } };
    await pushIndex(store, [entry], { tag: 'v1', annotations: { of: 'the index' } });

    await index(store, 'v1');

    const { manifests, annotations } = await readManifest(store, 'v1-soci');
    expect(annotations).toEqual({ of: 'the index' });
    const added = { 'com.amazon.soci.index-digest': manifests[1]!.digest };
    expect(manifests[0]!.annotations).toEqual({
      of: 'the manifest',
      entry: 'yes',
      manifest: 'yes',
      ...added,
    });
    expect((await readManifest(store, manifests[0]!.digest)).annotations).toEqual({
      of: 'the manifest',
      manifest: 'yes',
      ...added,
    });
  });

  test('converts Docker manifests to OCI, including those of platforms that are not indexed', async () => {
    const store = newStore();
    const types = dockerTypes;
    const amd64 = await pushImage(store, { types, layers: [gzipLayer('a', dockerTypes.gzip)] });
    const arm64 = await pushImage(store, {
      types,
      layers: [gzipLayer('b', dockerTypes.gzip)],
      platform: linuxArm64,
    });
    await pushIndex(store, [amd64, arm64], { tag: 'v1', mediaType: dockerTypes.index });

    await index(store, 'v1', { platforms: [linuxAmd64] });

    const stored = await store.fetchManifest('v1-soci');
    expect(stored.mediaType).toBe(ociTypes.index);
    const { manifests } = await readManifest(store, 'v1-soci');
    expect(manifests.map(({ mediaType }) => mediaType)).toEqual(Array(3).fill(ociTypes.manifest));
    for (const { digest } of manifests.slice(0, 2)) {
      expect((await readManifest(store, digest)).config.mediaType).toBe(ociTypes.config);
    }
  });

  test('reads a layer only once if it occurs twice, and in two platforms', async () => {
    const store = newStore();
    const [shared, own] = [gzipLayer('shared'), gzipLayer('own layer, which is another')];
    const amd64 = await pushImage(store, { layers: [shared, own, shared] });
    const arm64 = await pushImage(store, { layers: [shared], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });

    const outcome = await index(store, 'v1');

    expect([...store.fetched(ociTypes.gzip)].sort()).toEqual(
      [shared.descriptor.digest, own.descriptor.digest].sort(),
    );
    expect(outcome.bytesRead).toBe(shared.bytes.length + own.bytes.length);
    const { manifests } = await readManifest(store, 'v1-soci');
    expect((await readManifest(store, manifests[2]!.digest)).layers).toEqual(
      [shared, own, shared].map(listedZtoc),
    );
    expect((await readManifest(store, manifests[3]!.digest)).layers).toEqual([listedZtoc(shared)]);
  });

  test('makes no SOCI index for a platform without a layer to index, and keeps its manifest', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, {
      layers: [gzipLayer('b', ociTypes.zstd)],
      platform: linuxArm64,
    });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });

    const outcome = await index(store, 'v1');

    expect(outcome.indexes[1]).toEqual({
      platform: 'linux/arm64',
      layers: [{ digest: gzipLayer('b').descriptor.digest, status: 'skipped', ...explain('zstd') }],
    });
    const { manifests } = await readManifest(store, 'v1-soci');
    expect(manifests[1]).toEqual(arm64);
    expect(manifests).toHaveLength(3);
  });

  test('changes nothing and reads no layer when repeated', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    const attestation = await pushAttestation(store, amd64);
    await pushIndex(store, [{ ...amd64, annotations: { a: 'b' } }, arm64, attestation], { tag: 'v1' });
    const first = await index(store, 'v1');
    const from = store.events.length;

    const digest = 'digest' in first && first.digest;
    const already = { status: 'already-indexed', digest, tag: 'v1-soci', indexes: [], bytesRead: 0 };
    expect(await index(store, 'v1')).toEqual({ version: 'V2', warnings: [], ...already });
    // With its own result as the source.
    expect(await index(store, 'v1-soci', { targetTag: 'v1-soci-soci' })).toMatchObject(already);
    expect(store.events).toHaveLength(from);
  });

  test('adds a platform to an image that has a SOCI index for another one', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    const atOnce = await index(store, 'v1', { targetTag: 'both' });

    await index(store, 'v1', { platforms: [linuxAmd64] });
    const added = await index(store, 'v1-soci', { platforms: [linuxArm64] });

    expect(added).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
    expect('digest' in added && added.digest).toBe('digest' in atOnce && atOnce.digest);
  });

  test('does not consider an image done if only one of its platforms has a SOCI index', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    const atOnce = await index(store, 'v1', { targetTag: 'both' });

    await index(store, 'v1', { platforms: [linuxArm64] });
    const outcome = await index(store, 'v1-soci');

    expect(outcome).toMatchObject({ status: 'indexed' });
    const platformsOf = async (reference: string): Promise<unknown> =>
      (await readManifest(store, reference)).manifests.map(({ platform }) => platform?.architecture).sort();
    expect(await platformsOf('v1-soci')).toEqual(await platformsOf('both'));
    expect(atOnce.indexes.map(({ digest }) => digest)).toEqual(outcome.indexes.map(({ digest }) => digest));
  });

  test('continues if a Docker manifest was not copied', async () => {
    const store = newStore();
    const layers = [gzipLayer('a', dockerTypes.gzip)];
    const amd64 = await pushImage(store, { types: dockerTypes, layers });
    const elsewhere = new MemoryStore();
    const arm64 = await pushImage(elsewhere, { types: dockerTypes, layers, platform: linuxArm64 });
    await pushIndex(store.inner, [amd64, arm64], { tag: 'v1' });

    const partial = { platforms: [linuxAmd64], mayBePartial: true };
    const outcome = await index(store.inner, 'v1', partial);

    expect(outcome).toMatchObject({
      status: 'indexed',
      warnings: [`the manifest ${arm64.digest} for linux/arm64 is missing; its entry is kept unchanged`],
    });
    expect((await readManifest(store, 'v1-soci')).manifests[1]).toEqual(arm64);
    expect(await index(store.inner, 'v1', partial)).toMatchObject({ status: 'already-indexed' });
    await expect(index(store.inner, 'v1', { platforms: [linuxAmd64] })).rejects.toMatchObject({
      reason: 'manifest-missing',
    });
    await expect(index(store.inner, 'v1')).rejects.toThrow(NotFoundError);
  });
});

describe('version 1', () => {
  const version = 'V1';

  test('makes a SOCI index that refers to the image, and no tag', async () => {
    const store = newStore();
    const layers = [gzipLayer('a'), tarLayer('b')];
    const { platform, ...subject } = await pushImage(store, { tag: 'v1', layers });
    const from = store.events.length;

    const outcome = await index(store, 'v1', { version });

    const [referrer] = await store.listReferrers(subject.digest, sociV1Type);
    expect(outcome).toEqual({
      version,
      status: 'indexed',
      digest: referrer!.digest,
      indexes: [{ platform: 'linux/amd64', digest: referrer!.digest, layers: layers.map(indexedLayer) }],
      bytesRead: layers[0]!.bytes.length + layers[1]!.bytes.length,
      warnings: [],
    });
    expect(platform).toEqual(linuxAmd64);
    expect(await readManifest(store, referrer!.digest)).toEqual({
      schemaVersion: 2,
      mediaType: ociTypes.manifest,
      config: { ...emptyConfig, mediaType: sociV1Type },
      layers: layers.map(listedZtoc),
      subject,
      annotations: { 'com.amazon.soci.build-tool-identifier': 'a test' },
    });
    const [ztocB, ztocA] = [layers[1]!, layers[0]!].map((layer) => ztocOf(layer, settings).descriptor.digest);
    expect(store.events.slice(from).filter(({ kind }) => kind !== 'fetch blob')).toEqual([
      { kind: 'push blob', digest: ztocB, mediaType: ztocType },
      { kind: 'push blob', digest: ztocA, mediaType: ztocType },
      { kind: 'push blob', digest: emptyConfig.digest, mediaType: sociV1Type },
      { kind: 'push manifest', digest: referrer!.digest, tag: undefined },
    ]);
  });

  test('makes one SOCI index for each platform, and returns the first', async () => {
    const store = newStore();
    const entries = [
      await pushImage(store, { layers: [gzipLayer('a', ociTypes.zstd)] }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
      await pushImage(store, { layers: [gzipLayer('c')], platform: parsePlatform('linux/s390x') }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });

    const outcome = await index(store, 'v1', { version });

    const referrers = await Promise.all(entries.map(({ digest }) => store.listReferrers(digest)));
    expect(referrers.map(({ length }) => length)).toEqual([0, 1, 1]);
    expect(outcome).toMatchObject({ status: 'indexed', digest: referrers[1]![0]!.digest });
    expect(outcome.indexes.map(({ digest }) => digest)).toEqual([
      undefined,
      referrers[1]![0]!.digest,
      referrers[2]![0]!.digest,
    ]);
  });

  test('finds its own SOCI index, and reads and writes nothing', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    const first = await index(store, 'v1', { version });
    const from = store.events.length;

    const digest = 'digest' in first ? first.digest : undefined;
    expect(await index(store, 'v1', { version })).toEqual({
      version,
      status: 'already-indexed',
      digest,
      indexes: [{ platform: 'linux/amd64', digest, layers: [] }],
      bytesRead: 0,
      warnings: [],
    });
    // The config of a single image contains its platform.
    expect(store.events.slice(from).map(({ kind }) => kind)).toEqual(['fetch blob']);
  });

  test('reads only the platform that has none yet', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    await index(store, 'v1', { version, platforms: [linuxArm64] });
    const from = store.events.length;

    const outcome = await index(store, 'v1', { version });

    expect(outcome.status).toBe('indexed');
    expect(store.events.slice(from).filter(({ kind }) => kind === 'fetch blob')).toEqual([
      { kind: 'fetch blob', digest: gzipLayer('a').descriptor.digest, mediaType: ociTypes.gzip },
    ]);
    const [ofArm64] = await store.listReferrers(arm64.digest);
    expect(outcome.indexes[1]).toEqual({ platform: 'linux/arm64', digest: ofArm64!.digest, layers: [] });
  });

  test("keeps another builder's SOCI index, with a warning", async () => {
    const store = newStore();
    const image = await pushImage(store, { tag: 'v1' });
    const theirs = await index(store, 'v1', { version, buildToolIdentifier: 'AWS SOCI CLI v0.2' });
    const from = store.events.length;

    const digest = 'digest' in theirs ? theirs.digest : '';
    expect(await index(store, 'v1', { version })).toMatchObject({
      status: 'already-indexed',
      digest,
      warnings: [`linux/amd64: the SOCI index ${digest} of another builder is kept`],
    });
    expectNothingWritten(store, from);
    expect(await store.listReferrers(image.digest)).toHaveLength(1);
  });

  test('warns of the image first, then of the indexes of another builder, platform by platform', async () => {
    const store = newStore();
    const entries = [
      await pushImage(store, { layers: [gzipLayer('a')] }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
    ];
    const { mediaType, digest, size } = await pushImage(store, { layers: [gzipLayer('c')] });
    await pushIndex(store, [{ mediaType, digest, size }, ...entries], { tag: 'v1' });
    const theirs = await index(store, 'v1', { version, buildToolIdentifier: 'AWS SOCI CLI v0.2' });
    const [ofAmd64, ofArm64] = theirs.indexes.map((one) => one.digest);
    expect((await index(store, 'v1', { version })).warnings).toEqual([
      `the manifest ${digest} has no platform in the image index, so it is not indexed`,
      `linux/amd64: the SOCI index ${ofAmd64} of another builder is kept`,
      `linux/arm64: the SOCI index ${ofArm64} of another builder is kept`,
    ]);
  });

  test("leaves a platform with another builder's SOCI index alone, even if it shares a layer with an indexed one", async () => {
    const store = newStore();
    const layers = [gzipLayer('shared')];
    const theirs = await pushImage(store, { layers, platform: linuxAmd64 });
    const ours = await pushImage(store, { layers, platform: linuxArm64 });
    await pushIndex(store, [theirs, ours], { tag: 'v1' });
    const buildToolIdentifier = 'AWS SOCI CLI v0.2';
    await index(store, 'v1', { version, buildToolIdentifier, platforms: [linuxAmd64] });

    expect(await index(store, 'v1', { version })).toMatchObject({
      status: 'indexed',
      indexes: [{ layers: [] }, { layers: [indexedLayer(layers[0]!)] }],
    });
    expect(await store.listReferrers(theirs.digest)).toHaveLength(1);
    expect(await store.listReferrers(ours.digest)).toHaveLength(1);
  });

  test.each<[string, Partial<IndexImageOptions>]>([
    ['another span size', { spanSizeBytes: 4096 }],
    ['other layers', { minimumLayerSizeBytes: gzipLayer('small').bytes.length + 1 }],
  ])('adds another SOCI index beside its own with %s, and then prefers it', async (_title, options) => {
    const store = newStore();
    const layers = [gzipLayer('small'), gzipLayer('larger, as its name is longer')];
    const image = await pushImage(store, { tag: 'v1', layers });
    const first = await index(store, 'v1', { version });

    const second = await index(store, 'v1', { version, ...options });

    expect(second.status).toBe('indexed');
    expect('digest' in second && second.digest).not.toBe('digest' in first && first.digest);
    expect(await store.listReferrers(image.digest)).toHaveLength(2);
    for (const [expected, again] of [
      [first, await index(store, 'v1', { version })],
      [second, await index(store, 'v1', { version, ...options })],
    ] as const) {
      expect(again).toMatchObject({
        status: 'already-indexed',
        digest: 'digest' in expected && expected.digest,
        warnings: [],
      });
    }
  });

  test("prefers its own SOCI index to another builder's", async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    const ours = await index(store, 'v1', { version });
    // Whichever of the two is listed first.
    for (const builder of ['another', 'and another']) {
      await index(store, 'v1', { version, buildToolIdentifier: builder });
    }
    expect(await index(store, 'v1', { version })).toMatchObject({
      status: 'already-indexed',
      digest: 'digest' in ours && ours.digest,
      warnings: [],
    });
  });
});

describe('an image or artifact that is not indexed', () => {
  const chartType = 'application/vnd.cncf.helm.config.v1+json';

  async function pushChart(store: ContentStore): Promise<void> {
    const types = { manifest: ociTypes.manifest, config: chartType };
    const layers = [blobOf(gzipOf(tarOf('chart')), 'application/vnd.cncf.helm.chart.content.v1.tar+gzip')];
    await pushImage(store, { types, layers, tag: 'v1' });
  }

  async function pushOwnIndex(store: ContentStore, version: 'V1' | 'V2'): Promise<string> {
    await pushImage(store, { tag: 'source' });
    return (await index(store, 'source', { version })).indexes[0]!.digest!;
  }

  test.each<[string, ImageSkipReason, (store: ContentStore) => Promise<unknown>]>([
    ['a SOCI index of version 1', 'soci-index', (store) => pushOwnIndex(store, 'V1')],
    ['a SOCI index of version 2', 'soci-index', (store) => pushOwnIndex(store, 'V2')],
    ['an attestation', 'attestation', async (store) => pushAttestation(store, await pushImage(store), 'v1')],
    ['a Helm chart', 'not-an-image', pushChart],
    [
      'an image index that names no platform',
      'no-platform',
      async (store) =>
        pushIndex(store, [await pushAttestation(store, await pushImage(store))], { tag: 'v1' }),
    ],
  ])('is skipped if it is %s: %s', async (_title, reason, push) => {
    for (const version of ['V1', 'V2'] as const) {
      const store = newStore();
      const pushed = await push(store);
      const from = store.events.length;
      expect(await index(store, reason === 'soci-index' ? (pushed as string) : 'v1', { version })).toEqual({
        version,
        status: 'skipped',
        ...explain(reason),
        indexes: [],
        bytesRead: 0,
        warnings: [],
      });
      expect(store.events).toHaveLength(from);
    }
  });

  test.each(['V1', 'V2'] as const)(
    'is skipped with each layer’s reason if no layer can be indexed: %s',
    async (version) => {
      const store = newStore();
      const small = gzipLayer('a');
      const zstd = gzipLayer('a larger layer, by its name', ociTypes.zstd);
      await pushImage(store, { tag: 'v1', layers: [small, zstd] });
      const from = store.events.length;

      expect(await index(store, 'v1', { version, minimumLayerSizeBytes: small.bytes.length + 1 })).toEqual({
        version,
        status: 'skipped',
        ...explain('no-layer-to-index'),
        indexes: [
          {
            platform: 'linux/amd64',
            layers: [
              { digest: small.descriptor.digest, status: 'skipped', ...explain('too-small') },
              { digest: zstd.descriptor.digest, status: 'skipped', ...explain('zstd') },
            ],
          },
        ],
        bytesRead: 0,
        warnings: [],
      });
      expectNothingWritten(store, from);
      expect(store.fetched(ociTypes.gzip)).toEqual([]);
    },
  );

  test('indexes a layer of exactly the minimum size', async () => {
    const store = newStore();
    const layer = gzipLayer('a');
    await pushImage(store, { tag: 'v1', layers: [layer] });
    const outcome = await index(store, 'v1', { minimumLayerSizeBytes: layer.bytes.length });
    expect(outcome.indexes[0]!.layers).toEqual([indexedLayer(layer)]);
  });

  test('rejects a platform that the image does not have, and lists those that it has', async () => {
    const store = newStore();
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    const from = store.events.length;
    const platforms = [linuxAmd64, parsePlatform('linux/arm/v7')];

    const attempt = index(store, 'v1', { platforms });
    await expect(attempt).rejects.toThrow(ConfigError);
    await expect(attempt).rejects.toThrow(
      'the image has no manifest for linux/arm/v7: it has linux/amd64, linux/arm64',
    );
    expect(store.events).toHaveLength(from);

    const passedOver = await index(store, 'v1', { platforms, missingPlatforms: 'pass over' });
    expect(passedOver.indexes.map(({ platform }) => platform)).toEqual(['linux/amd64']);
    expect(
      await index(store, 'v1', { platforms: platforms.slice(1), missingPlatforms: 'pass over' }),
    ).toMatchObject({ status: 'skipped', reason: 'no-platform' });
  });

  test('throws if the image does not exist', async () => {
    await expect(index(newStore(), 'v1')).rejects.toThrow(NotFoundError);
  });
});

describe('a layer that cannot be indexed', () => {
  const overlapping = new TarWriter()
    .entry({ name: 'etc/link', type: '2', linkName: 'x', size: 600 })
    .entry({ name: 'etc/file' }, 'content')
    .end()
    .bytes();
  const badChecksum = new TarWriter()
    .entry({ name: 'etc/file', checksum: { field: '0000000\0' } }, 'content')
    .end()
    .bytes();

  test.each<[string, Blob, LayerSkipReason, RegExp]>([
    ['zstd compression', gzipLayer('x', ociTypes.zstd), 'zstd', /which SOCI does not support$/],
    [
      'a tar that is rejected',
      blobOf(gzipOf(badChecksum), ociTypes.gzip),
      'not-indexable',
      /^SOCI cannot index the content of the layer: tar: layer sha256:[0-9a-f]{64}: .*\(at byte 0\)$/,
    ],
    [
      'a plain tar declared as gzip',
      blobOf(tarOf('x'), ociTypes.gzip),
      'not-indexable',
      /^SOCI cannot index the content of the layer: gzip: layer sha256:[0-9a-f]{64}: .*\(at byte [012]\)$/,
    ],
    [
      'gzip declared as a plain tar',
      blobOf(gzipOf(tarOf('x')), ociTypes.tar),
      'not-indexable',
      /^SOCI cannot index the content of the layer: tar: layer sha256:[0-9a-f]{64}: /,
    ],
    [
      'zstd declared as gzip',
      blobOf(Buffer.from('28b52ffd0458010000', 'hex'), ociTypes.gzip),
      'not-indexable',
      /^SOCI cannot index the content of the layer: gzip: /,
    ],
    [
      'compress declared as gzip, which starts with the same byte',
      blobOf(Buffer.from('1f9d906162636465', 'hex'), ociTypes.gzip),
      'not-indexable',
      /^SOCI cannot index the content of the layer: gzip: .*not 1f 8b \(at byte 2\)$/,
    ],
    [
      'a tar with overlapping entries, which the snapshotter rejects',
      blobOf(gzipOf(overlapping), ociTypes.gzip),
      'not-indexable',
      /^SOCI cannot index the content of the layer: the entry "etc\/file" begins before the previous one ends/,
    ],
    [
      'data that is not a layer',
      blobOf(Buffer.from('{}'), 'application/json'),
      'not-a-layer',
      /not that of a layer$/,
    ],
  ])('is skipped with a reason, and the others are indexed: %s', async (_title, layer, reason, message) => {
    for (const version of ['V1', 'V2'] as const) {
      const store = newStore();
      await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), layer, gzipLayer('c')] });

      const outcome = await index(store, 'v1', { version });

      expect(outcome.status).toBe('indexed');
      expect(outcome.indexes[0]!.layers).toEqual([
        indexedLayer(gzipLayer('a')),
        {
          digest: layer.descriptor.digest,
          status: 'skipped',
          reason,
          message: expect.stringMatching(message) as unknown,
        },
        indexedLayer(gzipLayer('c')),
      ]);
      const { layers } = await readManifest(store, outcome.indexes[0]!.digest!);
      expect(layers).toEqual([gzipLayer('a'), gzipLayer('c')].map(listedZtoc));
    }
  });

  test.each(['V1', 'V2'] as const)(
    'causes the image to be skipped if it is the only one, and nothing is written: %s',
    async (version) => {
      const store = newStore();
      const layer = blobOf(tarOf('x'), ociTypes.gzip);
      await pushImage(store, { tag: 'v1', layers: [layer] });
      const from = store.events.length;

      const outcome = await index(store, 'v1', { version });

      expect(outcome).toMatchObject({ status: 'skipped', reason: 'no-layer-to-index' });
      expect(outcome).not.toHaveProperty('digest');
      expect(outcome.indexes[0]!.layers).toHaveLength(1);
      expect(outcome.bytesRead).toBe(layer.bytes.length);
      expectNothingWritten(store, from);
    },
  );

  test('is skipped if it is non-distributable and missing', async () => {
    const store = newStore();
    const foreign = gzipLayer('foreign', ociTypes.foreign);
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), foreign] });
    store.before = (event) =>
      event.digest === foreign.descriptor.digest
        ? Promise.reject(new NotFoundError('there is no such blob'))
        : Promise.resolve();

    const outcome = await index(store, 'v1');

    expect(outcome.indexes[0]!.layers[1]).toMatchObject({
      status: 'skipped',
      ...explain('not-indexable', 'there is no such blob'),
    });
  });
});

describe('damaged data fails the image, and nothing is tagged or partly written', () => {
  const folder = makeTemporaryFolder();
  const good = gzipLayer('a');
  const badCrc = (() => {
    const bytes = gzipOf(tarOf('bad'));
    bytes[bytes.length - 8]! ^= 1;
    return blobOf(bytes, ociTypes.gzip);
  })();
  const whole = gzipLayer('truncated in the middle of its data');
  const large = blobOf(
    gzipOf(
      new TarWriter()
        .entry({}, mixedBytes(createRandom(1), 1_500_000))
        .end()
        .bytes(),
    ),
    ociTypes.gzip,
  );
  /** A gzip layer that was created with one byte changed. */
  const withByte = (position: number, value: number): Blob =>
    blobOf(
      whole.bytes.map((byte, index) => (index === position ? value : byte)),
      ociTypes.gzip,
    );
  const cutOff = blobOf(whole.bytes.subarray(0, -20), ociTypes.gzip);

  /** Damages the file of a layer that was pushed correctly. */
  type Damage = (path: string) => void;
  const none: Damage = () => {};
  const changeFirstByte: Damage = (path) => {
    const bytes = readFileSync(path);
    bytes[0]! ^= 1;
    writeFileSync(path, bytes);
  };

  test.each<[string, Blob, Damage, typeof FormatError | typeof ContentMismatchError, RegExp]>([
    ['a changed byte', whole, changeFirstByte, ContentMismatchError, /its bytes have the digest sha256:/],
    [
      'a changed byte at the beginning of a layer that arrives in many pieces',
      large,
      changeFirstByte,
      ContentMismatchError,
      /its bytes have the digest sha256:/,
    ],
    [
      'a layer shorter than its descriptor states',
      whole,
      (path) => {
        truncateSync(path, whole.bytes.length - 20);
      },
      ContentMismatchError,
      /ends after \d+ of the \d+ bytes of its descriptor/,
    ],
    [
      'a layer longer than its descriptor states',
      whole,
      (path) => {
        writeFileSync(path, Buffer.concat([whole.bytes, Buffer.from('more')]));
      },
      ContentMismatchError,
      /more than the \d+ bytes of its descriptor/,
    ],
    ['a CRC-32 that was wrong when pushed', badCrc, none, FormatError, /gzip: layer .*CRC-32/],
    [
      'a gzip stream that was truncated when pushed',
      cutOff,
      none,
      FormatError,
      /gzip: layer .*the stream is truncated \(at byte \d+\)/,
    ],
    [
      'a gzip stream that was truncated after its first two bytes',
      blobOf(whole.bytes.subarray(0, 2), ociTypes.gzip),
      none,
      FormatError,
      /gzip: layer .*the stream is truncated/,
    ],
    [
      'a gzip header with an unknown compression method',
      withByte(2, 7),
      none,
      FormatError,
      /gzip: layer .*the compression method is not deflate/,
    ],
    [
      'a gzip stream with an invalid block type',
      withByte(10, 7),
      none,
      FormatError,
      /gzip: layer .*block type 3 is reserved/,
    ],
    ['an empty layer', blobOf(new Uint8Array(0), ociTypes.gzip), none, FormatError, /is truncated/],
  ])('%s', async (title, layer, damage, errorClass, sentence) => {
    for (const version of ['V1', 'V2'] as const) {
      const directory = join(folder, version, title);
      const store = new RecordingStore(new LayoutStore(directory));
      const image = await pushImage(store, { tag: 'v1', layers: [good, layer] });
      const { digest } = layer.descriptor;
      const blobs = join(directory, 'blobs', 'sha256');
      damage(join(blobs, digest.slice('sha256:'.length)));
      const namesBefore = readdirSync(blobs);
      const indexBefore = readFileSync(join(directory, 'index.json'), 'utf8');

      const attempt = index(store, 'v1', { version });

      await expect(attempt).rejects.toThrow(errorClass);
      await expect(attempt).rejects.toThrow(sentence);
      await expect(attempt).rejects.toThrow(digest);
      expect(readFileSync(join(directory, 'index.json'), 'utf8')).toBe(indexBefore);
      expect(await store.listReferrers(image.digest)).toEqual([]);
      // Only a zTOC that nothing refers to may remain: that of the good layer, if it was read first.
      const ztoc = ztocOf(good, settings).descriptor.digest.slice('sha256:'.length);
      const newNames = readdirSync(blobs).filter((name) => !namesBefore.includes(name));
      expect([[], [ztoc]]).toContainEqual(newNames);
    }
  });

  test('a missing layer fails the image', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    store.before = (event) =>
      event.kind === 'fetch blob' && event.mediaType === ociTypes.gzip
        ? Promise.reject(new NotFoundError('there is no such blob'))
        : Promise.resolve();
    await expect(index(store, 'v1')).rejects.toThrow(NotFoundError);
    expect(await store.resolve('v1-soci')).toBeUndefined();
  });
});

describe('the target tag', () => {
  /** What `v1-soci` points to when `v1` is indexed. */
  async function prepare(
    target: 'nothing' | 'other settings' | 'other image' | 'plain image' | 'plain index',
  ): Promise<{ store: RecordingStore; before: Digest | undefined; from: number }> {
    const store = newStore();
    if (target === 'other image') {
      await pushImage(store, { tag: 'v1', layers: [gzipLayer('of an earlier push')] });
      await index(store, 'v1');
    }
    const entry = await pushImage(store, { tag: 'v1' });
    if (target === 'other settings') await index(store, 'v1', { spanSizeBytes: 4096 });
    if (target === 'plain image') await pushImage(store, { tag: 'v1-soci' });
    if (target === 'plain index') await pushIndex(store, [entry], { tag: 'v1-soci' });
    return { store, before: (await store.resolve('v1-soci'))?.digest, from: store.events.length };
  }

  const immutable = { isTagImmutable: () => Promise.resolve(true) };
  const mutable = { isTagImmutable: () => Promise.resolve(false) };

  test.each(['other settings', 'other image'] as const)(
    'moves if it is mutable and has %s',
    async (target) => {
      for (const policy of [mutable, {}]) {
        const { store, before } = await prepare(target);
        const outcome = await index(store, 'v1', policy);
        const fresh = newStore();
        await pushImage(fresh, { tag: 'v1' });
        expect(outcome).toEqual(await index(fresh, 'v1'));
        expect((await store.resolve('v1-soci'))!.digest).toBe('digest' in outcome && outcome.digest);
        expect((await store.resolve('v1-soci'))!.digest).not.toBe(before);
      }
    },
  );

  test('is rebuilt if it has another build tool', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    await index(store, 'v1', { buildToolIdentifier: 'another' });
    expect(await index(store, 'v1')).toMatchObject({ status: 'indexed' });
  });

  test('is rebuilt if a layer is now large enough', async () => {
    const store = newStore();
    const layers = [gzipLayer('small'), gzipLayer('larger, as its name is longer')];
    await pushImage(store, { tag: 'v1', layers });
    const large = { minimumLayerSizeBytes: layers[0]!.bytes.length + 1 };
    await index(store, 'v1', large);
    expect(await index(store, 'v1', large)).toMatchObject({ status: 'already-indexed' });
    const outcome = await index(store, 'v1');
    expect(outcome).toMatchObject({ status: 'indexed' });
    expect(outcome.indexes[0]!.layers).toEqual(layers.map(indexedLayer));
  });

  test('keeps the same image with other settings if it is immutable, and nothing is read', async () => {
    const { store, before, from } = await prepare('other settings');
    expect(await index(store, 'v1', immutable)).toMatchObject({
      status: 'already-indexed',
      digest: before,
      tag: 'v1-soci',
    });
    expectNothingWritten(store, from);
    expect(store.events.slice(from).map(({ kind }) => kind)).toEqual(['fetch blob']);
  });

  test('ends the work before a layer is read if it is immutable and has another image', async () => {
    const { store, before, from } = await prepare('other image');
    expect(await index(store, 'v1', immutable)).toMatchObject({
      status: 'skipped',
      reason: 'tag-immutable',
      bytesRead: 0,
    });
    expectNothingWritten(store, from);
    expect((await store.resolve('v1-soci'))!.digest).toBe(before);
  });

  test('is written if it does not exist and tags are immutable', async () => {
    const { store } = await prepare('nothing');
    expect(await index(store, 'v1', immutable)).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
  });

  test.each(['plain image', 'plain index'] as const)(
    'is never taken from a %s that someone else pushed',
    async (target) => {
      const { store, before, from } = await prepare(target);
      expect(await index(store, 'v1', mutable)).toMatchObject({
        status: 'skipped',
        reason: 'target-tag-taken',
        bytesRead: 0,
      });
      expectNothingWritten(store, from);
      expect((await store.resolve('v1-soci'))!.digest).toBe(before);
    },
  );

  test('is taken from a plain image if the caller allows it, unless it is immutable', async () => {
    for (const target of ['plain image', 'plain index'] as const) {
      const { store, before } = await prepare(target);
      const replacing = { replacesPlainImages: true };
      expect(await index(store, 'v1', { ...replacing, ...immutable })).toMatchObject({
        status: 'skipped',
        reason: 'tag-immutable',
      });
      expect((await store.resolve('v1-soci'))!.digest).toBe(before);
      expect(await index(store, 'v1', replacing)).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
      expect((await store.resolve('v1-soci'))!.digest).not.toBe(before);
    }
  });

  test('may be the source’s own tag', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    const outcome = await index(store, 'v1', { targetTag: 'v1' });
    expect(outcome).toMatchObject({ status: 'indexed', tag: 'v1' });
    expect((await store.resolve('v1'))!.digest).toBe('digest' in outcome && outcome.digest);
    expect(await index(store, 'v1', { targetTag: 'v1' })).toMatchObject({ status: 'already-indexed' });
  });

  test('is checked for mutability only if that matters', async () => {
    const isTagImmutable = (): Promise<boolean> => Promise.reject(new Error('nobody may ask'));
    const { store } = await prepare('nothing');
    expect(await index(store, 'v1', { isTagImmutable })).toMatchObject({ status: 'indexed' });
    expect(await index(store, 'v1', { isTagImmutable })).toMatchObject({ status: 'already-indexed' });
  });

  test('causes the image to be skipped if the registry refuses to move it', async () => {
    const { store, before } = await prepare('other image');
    store.before = (event) =>
      event.kind === 'push manifest' && event.tag === 'v1-soci'
        ? Promise.reject(new ImmutableTagError('v1-soci'))
        : Promise.resolve();
    expect(await index(store, 'v1')).toMatchObject({ status: 'skipped', reason: 'tag-immutable' });
    expect((await store.resolve('v1-soci'))!.digest).toBe(before);
  });

  test('causes an error if it cannot be written for another reason', async () => {
    const { store } = await prepare('nothing');
    store.before = (event) =>
      event.kind === 'push manifest' && event.tag === 'v1-soci'
        ? Promise.reject(new Error('the registry is full'))
        : Promise.resolve();
    await expect(index(store, 'v1')).rejects.toThrow('the registry is full');
  });
});

describe('a source tag that moves while its image is indexed', () => {
  /** Pushes another image to `v1` when the SOCI index of the first one is pushed. */
  async function moveWhileIndexing(move: (store: ContentStore) => Promise<unknown>): Promise<RecordingStore> {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    store.before = async (event) => {
      if (event.kind !== 'push manifest') return;
      store.before = () => Promise.resolve();
      await move(store.inner);
    };
    return store;
  }

  test('supersedes the image, and the target tag is not written', async () => {
    const store = await moveWhileIndexing((inner) =>
      pushImage(inner, { tag: 'v1', layers: [gzipLayer('newer')] }),
    );
    const outcome = await index(store, 'v1');
    expect(outcome).toMatchObject({
      status: 'superseded',
      ...explain('tag-moved', `v1 is ${(await store.resolve('v1'))!.digest}`),
    });
    expect(outcome).not.toHaveProperty('digest');
    expect(await store.resolve('v1-soci')).toBeUndefined();
  });

  test('does not matter if the same image was pushed again', async () => {
    const store = await moveWhileIndexing((inner) => pushImage(inner, { tag: 'v1' }));
    expect(await index(store, 'v1')).toMatchObject({ status: 'indexed' });
  });

  test('does not matter to an image that was requested by digest alone', async () => {
    const store = await moveWhileIndexing((inner) =>
      pushImage(inner, { tag: 'v1', layers: [gzipLayer('newer')] }),
    );
    const { digest } = (await store.resolve('v1'))!;
    expect(await index(store, digest)).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
  });

  test('supersedes an earlier push from the start', async () => {
    const store = newStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('newer')] });
    const outcome = await indexImage(
      store,
      { reference: digest, tag: 'v1' },
      {
        version: 'V2',
        missingPlatforms: 'refuse',
        minimumLayerSizeBytes: 0,
        targetTag: 'v1-soci',
        jobs: ownThread,
        ...settings,
      },
    );
    expect(outcome).toMatchObject({ status: 'superseded' });
    expect(await store.resolve('v1-soci')).toBeUndefined();
  });
});

describe('a dry run', () => {
  test.each(['V1', 'V2'] as const)('reports what would be made, and writes nothing: %s', async (version) => {
    const store = newStore();
    await pushImage(store, { tag: 'v1' });
    const from = store.events.length;

    const dry = await index(store, 'v1', { version, dryRun: true });

    expectNothingWritten(store, from);
    expect(store.fetched(ociTypes.gzip)).toHaveLength(1);
    expect(await index(store, 'v1', { version })).toEqual({ ...dry, status: 'indexed' });
  });
});

describe('parallel layers', () => {
  const names = ['one', 'two', 'three', 'four'];
  const layers = names.map((name, position) => gzipLayer(name.padEnd(60 - 8 * position, name)));
  const sideBySide = (size: number) => ({ jobs: { ...ownThread, size } });

  test('are as many as there are threads, starting with the largest', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1', layers: layers.toReversed() });
    let running = 0;
    let most = 0;
    store.before = async (event) => {
      if (event.kind === 'fetch blob' && event.mediaType === ociTypes.gzip) {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (event.kind === 'push blob' && event.digest !== emptyConfig.digest) running--;
    };

    await index(store, 'v1', sideBySide(3));

    expect(most).toBe(3);
    const bySize = layers.toSorted((a, b) => b.bytes.length - a.bytes.length);
    expect(store.fetched(ociTypes.gzip)).toEqual(bySize.map(({ descriptor }) => descriptor.digest));
  });

  test('all end with the first error before it is reported', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1', layers });
    let isStalledEnded = false;
    const [stalled, broken] = layers
      .toSorted((a, b) => b.bytes.length - a.bytes.length)
      .map(({ descriptor }) => descriptor.digest);
    const wrapped: ContentStore = {
      fetchManifest: (reference) => store.fetchManifest(reference),
      hasBlob: (digest) => store.hasBlob(digest),
      resolve: (reference) => store.resolve(reference),
      listReferrers: (subject) => store.listReferrers(subject),
      pushBlob: (target, content) => store.pushBlob(target, content),
      pushManifest: (manifest, tag) => store.pushManifest(manifest, tag),
      pushReferrer: (manifest) => store.pushReferrer(manifest),
      async *fetchBlob(target, signal) {
        if (target.digest === broken) throw new Error('the registry has had enough');
        if (target.digest === stalled) {
          try {
            yield layers[0]!.bytes.subarray(0, 1);
            await new Promise((_resolve, reject) => {
              signal!.addEventListener('abort', () => {
                reject(signal!.reason as Error);
              });
            });
          } finally {
            await new Promise((resolve) => setImmediate(resolve));
            isStalledEnded = true;
          }
        }
        yield* store.fetchBlob(target, signal);
      },
    };
    const from = store.events.length;

    await expect(index(wrapped, 'v1', sideBySide(2))).rejects.toThrow('the registry has had enough');

    expect(isStalledEnded).toBe(true);
    // The other two layers were not started.
    expect(store.fetched(ociTypes.gzip)).toEqual([]);
    expectNothingWritten(store, from);
  });

  test.each([1, 2])(
    'end when aborted, with the given reason, and nothing is tagged: %d threads',
    async (size) => {
      const store = newStore();
      await pushImage(store, { tag: 'v1', layers });
      const told = new AbortController();
      store.before = (event) => {
        if (event.kind === 'fetch blob' && event.mediaType === ociTypes.gzip) {
          told.abort(new Error('the time is up'));
        }
        return Promise.resolve();
      };

      await expect(index(store, 'v1', { ...sideBySide(size), signal: told.signal })).rejects.toThrow(
        'the time is up',
      );

      expect(store.fetched(ociTypes.gzip).length).toBeLessThanOrEqual(size);
      expect(await store.resolve('v1-soci')).toBeUndefined();
    },
  );

  test('release their thread, however they end', async () => {
    const store = newStore();
    const cutOff = blobOf(gzipLayer('cut off').bytes.subarray(0, -20), ociTypes.gzip);
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), blobOf(tarOf('x'), ociTypes.gzip)] });
    await pushImage(store, { tag: 'damaged', layers: [cutOff] });
    const open = new Set<number>();
    let started = 0;
    const jobs: IndexImageOptions['jobs'] = {
      size: 2,
      start(options) {
        const number = ++started;
        const job = ownThread.start(options);
        open.add(number);
        return {
          push: (bytes) => job.push(bytes),
          finish: () => job.finish(),
          discard() {
            open.delete(number);
            job.discard();
          },
        };
      },
    };

    await index(store, 'v1', { jobs });
    await expect(index(store, 'damaged', { jobs })).rejects.toThrow(FormatError);

    expect({ started, open: open.size }).toEqual({ started: 3, open: 0 });
  });

  test('report their progress', async () => {
    const store = newStore();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), blobOf(tarOf('x'), ociTypes.gzip)] });
    const told: unknown[] = [];

    await index(store, 'v1', {
      progress: {
        onStart: (started) => told.push(['start', started.map(({ size }) => size)]),
        onBytes: (layer, bytes) => told.push(['bytes', layer.size, bytes]),
        onLayerDone: (layer, outcome) => told.push(['done', layer.size, outcome.status]),
      },
    });

    const [large, small] = [tarOf('x').length, gzipLayer('a').bytes.length];
    expect(told).toEqual([
      ['start', [large, small]],
      ['bytes', large, large],
      ['done', large, 'skipped'],
      ['bytes', small, small],
      ['done', small, 'indexed'],
    ]);
  });
});

test('the digest of a stored zTOC is the one in the SOCI index', async () => {
  const store = newStore();
  await pushImage(store, { tag: 'v1' });
  const outcome = await index(store, 'v1');
  const [layer] = outcome.indexes[0]!.layers;
  if (layer?.status !== 'indexed') throw new Error('the layer was not indexed');
  const pieces: Uint8Array[] = [];
  for await (const piece of store.fetchBlob({ mediaType: ztocType, ...layer.ztoc })) pieces.push(piece);
  expect(digestOf(Buffer.concat(pieces))).toBe(layer.ztoc.digest);
});
