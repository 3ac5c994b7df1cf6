// Existing indexes that are wrong or incomplete: how indexing repairs them, and what it leaves alone.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Descriptor, type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import {
  type Blob,
  blobOf,
  gzipLayer,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
  ztocOf,
} from '../helpers/images.ts';
import { everyLayerToV2 } from '../helpers/index-options.ts';
import { damageImage } from '../verifier/indexed-image.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
const layer = gzipLayer('a');
const ztoc = ztocOf(layer, settings).descriptor.digest;

function index(
  store: DamagedStore,
  tag = 'v1',
  options: Partial<IndexImageOptions> = {},
): Promise<ImageOutcome> {
  return indexImage(store, { reference: tag, tag }, { ...everyLayerToV2, ...settings, ...options });
}

/** An image with one layer at `v1`, indexed at `v1-soci`. */
async function makeIndexed(options: Partial<IndexImageOptions> = {}) {
  const store = new DamagedStore();
  const entry = await pushImage(store, { tag: 'v1', layers: [layer] });
  const outcome = await index(store, 'v1', options);
  if (!('digest' in outcome)) throw new Error(outcome.status);
  store.pushed.length = 0;
  return { store, entry, digest: outcome.digest, sociIndex: outcome.indexes[0]!.digest! };
}

async function verify(store: DamagedStore, reference = 'v1-soci'): Promise<string> {
  return (await verifyImage(store, reference, { minimumLayerSizeBytes: 0, jobs: ownThread })).status;
}

/** A zTOC with one wrong span digest. */
function forge(bytes: Uint8Array): Uint8Array {
  const decoded = decodeZtoc(bytes);
  const [first, ...rest] = decoded.spanDigests;
  return encodeZtoc({ ...decoded, spanDigests: [digestOf(Buffer.from(first!)), ...rest] });
}

describe('a V2 image with a forged zTOC', () => {
  test('is considered indexed, and only force rebuilds it and moves the tag', async () => {
    const { store, digest } = await makeIndexed();
    await damageImage(store, { ztoc: forge });
    expect(await verify(store)).toBe('invalid');
    expect(await index(store)).toMatchObject({ status: 'already-indexed', bytesRead: 0 });
    expect(await index(store, 'v1', { reuseZtocs: false })).toMatchObject({ status: 'already-indexed' });

    const outcome = await index(store, 'v1', { force: true });
    expect(outcome).toMatchObject({ status: 'indexed', digest, bytesRead: layer.bytes.length });
    expect(await verify(store)).toBe('valid');
    expect(await index(store, 'v1', { force: true })).toMatchObject({
      status: 'already-indexed',
      digest,
      bytesRead: layer.bytes.length,
    });
  });

  test('is rebuilt at its own tag if it is the source itself', async () => {
    const { store, digest } = await makeIndexed();
    await damageImage(store, { ztoc: forge });
    const outcome = await index(store, 'v1-soci', { targetTag: 'v1-soci-soci', force: true });
    expect(outcome).toMatchObject({ status: 'indexed', digest, tag: 'v1-soci' });
    expect(await store.resolve('v1-soci-soci')).toBeUndefined();
  });

  test('is rebuilt by its digest alone, and no tag matters', async () => {
    const { store, digest } = await makeIndexed();
    await damageImage(store, { ztoc: forge });
    const forged = (await store.resolve('v1-soci'))!.digest;
    const outcome = await indexImage(
      store,
      { reference: forged },
      {
        ...everyLayerToV2,
        ...settings,
        force: true,
        isTagImmutable: () => Promise.reject(new Error('nobody may ask')),
      },
    );
    // Everything right exists already, under its own digest.
    expect(outcome).toMatchObject({ status: 'already-indexed', digest });
    expect(outcome).not.toHaveProperty('tag');
    expect((await store.resolve('v1-soci'))!.digest).toBe(forged);
  });

  test('is unchanged in a dry run, or if its tag is immutable', async () => {
    const { store } = await makeIndexed();
    await damageImage(store, { ztoc: forge });
    const before = (await store.resolve('v1-soci'))!.digest;
    store.pushed.length = 0;
    expect(await index(store, 'v1', { force: true, dryRun: true })).toMatchObject({ status: 'dry-run' });
    expect(
      await index(store, 'v1', { force: true, isTagImmutable: () => Promise.resolve(true) }),
    ).toMatchObject({ status: 'skipped', reason: 'tag-immutable' });
    expect(store.pushed.filter((one) => one !== ztoc)).toEqual([]);
    expect((await store.resolve('v1-soci'))!.digest).toBe(before);
  });

  test('does not replace a plain image at its tag, even with force', async () => {
    const store = new DamagedStore();
    await pushImage(store, { tag: 'v1', layers: [layer] });
    await pushImage(store, { tag: 'v1-soci', layers: [gzipLayer('theirs')] });
    expect(await index(store, 'v1', { force: true })).toMatchObject({
      reason: 'target-tag-taken',
      bytesRead: 0,
    });
  });
});

describe('an incomplete V2 image', () => {
  test.each<readonly [string, (made: Awaited<ReturnType<typeof makeIndexed>>) => Digest, number]>([
    ['a zTOC', () => ztoc, layer.bytes.length],
    ['its SOCI index', ({ sociIndex }) => sociIndex, 0],
    ['the config of its SOCI index', () => digestOf(Buffer.from('{}')), 0],
  ])('gets %s again, with the same digest', async (_, lose, bytesRead) => {
    const made = await makeIndexed();
    const { store, digest } = made;
    const lost = lose(made);
    store.deleted.add(lost);
    // Nothing else refers to the zTOC if its SOCI index is missing.
    const read = lost === made.sociIndex ? layer.bytes.length : bytesRead;
    expect(await index(store)).toMatchObject({ status: 'indexed', digest, bytesRead: read });
    expect(store.deleted.size).toBe(0);
    expect(await verify(store)).toBe('valid');
    expect(await index(store)).toMatchObject({ status: 'already-indexed', bytesRead: 0 });
  });

  test('gets its own manifest again', async () => {
    const { store, digest } = await makeIndexed();
    const { bytes } = await store.fetchManifest('v1-soci');
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] };
    store.deleted.add(manifests[0]!.digest);
    expect(await index(store)).toMatchObject({ status: 'indexed', digest, bytesRead: 0 });
    expect(store.deleted.size).toBe(0);
  });

  test('gets its SOCI index again at an immutable tag, with the same digest', async () => {
    const { store, digest, sociIndex } = await makeIndexed();
    store.deleted.add(sociIndex);
    const isTagImmutable = () => Promise.resolve(true);
    expect(await index(store, 'v1', { isTagImmutable })).toMatchObject({ status: 'indexed', digest });
    expect(await verify(store)).toBe('valid');
  });

  test('gets its config again without reading a layer', async () => {
    const { store, digest } = await makeIndexed();
    store.deleted.add(sociConfigOf('V2').digest);
    const options = { targetTag: 'v1-soci-soci', reuseZtocs: false };
    expect(await index(store, 'v1-soci', options)).toMatchObject({ status: 'indexed', digest, bytesRead: 0 });
    expect(store.deleted.size).toBe(0);
  });

  test('gets a zTOC again at an immutable tag, with the same digest', async () => {
    const { store, digest } = await makeIndexed();
    store.deleted.add(ztoc);
    const isTagImmutable = () => Promise.resolve(true);
    expect(await index(store, 'v1', { isTagImmutable })).toMatchObject({ status: 'indexed', digest });
  });

  test('gets a zTOC again if the V2 image is the source itself', async () => {
    const { store, digest } = await makeIndexed();
    store.deleted.add(ztoc);
    expect(await index(store, 'v1-soci', { targetTag: 'v1-soci-soci' })).toMatchObject({
      status: 'indexed',
      digest,
      tag: 'v1-soci',
      bytesRead: layer.bytes.length,
    });
    expect(await verify(store)).toBe('valid');
  });
});

describe('a V1 index', () => {
  test('is made again if one of its zTOCs is missing', async () => {
    const { store, digest } = await makeIndexed({ version: 'V1' });
    store.deleted.add(ztoc);
    expect(await index(store, 'v1', { version: 'V1' })).toMatchObject({ status: 'indexed', digest });
    expect(await index(store, 'v1', { version: 'V1' })).toMatchObject({ status: 'already-indexed' });
  });

  test('from another builder is kept despite force, with a warning, and ours is added', async () => {
    const { store, digest } = await makeIndexed({ version: 'V1', buildToolIdentifier: 'theirs' });
    const outcome = await index(store, 'v1', { version: 'V1', force: true });
    expect(outcome).toMatchObject({
      status: 'indexed',
      warnings: [`the SOCI index ${digest} remains a referrer; delete it, or a runtime may use it`],
    });
    expect(outcome).not.toHaveProperty('digest', digest);
    // The warning is repeated with force as long as the index exists.
    expect(await index(store, 'v1', { version: 'V1', force: true })).toHaveProperty(
      'warnings',
      'warnings' in outcome ? outcome.warnings : [],
    );
  });
});

describe('an image whose copy has lost the artifact type of its SOCI index', () => {
  async function makeStripped() {
    const made = await makeIndexed();
    const text = Buffer.from((await made.store.fetchManifest('v1-soci')).bytes).toString();
    const bytes = Buffer.from(text.replace(/,"artifactType":"[^"]+"/, ''));
    const manifest = { mediaType: ociTypes.index, digest: digestOf(bytes), bytes };
    await made.store.pushManifest(manifest, 'v1-soci');
    return made;
  }

  test("is valid, with a warning that names the tool's behavior", async () => {
    const { store } = await makeStripped();
    const verdict = await verifyImage(store, 'v1-soci', { minimumLayerSizeBytes: 0, jobs: ownThread });
    expect(verdict).toMatchObject({ status: 'valid', indexes: [{ status: 'valid' }] });
    expect(verdict.warnings).toEqual([expect.stringMatching(/has no artifact type: skopeo copy --all 1\.9/)]);
  });

  test.each(['v1', 'v1-soci'])('is skipped when %s is indexed if its tag is immutable', async (tag) => {
    const { store } = await makeStripped();
    const before = await store.resolve('v1-soci');
    const isTagImmutable = () => Promise.resolve(true);
    expect(await index(store, tag, { isTagImmutable })).toMatchObject({
      status: 'skipped',
      reason: 'tag-immutable',
      bytesRead: 0,
    });
    expect(await store.resolve('v1-soci')).toEqual(before);
  });

  test.each(['v1', 'v1-soci'])('is replaced when %s is indexed, and not duplicated', async (tag) => {
    const { store, digest } = await makeStripped();
    expect(await index(store, tag)).toMatchObject({
      status: 'indexed',
      digest,
      tag: 'v1-soci',
      bytesRead: 0,
    });
    expect(await index(store, tag)).toMatchObject({ status: 'already-indexed', digest });
  });
});

describe('an indexed image at an immutable tag, if it is the source itself', () => {
  const immutable = { targetTag: 'v1-soci-soci', isTagImmutable: () => Promise.resolve(true) };

  test('gets a zTOC again, with the same digest', async () => {
    const { store, digest } = await makeIndexed();
    store.deleted.add(ztoc);
    expect(await index(store, 'v1-soci', immutable)).toMatchObject({ status: 'indexed', digest });
    expect(store.deleted.size).toBe(0);
  });

  test('is skipped if it would get another digest', async () => {
    const { store } = await makeIndexed({ spanSizeBytes: 4096 });
    const outcome = await index(store, 'v1-soci', {
      ...immutable,
      force: true,
      buildToolIdentifier: 'another',
    });
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'tag-immutable' });
  });
});

describe('an image that is already V2', () => {
  const given = { isTargetTagGiven: true, targetTag: 'prod-7' };

  test('gets a given tag without being read', async () => {
    const { store, digest } = await makeIndexed();
    expect(await index(store, 'v1-soci', { ...given, dryRun: true })).toMatchObject({
      status: 'dry-run',
      digest,
    });
    expect(await store.resolve('prod-7')).toBeUndefined();
    expect(await index(store, 'v1-soci', given)).toMatchObject({
      status: 'indexed',
      digest,
      tag: 'prod-7',
      bytesRead: 0,
    });
    expect((await store.resolve('prod-7'))?.digest).toBe(digest);
    expect(await index(store, 'v1-soci', given)).toMatchObject({ status: 'already-indexed', tag: 'prod-7' });
  });

  test('is repaired at a given tag, unless a plain image has it', async () => {
    const { store, digest } = await makeIndexed();
    store.deleted.add(ztoc);
    await pushImage(store, { tag: 'prod-8', layers: [gzipLayer('theirs')] });
    expect(await index(store, 'v1-soci', { ...given, targetTag: 'prod-8' })).toMatchObject({
      status: 'skipped',
      reason: 'target-tag-taken',
      bytesRead: 0,
    });
    expect(await index(store, 'v1-soci', given)).toMatchObject({ status: 'indexed', digest });
    expect(store.deleted.size).toBe(0);
  });

  test('does not take the tag from a plain image, or an immutable tag from another image', async () => {
    const { store } = await makeIndexed();
    await pushImage(store, { tag: 'prod-7', layers: [gzipLayer('theirs')] });
    expect(await index(store, 'v1-soci', given)).toMatchObject({ reason: 'target-tag-taken' });
    await pushImage(store, { tag: 'v2', layers: [gzipLayer('b')] });
    await index(store, 'v2', { targetTag: 'prod-8' });
    const immutable = { ...given, targetTag: 'prod-8', isTagImmutable: () => Promise.resolve(true) };
    expect(await index(store, 'v1-soci', immutable)).toMatchObject({ reason: 'tag-immutable' });
  });
});

describe('a missing entry of an image index', () => {
  async function makeAttested() {
    const store = new DamagedStore();
    const image = await pushImage(store, { layers: [layer] });
    const attestation = await pushAttestation(store, image);
    await pushIndex(store, [image, attestation], { tag: 'v1' });
    return { store, attestation };
  }

  test('is found before a layer is read', async () => {
    const { store, attestation } = await makeAttested();
    store.deleted.add(attestation.digest);
    store.pushed.length = 0;
    await expect(index(store)).rejects.toMatchObject({
      reason: 'manifest-missing',
      message: `the image index names the attestation ${attestation.digest}, which is missing`,
    });
    expect(store.pushed).toEqual([]);
  });

  test('makes a V2 image invalid', async () => {
    const { store, attestation } = await makeAttested();
    await index(store);
    expect(await verify(store)).toBe('valid');
    store.deleted.add(attestation.digest);
    expect(await verifyImage(store, 'v1-soci', { minimumLayerSizeBytes: 0, jobs: ownThread })).toMatchObject({
      status: 'invalid',
      problems: [`the image index names the attestation ${attestation.digest}, which is missing`],
      indexes: [{ status: 'valid' }],
    });
  });
});

test('a V2 image can be copied with everything that it refers to into an empty repository: config, layers, manifests, subject', async () => {
  const store = new DamagedStore();
  const image = await pushImage(store, { layers: [layer] });
  const { mediaType, digest, size } = image;
  const statement = blobOf(Buffer.from('{}'), 'application/vnd.in-toto+json');
  const config = blobOf(Buffer.from('{}'), 'application/vnd.oci.empty.v1+json');
  for (const { descriptor, bytes } of [statement, config]) await store.pushBlob(descriptor, bytes);
  const attestation = encodeManifest({
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: config.descriptor,
    layers: [statement.descriptor],
    subject: { mediaType, digest, size },
  });
  await store.pushManifest(attestation);
  const entry = {
    mediaType: attestation.mediaType,
    digest: attestation.digest,
    size: attestation.bytes.length,
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.type': 'attestation-manifest',
      'vnd.docker.reference.digest': digest,
    },
  };
  await pushIndex(store, [image, entry], { tag: 'v1' });
  const outcome = await index(store);
  const target = new MemoryStore();
  const source = new Set<string>([digest, attestation.digest, (await store.resolve('v1'))!.digest]);

  interface Document {
    readonly config?: Descriptor;
    readonly layers?: readonly Descriptor[];
    readonly manifests?: readonly Descriptor[];
    readonly subject?: Descriptor;
  }
  const copied: string[] = [];
  const copy = async (reference: string): Promise<void> => {
    const manifest = await store.fetchManifest(reference);
    const {
      config: ownConfig,
      layers = [],
      manifests = [],
      subject,
    } = JSON.parse(Buffer.from(manifest.bytes).toString()) as Document;
    for (const one of [...manifests, ...(subject ? [subject] : [])]) await copy(one.digest);
    for (const one of [...layers, ...(ownConfig ? [ownConfig] : [])]) {
      const pieces: Uint8Array[] = [];
      for await (const piece of store.fetchBlob(one)) pieces.push(piece);
      await target.pushBlob(one, Buffer.concat(pieces));
    }
    copied.push(manifest.digest);
    await target.pushManifest(manifest, reference === 'v1-soci' ? reference : undefined);
  };
  await copy('v1-soci');

  expect(copied.filter((one) => source.has(one))).toEqual([]);
  const verdict = await verifyImage(target, 'v1-soci', { minimumLayerSizeBytes: 0, jobs: ownThread });
  expect(verdict).toMatchObject({ status: 'valid', warnings: [] });
  expect(await index(store)).toMatchObject({
    status: 'already-indexed',
    digest: (outcome as { digest: Digest }).digest,
  });
});

describe('an artifact, recognized by its content', () => {
  const pushLike = (store: DamagedStore, ...layers: readonly Blob[]) =>
    pushImage(store, { tag: 'v1', layers });

  test.each(['application/vnd.dev.cosign.simplesigning.v1+json', 'text/spdx+json'])(
    'is skipped if its only layer is %s',
    async (mediaType) => {
      const store = new DamagedStore();
      await pushLike(store, blobOf(Buffer.from('{}'), mediaType));
      expect(await index(store)).toMatchObject({ status: 'skipped', reason: 'not-an-image' });
    },
  );

  test('is skipped if it is a BuildKit cache index, whose entries are layers', async () => {
    const store = new DamagedStore();
    const config = blobOf(Buffer.from('{}'), 'application/vnd.buildkit.cacheconfig.v0');
    await pushIndex(store, [layer.descriptor, config.descriptor], { tag: 'v1' });
    expect(await index(store)).toMatchObject({ status: 'skipped', reason: 'not-an-image' });
  });

  test('gives way to the image of the same platform if it is a signature', async () => {
    const store = new DamagedStore();
    const signature = await pushLike(store, blobOf(Buffer.from('{}'), 'text/spdx+json'));
    const image = await pushImage(store, { layers: [layer] });
    await pushIndex(store, [signature, image], { tag: 'v1' });
    expect(await index(store)).toMatchObject({
      status: 'indexed',
      indexes: [{ layers: [{ digest: layer.descriptor.digest, status: 'indexed' }] }],
    });
  });
});

test('an entry without a platform causes a warning', async () => {
  const store = new DamagedStore();
  const { platform, ...entry } = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
  await pushIndex(store, [await pushImage(store, { layers: [layer] }), entry], { tag: 'v1' });
  expect(platform).toEqual(linuxArm64);
  expect((await index(store)).warnings).toEqual([
    `the manifest ${entry.digest} has no platform in the image index, so it is not indexed`,
  ]);
});

test('a config without an architecture is indexed with the platform as in the config', async () => {
  const store = new DamagedStore();
  await pushImage(store, { tag: 'v1', layers: [layer], platform: { architecture: '', os: 'linux' } });
  expect(await index(store)).toMatchObject({ status: 'indexed' });
  const { bytes } = await store.fetchManifest('v1-soci');
  const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] };
  expect(manifests.map(({ platform }) => platform)).toEqual([
    { architecture: '', os: 'linux' },
    { architecture: '', os: 'linux' },
  ]);
});

test('a second SOCI index for a platform, added by a tool after the artifact type was lost, is removed', async () => {
  const { store, sociIndex } = await makeIndexed();
  const manifests = (tag: string) =>
    store
      .fetchManifest(tag)
      .then(
        ({ bytes }) => (JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] }).manifests,
      );
  const entries = await manifests('v1-soci');
  const own = entries.find(({ digest }) => digest === sociIndex)!;
  await index(store, 'v1', { spanSizeBytes: 131_072, targetTag: 'other' });
  const other = (await manifests('other')).find(({ artifactType }) => artifactType === own.artifactType)!;
  await pushIndex(store, [...entries, other], { tag: 'v1-soci' });

  expect(await index(store, 'v1-soci')).toMatchObject({ status: 'indexed', bytesRead: 0 });
  const left = (await manifests('v1-soci')).filter(({ artifactType }) => artifactType === own.artifactType);
  expect(left.map(({ digest }) => digest)).toEqual([sociIndex]);
});
