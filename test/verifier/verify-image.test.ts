import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import {
  type Blob,
  blobOf,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
  gzipLayer as smallLayer,
} from '../helpers/images.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { copyLayout } from '../helpers/copied-layout.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import {
  damageImage,
  gzipLayer,
  makeIndexedImage,
  problemsOf,
  readJson,
  settings,
  tarLayer,
  verify,
} from './indexed-image.ts';
import { sociIndexTypes, defaultSpanSizeBytes } from '../../lambda-src/core/soci-names.ts';

const options = { minimumLayerSizeBytes: 0, jobs: ownThread };

/** An image of two platforms that share a layer, at `v1`, indexed for some of them at `v1-soci`. */
async function makeTwoPlatforms(platforms?: readonly (typeof linuxAmd64)[]): Promise<RecordingStore> {
  const store = new RecordingStore(new MemoryStore());
  const entries = [
    await pushImage(store, { layers: [gzipLayer, smallLayer('a')], platform: linuxAmd64 }),
    await pushImage(store, { layers: [gzipLayer, smallLayer('b')], platform: linuxArm64 }),
  ];
  await pushIndex(store, entries, { tag: 'v1' });
  await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      ...settings,
      ...options,
      version: 'V2',
      ...(platforms && { platforms }),
      missingPlatforms: 'refuse',
      targetTag: 'v1-soci',
    },
  );
  store.events.length = 0;
  return store;
}

describe('a good index', () => {
  test('of each version is valid, and every layer is reported', async () => {
    for (const [version, tag] of [
      ['V1', 'v1'],
      ['V2', 'v1-soci'],
    ] as const) {
      const store = await makeIndexedImage(version, [gzipLayer, tarLayer]);
      const verdict = await verify(store, tag);
      expect(verdict).toMatchObject({
        status: 'valid',
        warnings: [],
        indexes: [{ version, status: 'valid', problems: [] }],
      });
      expect(verdict.indexes[0]!.layers).toEqual([
        {
          digest: gzipLayer.descriptor.digest,
          status: 'valid',
          ztoc: { digest: expect.any(String), size: expect.any(Number), spans: 7, files: 11 },
          problems: [],
        },
        expect.objectContaining({ digest: tarLayer.descriptor.digest, status: 'valid' }),
      ]);
      expect(verdict.bytesRead).toBe(gzipLayer.bytes.length + tarLayer.bytes.length);
    }
  });

  test('of several platforms reads a layer that they share once', async () => {
    const store = await makeTwoPlatforms();
    const verdict = await verifyImage(store, 'v1-soci', options);
    expect(verdict).toMatchObject({
      status: 'valid',
      indexes: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    });
    expect(store.fetched(ociTypes.gzip)).toHaveLength(3);
  });

  test('writes nothing', async () => {
    const store = await makeTwoPlatforms();
    await verifyImage(store, 'v1-soci', options);
    expect(store.events.filter(({ kind }) => kind !== 'fetch blob')).toEqual([]);
  });

  test('tells how it goes on', async () => {
    const store = await makeIndexedImage('V2', [gzipLayer, tarLayer]);
    const told: string[] = [];
    let bytes = 0;
    await verifyImage(store, 'v1-soci', {
      ...options,
      progress: {
        onStart: (layers) => told.push(`start ${layers.length}`),
        onBytes: (_layer, more) => (bytes += more),
        onLayerDone: (layer, problems) => told.push(`${layer.digest} ${problems}`),
      },
    });
    // The largest first.
    expect(told).toEqual(['start 2', `${tarLayer.descriptor.digest} 0`, `${gzipLayer.descriptor.digest} 0`]);
    expect(bytes).toBe(gzipLayer.bytes.length + tarLayer.bytes.length);
  });
});

describe('layers that are not covered', () => {
  /** An image with the SOCI index of fewer layers than it has. */
  async function makeUncovered(layer: Blob): Promise<MemoryStore> {
    const store = await makeIndexedImage('V2', [gzipLayer, layer]);
    await damageImage(store, {
      sociIndex: (manifest) => {
        manifest.layers = manifest.layers.filter(
          ({ annotations }) =>
            annotations!['com.amazon.soci.image-layer-digest'] === gzipLayer.descriptor.digest,
        );
      },
    });
    return store;
  }

  test('are a problem where they are worth it', async () => {
    const store = await makeUncovered(tarLayer);
    const { size, digest } = tarLayer.descriptor;
    const verdict = await verify(store, 'v1-soci', { minimumLayerSizeBytes: size });
    expect(verdict.indexes[0]!.layers[1]).toEqual({
      digest,
      status: 'invalid',
      problems: [
        `it has no zTOC, although it can have one and its ${size} bytes are not below the minimum of ${size} (--min-layer-size)`,
      ],
    });
    expect(verdict.status).toBe('invalid');
  });

  test('are not read again where another SOCI index has a good zTOC for them', async () => {
    const store = await makeIndexedImage('V2', [gzipLayer, tarLayer]);
    const [image, soci] = (await readJson(store, 'v1-soci')).manifests;
    const v2 = await readJson(store, soci!.digest);
    const { mediaType, digest, size } = image!;
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config: { ...v2.config, mediaType: sociIndexTypes.V1 },
        layers: v2.layers.slice(0, 1),
        subject: { mediaType, digest, size },
      }),
    );
    await store.pushManifest({ mediaType, digest: digestOf(bytes), bytes });
    const { indexes, bytesRead } = await verify(store);
    expect(indexes.map(({ layers }) => layers.map(({ status }) => status))).toEqual([
      ['valid', 'valid'],
      ['valid', 'invalid'],
    ]);
    expect(bytesRead).toBe(gzipLayer.bytes.length + tarLayer.bytes.length);
  });

  test('do not exist for layers smaller than the minimum', async () => {
    const store = await makeUncovered(tarLayer);
    const verdict = await verify(store, 'v1-soci', { minimumLayerSizeBytes: tarLayer.descriptor.size + 1 });
    expect(verdict.status).toBe('valid');
    expect(verdict.indexes[0]!.layers[1]).toEqual({
      digest: tarLayer.descriptor.digest,
      status: 'not covered',
      ...explain('too-small'),
      problems: [],
    });
    // The covered one is proved although it is as small.
    expect(verdict.indexes[0]!.layers[0]!.status).toBe('valid');
  });

  test('do not exist for layers that cannot have a zTOC, which is tried', async () => {
    const tar = new TarWriter()
      .header({ name: 'folder/', type: '5', size: 5000 })
      .entry({ name: 'file' }, 'x')
      .end()
      .bytes();
    const odd = blobOf(tar, ociTypes.tar);
    const zstd = blobOf(Buffer.from('zstd'), ociTypes.zstd);
    const verdict = await verify(await makeIndexedImage('V2', [gzipLayer, odd, zstd]));
    expect(verdict.status).toBe('valid');
    expect(verdict.indexes[0]!.layers.slice(1)).toMatchObject([
      {
        status: 'not covered',
        reason: 'not-indexable',
        message: expect.stringMatching(/: the entry "file" begins before/),
      },
      { status: 'not covered', reason: 'zstd' },
    ]);
    expect(verdict.bytesRead).toBe(gzipLayer.bytes.length + tar.length);
  });

  test('are a problem where they have a zTOC but cannot have one', async () => {
    const zstd = blobOf(Buffer.from('zstd'), ociTypes.zstd);
    const store = await makeIndexedImage('V2', [gzipLayer, zstd]);
    await damageImage(store, {
      sociIndex: ({ layers }) => {
        const annotations = {
          ...layers[0]!.annotations,
          'com.amazon.soci.image-layer-digest': zstd.descriptor.digest,
          'com.amazon.soci.image-layer-mediaType': ociTypes.zstd,
        };
        layers.push({ ...layers[0]!, annotations });
      },
    });
    expect(problemsOf(await verify(store))).toEqual([
      expect.stringMatching(/^it has the zTOC sha256:\w+, but layers of type .*zstd cannot have one$/),
    ]);
  });
});

describe('platforms', () => {
  test('without a SOCI index are warned of, unless they were asked for', async () => {
    const store = await makeTwoPlatforms([linuxAmd64]);
    expect(await verifyImage(store, 'v1-soci', options)).toMatchObject({
      status: 'valid',
      indexes: [{ platform: 'linux/amd64' }],
      warnings: ['linux/arm64: no SOCI index'],
    });
    expect(
      await verifyImage(store, 'v1-soci', { ...options, platforms: [linuxAmd64, linuxArm64] }),
    ).toMatchObject({
      status: 'invalid',
      indexes: [
        { platform: 'linux/amd64', status: 'valid' },
        { platform: 'linux/arm64', status: 'invalid', problems: ['no SOCI index'], layers: [] },
      ],
      warnings: [],
    });
    expect(await verifyImage(store, 'v1-soci', { ...options, platforms: [linuxArm64] })).toMatchObject({
      status: 'none',
      reason: 'no-soci-index',
    });
  });

  test('that the image does not have are refused', async () => {
    const store = await makeIndexedImage('V2');
    await expect(verify(store, 'v1-soci', { platforms: [linuxArm64] })).rejects.toThrow(ConfigError);
  });
});

describe('what is not an image with a SOCI index', () => {
  test('has none', async () => {
    const store = await makeIndexedImage('V2');
    expect(await verify(store, 'v1')).toMatchObject({
      status: 'none',
      reason: 'no-soci-index',
      bytesRead: 0,
    });
  });

  test('is named for what it is', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store, { tag: 'v1' });
    await pushAttestation(store, image, 'attestation');
    expect(await verify(store, 'attestation')).toMatchObject({ status: 'none', reason: 'attestation' });
  });

  test('is refused where it is a SOCI index itself, naming the image', async () => {
    const store = await makeIndexedImage('V1');
    const { digest, indexes } = await verify(store, 'v1');
    await expect(verify(store, indexes[0]!.digest)).rejects.toThrow(
      new ConfigError([`this is a SOCI index, not an image: use the image that it belongs to, ${digest}`]),
    );
  });
});

test('an error of the store ends the verification, and no layer is read after it', async () => {
  const store = new RecordingStore(await makeIndexedImage('V2', [gzipLayer, tarLayer]));
  store.before = (event) =>
    event.kind === 'fetch blob' && event.mediaType === ociTypes.tar
      ? Promise.reject(new Error('the line is cut'))
      : Promise.resolve();
  await expect(verifyImage(store, 'v1-soci', options)).rejects.toThrow('the line is cut');
  expect(store.fetched(ociTypes.gzip)).toEqual([]);
});

test('an abort ends the verification', async () => {
  const store = await makeIndexedImage('V2');
  await expect(verify(store, 'v1-soci', { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow(
    'enough',
  );
});

test('a layer that is damaged in the store is named', async () => {
  const store = await makeIndexedImage('V2');
  await damageImage(store, {
    manifest: ({ layers }) => {
      layers[0]!.size += 1;
    },
  });
  expect(problemsOf(await verify(store))).toEqual([
    expect.stringMatching(
      /^the layer itself cannot be read: content sha256:\w+: ends after \d+ of the \d+ bytes/,
    ),
  ]);
});

describe('images that the reference has converted', () => {
  const fixtures = join(__dirname, '..', 'fixtures');
  const { buildToolIdentifier, cases } = JSON.parse(readFileSync(join(fixtures, 'images.json'), 'utf8')) as {
    buildToolIdentifier: string;
    cases: { image: string; digest: string }[];
  };
  const copies = makeTemporaryFolder();

  test.each(cases.map((one) => [one.image, one] as const))('%s: valid', async (_, { image, digest }) => {
    const { store, source } = await copyLayout(join(fixtures, image), join(copies, image));
    const outcome = await indexImage(
      store,
      { reference: source },
      {
        ...options,
        version: 'V2',
        missingPlatforms: 'refuse',
        spanSizeBytes: defaultSpanSizeBytes,
        buildToolIdentifier,
      },
    );
    expect(outcome).toMatchObject({ status: 'indexed', digest });
    const verdict = await verifyImage(store, digest, options);
    expect(problemsOf(verdict)).toEqual([]);
    expect(verdict.status).toBe('valid');
    expect(verdict.indexes.flatMap(({ layers }) => layers).some(({ status }) => status === 'valid')).toBe(
      true,
    );
  });
});

test('the manifests that a damaged image is made of are as the indexer writes them', async () => {
  // The tests of damage rest on it: without damage, damageImage changes nothing.
  const store = await makeIndexedImage('V2');
  const before = await store.resolve('v1-soci');
  await damageImage(store, {});
  expect(await store.resolve('v1-soci')).toEqual(before);
  expect((await readJson(store, 'v1-soci')).manifests).toHaveLength(2);
});
