import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import {
  ownThread,
  type ZtocJob,
  type ZtocJobOptions,
  type ZtocJobs,
} from '../../lambda-src/threads/ztoc-jobs.ts';
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
import { DamagedStore } from '../helpers/damaged-store.ts';
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

/** An image of two platforms that share a layer, at `v1`, indexed for some of the platforms at `v1-soci`. */
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

/** Counts the jobs in this thread, each of which waits a little for others. */
class CountingJobs implements ZtocJobs {
  started = 0;
  inFlight = 0;
  /** How many were in flight at the same time. */
  most = 0;

  constructor(readonly size: number) {}

  start(jobOptions: ZtocJobOptions): ZtocJob {
    this.started++;
    this.most = Math.max(this.most, ++this.inFlight);
    const job = ownThread.start(jobOptions);
    return {
      push: async (bytes) => {
        await new Promise(setImmediate);
        await job.push(bytes);
      },
      finish: () => job.finish(),
      discard: () => {
        this.inFlight--;
        job.discard();
      },
    };
  }
}

describe('a valid index', () => {
  test('is accepted in each version, and every layer is reported', async () => {
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

  test('for several platforms needs only one read of a layer that they share', async () => {
    const store = await makeTwoPlatforms();
    const verdict = await verifyImage(store, 'v1-soci', options);
    expect(verdict).toMatchObject({
      status: 'valid',
      indexes: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    });
    expect(store.fetched(ociTypes.gzip)).toHaveLength(3);
  });

  test('is verified without any writes', async () => {
    const store = await makeTwoPlatforms();
    await verifyImage(store, 'v1-soci', options);
    expect(store.events.filter(({ kind }) => kind !== 'fetch blob')).toEqual([]);
  });

  test('causes progress reports', async () => {
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
    // The largest layer first.
    expect(told).toEqual(['start 2', `${tarLayer.descriptor.digest} 0`, `${gzipLayer.descriptor.digest} 0`]);
    expect(bytes).toBe(gzipLayer.bytes.length + tarLayer.bytes.length);
  });
});

describe('layers that are not covered', () => {
  /** An image with a SOCI index for fewer layers than it has. */
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

  test('are a problem if they are large enough', async () => {
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

  test('are not read again if another SOCI index has a good zTOC for them', async () => {
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

  test('are not a problem if they are smaller than the minimum', async () => {
    const store = await makeUncovered(tarLayer);
    const verdict = await verify(store, 'v1-soci', { minimumLayerSizeBytes: tarLayer.descriptor.size + 1 });
    expect(verdict.status).toBe('valid');
    expect(verdict.indexes[0]!.layers[1]).toEqual({
      digest: tarLayer.descriptor.digest,
      status: 'not covered',
      ...explain('too-small'),
      problems: [],
    });
    // The covered layer is verified, although it is just as small.
    expect(verdict.indexes[0]!.layers[0]!.status).toBe('valid');
  });

  test('are not a problem if they cannot have a zTOC, which is tested', async () => {
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

  test('are a problem if they have a zTOC but cannot have one', async () => {
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
    const { status, indexes } = await verify(store);
    expect(status).toBe('invalid');
    expect(indexes[0]!.layers[1]).toEqual({
      digest: zstd.descriptor.digest,
      status: 'invalid',
      problems: [
        expect.stringMatching(/^it has the zTOC sha256:\w+, but layers of type .*zstd cannot have one$/),
      ],
    });
  });
});

describe('platforms', () => {
  test('without a SOCI index cause a warning, unless they were requested', async () => {
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

  test('are rejected if the image does not have them', async () => {
    const store = await makeIndexedImage('V2');
    await expect(verify(store, 'v1-soci', { platforms: [linuxArm64] })).rejects.toThrow(ConfigError);
  });
});

describe('a manifest that is not an image with a SOCI index', () => {
  test('is reported as an image without a SOCI index', async () => {
    const store = await makeIndexedImage('V2');
    expect(await verify(store, 'v1')).toMatchObject({
      status: 'none',
      reason: 'no-soci-index',
      bytesRead: 0,
    });
  });

  test('is reported as an attestation', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store, { tag: 'v1' });
    await pushAttestation(store, image, 'attestation');
    expect(await verify(store, 'attestation')).toMatchObject({ status: 'none', reason: 'attestation' });
  });

  test('is rejected if it is a SOCI index itself, with the digest of the image', async () => {
    const store = await makeIndexedImage('V1');
    const { digest, indexes } = await verify(store, 'v1');
    await expect(verify(store, indexes[0]!.digest)).rejects.toThrow(
      new ConfigError([`this is a SOCI index, not an image: use the image that it belongs to, ${digest}`]),
    );
  });
});

test('an error of the store ends the verification, and no further layer is read', async () => {
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

test('a layer that is damaged in the store is reported', async () => {
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

describe('images converted by the reference', () => {
  const fixtures = join(__dirname, '..', 'fixtures');
  const { buildToolIdentifier, cases } = JSON.parse(readFileSync(join(fixtures, 'images.json'), 'utf8')) as {
    buildToolIdentifier: string;
    cases: { image: string; digest: string }[];
  };
  const copies = makeTemporaryFolder();

  test.each(cases.map((one) => [one.image, one] as const))('%s: is valid', async (_, { image, digest }) => {
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

test('the manifests of a damaged image are as the indexer writes them', async () => {
  // The tests of damage rely on this: without damage, damageImage changes nothing.
  const store = await makeIndexedImage('V2');
  const before = await store.resolve('v1-soci');
  await damageImage(store, {});
  expect(await store.resolve('v1-soci')).toEqual(before);
  expect((await readJson(store, 'v1-soci')).manifests).toHaveLength(2);
});

describe('the whole verdict', () => {
  test('of an image without a SOCI index names the image and the reason', async () => {
    const store = new MemoryStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    expect(await verify(store, 'v1')).toEqual({
      status: 'none',
      digest,
      ...explain('no-soci-index'),
      indexes: [],
      warnings: [],
      bytesRead: 0,
    });
  });

  test('of one platform names its index, its layers and what was read', async () => {
    const store = await makeIndexedImage('V2', [tarLayer]);
    const [, soci] = (await readJson(store, 'v1-soci')).manifests;
    const { layers } = await readJson(store, soci!.digest);
    const { digest, size } = layers[0]!;
    expect(await verify(store)).toEqual({
      status: 'valid',
      digest: (await store.resolve('v1-soci'))!.digest,
      indexes: [
        {
          platform: 'linux/amd64',
          version: 'V2',
          digest: soci!.digest,
          status: 'valid',
          problems: [],
          layers: [
            {
              digest: tarLayer.descriptor.digest,
              status: 'valid',
              ztoc: {
                digest,
                size,
                spans: Math.ceil(tarLayer.bytes.length / settings.spanSizeBytes),
                files: 11,
              },
              problems: [],
            },
          ],
        },
      ],
      warnings: [],
      bytesRead: tarLayer.bytes.length,
    });
  });
});

describe('an entry of the image index', () => {
  async function makeWithAttestation(version: 'V1' | 'V2') {
    const store = new DamagedStore();
    const image = await pushImage(store, { layers: [gzipLayer] });
    const attestation = await pushAttestation(store, image);
    const source = await pushIndex(store, [image, attestation], { tag: 'v1' });
    await indexImage(
      store,
      { reference: source, tag: 'v1' },
      {
        ...settings,
        ...options,
        version,
        missingPlatforms: 'refuse',
        ...(version === 'V2' && { targetTag: 'v1-soci' }),
      },
    );
    return { store, attestation };
  }

  test('is a problem of a V2 image if it is missing, because the image cannot be copied', async () => {
    const { store, attestation } = await makeWithAttestation('V2');
    store.deleted.add(attestation.digest);
    expect(await verify(store)).toMatchObject({
      status: 'invalid',
      problems: [`the image index names the attestation ${attestation.digest}, which is missing`],
      indexes: [{ status: 'valid' }],
    });
    store.deleted.clear();
    expect(await verify(store)).not.toHaveProperty('problems');
  });

  test('is not a problem of V1 if it is missing', async () => {
    const { store, attestation } = await makeWithAttestation('V1');
    store.deleted.add(attestation.digest);
    const verdict = await verify(store, 'v1');
    expect(verdict).toMatchObject({ status: 'valid', indexes: [{ version: 'V1' }], warnings: [] });
    expect(verdict).not.toHaveProperty('problems');
  });

  test('causes a warning if it only claims to be a SOCI index', async () => {
    const store = await makeIndexedImage('V2');
    const claim = await pushImage(store, { layers: [tarLayer], platform: linuxArm64 });
    const { mediaType, digest, size } = claim;
    await damageImage(store, {
      index: ({ manifests }) => manifests.push({ mediaType, digest, size, artifactType: sociIndexTypes.V2 }),
    });
    expect(await verify(store)).toMatchObject({
      status: 'valid',
      warnings: [
        expect.stringMatching(
          new RegExp(
            `^the image index lists ${digest} as a SOCI index, but it is not one: manifest sha256:.*: not a SOCI`,
          ),
        ),
      ],
    });
  });

  test('causes a warning if it is a SOCI index for no platform that no manifest names', async () => {
    const store = await makeIndexedImage('V2');
    const otherDigest = `sha256:${'7'.repeat(64)}` as const;
    await damageImage(store, {
      index: ({ manifests }) => {
        const { mediaType, size } = manifests[1]!;
        manifests.push({ mediaType, digest: otherDigest, size, artifactType: sociIndexTypes.V2 });
      },
    });
    const warning = `the image index lists the SOCI index ${otherDigest} for no platform, which no manifest names`;
    expect((await verify(store)).warnings).toEqual([warning]);
    // If only some platforms are verified, others may well be named by manifests that were not read.
    expect((await verify(store, 'v1-soci', { platforms: [linuxAmd64] })).warnings).toEqual([]);
  });
});

describe('the layers', () => {
  const layers = ['a', 'b', 'c', 'd'].map((name) => smallLayer(name.repeat(40)));

  test.each([1, 2, 9])('are read in parallel, as many as there are jobs: %d', async (size) => {
    const store = new RecordingStore(await makeIndexedImage('V1', layers));
    const jobs = new CountingJobs(size);
    expect(await verifyImage(store, 'v1', { ...options, jobs })).toMatchObject({ status: 'valid' });
    expect([jobs.most, jobs.inFlight]).toEqual([Math.min(size, 4), 0]);
  });

  test('are read once if two indexes list the same zTOC', async () => {
    const store = new MemoryStore();
    await pushImage(store, { layers: [gzipLayer], tag: 'v1' });
    const all = { ...settings, ...options, missingPlatforms: 'refuse' } as const;
    await indexImage(store, { reference: 'v1', tag: 'v1' }, { ...all, version: 'V2', targetTag: 'v1-soci' });
    const [image] = (await readJson(store, 'v1-soci')).manifests;
    await indexImage(store, { reference: image!.digest }, { ...all, version: 'V1' });
    const jobs = new CountingJobs(1);
    const { status, indexes } = await verify(store, 'v1-soci', { jobs });
    expect([status, indexes.map(({ version }) => version), jobs.started]).toEqual(['valid', ['V2', 'V1'], 1]);
  });

  test('are reported with their number of problems, including one that should have a zTOC', async () => {
    const store = await makeIndexedImage('V2', [gzipLayer, tarLayer]);
    await damageImage(store, {
      ztoc: () => Buffer.from('not a zTOC'),
      sociIndex: ({ layers: ztocs }) => ztocs.pop(),
    });
    const done: (readonly [string, number])[] = [];
    const started: number[] = [];
    const verdict = await verify(store, 'v1-soci', {
      progress: {
        onStart: (all) => started.push(all.length),
        onBytes: () => {},
        onLayerDone: ({ digest }, problemCount) => done.push([digest, problemCount]),
      },
    });
    expect(verdict.status).toBe('invalid');
    expect(started).toEqual([1, 1]);
    expect(done).toEqual([
      [gzipLayer.descriptor.digest, 1],
      [tarLayer.descriptor.digest, 1],
    ]);
  });
});

test('a SOCI index without a subject is rejected without the digest of an image', async () => {
  const store = await makeIndexedImage('V2');
  const [, soci] = (await readJson(store, 'v1-soci')).manifests;
  await expect(verify(store, soci!.digest)).rejects.toThrow(
    new ConfigError(['this is a SOCI index, not an image: use the image that it belongs to']),
  );
});
