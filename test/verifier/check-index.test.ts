// The manifest of a SOCI index, with one thing in it changed.
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import {
  tarLayer,
  type Damage,
  findDamage,
  gzipLayer,
  makeIndexedImage,
  problemsOf,
  readJson,
  verify,
} from './indexed-image.ts';

const otherDigest = `sha256:${'7'.repeat(64)}` as const;
const layerDigest = 'com.amazon.soci.image-layer-digest';
const layerType = 'com.amazon.soci.image-layer-mediaType';

describe('what is wrong with the manifest of a SOCI index is named', () => {
  test.each<readonly [string, Damage, readonly RegExp[]]>([
    [
      'a zTOC with another media type',
      { sociIndex: ({ layers }) => (layers[0]!.mediaType = 'application/x') },
      [
        /^sha256:\w+ has the media type "application\/x"; runtimes accept only "application\/octet-stream" for a zTOC$/,
        /^it has no zTOC, although it can have one and its \d+ bytes are not below the minimum of 0 \(--min-layer-size\)$/,
      ],
    ],
    [
      'a zTOC for a layer that the image does not have',
      { sociIndex: ({ layers }) => (layers[0]!.annotations![layerDigest] = otherDigest) },
      [
        /^zTOC sha256:\w+ is for the layer sha256:7{64}, which is not in the image$/,
        /^it has no zTOC, although it can have one/,
      ],
    ],
    [
      'a zTOC that says it is for no layer',
      { sociIndex: ({ layers }) => (layers[0]!.annotations = {}) },
      [
        /^the image names sha256:\w+ as its SOCI index, but SOCI index sha256:\w+: zTOC sha256:\w+ has no digest/,
      ],
    ],
    [
      'a zTOC for a layer of another type',
      { sociIndex: ({ layers }) => (layers[0]!.annotations![layerType] = 'application/x') },
      [
        /^zTOC sha256:\w+: the media type of its layer is recorded as "application\/x"; it is "application\/vnd.oci.image.layer.v1.tar\+gzip"$/,
      ],
    ],
    [
      'two zTOCs for one layer',
      {
        sociIndex: ({ layers }) => {
          layers.push({ ...layers[0]!, digest: otherDigest });
        },
      },
      [/^it has two zTOCs for the layer sha256:\w+: sha256:\w+ and sha256:7{64}$/],
    ],
    [
      'a subject in version 2',
      {
        sociIndex: (manifest) => {
          const { mediaType } = manifest;
          manifest.subject = { mediaType, digest: otherDigest, size: 1 };
        },
      },
      [/^its version is V2, but it has a subject$/],
    ],
    [
      'version 1 where version 2 is named',
      { sociIndex: ({ config }) => (config.mediaType = 'application/vnd.amazon.soci.index.v1+json') },
      [
        /^its version is V1, but it is listed as V2$/,
        /^its subject is missing; expected the manifest sha256:\w+$/,
      ],
    ],
    [
      'a config that is not there',
      { sociIndex: ({ config }) => (config.digest = otherDigest) },
      [/^its config sha256:7{64} is missing$/],
    ],
    [
      'a config of another size',
      { sociIndex: ({ config }) => (config.size = 3) },
      [/^its config: content sha256:\w+: ends after 2 of the 3 bytes/],
    ],
  ])('%s', async (_, damage, sentences) => {
    const { status, problems } = await findDamage(damage);
    expect(status).toBe('invalid');
    expect(problems).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });

  test.each<readonly [string, { mediaType?: string; size?: number }]>([
    ['media type', { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }],
    ['size', { size: 7 }],
  ])('a subject with another %s', async (_, change) => {
    const store = await makeIndexedImage('V1');
    const good = await verify(store, 'v1');
    const manifest = await readJson(store, good.indexes[0]!.digest!);
    const bytes = Buffer.from(JSON.stringify({ ...manifest, subject: { ...manifest.subject, ...change } }));
    await store.pushManifest({ mediaType: manifest.mediaType, digest: digestOf(bytes), bytes });
    expect(problemsOf(await verify(store, 'v1'))).toEqual([
      expect.stringMatching(
        /^its subject is recorded as "application.*" with \d+ bytes; the manifest is "application.*" with \d+$/,
      ),
    ]);
  });
});

describe('what says the same in another way is a warning', () => {
  test.each<readonly [string, Damage, RegExp]>([
    [
      'other bytes of the manifest',
      { writeSociIndex: (manifest) => JSON.stringify(manifest, null, 2) },
      /^linux\/amd64: SOCI index sha256:\w+: its manifest is encoded differently/,
    ],
    [
      'a field that the specification does not have',
      { writeSociIndex: (manifest) => JSON.stringify({ ...manifest, extra: 1 }) },
      /its manifest is encoded differently/,
    ],
    [
      'another order of the layers',
      { sociIndex: ({ layers }) => layers.reverse() },
      /its zTOCs are not listed once each, in layer order$/,
    ],
  ])('%s', async (_, damage, sentence) => {
    const found = await findDamage(damage, [gzipLayer, tarLayer]);
    expect(found).toEqual({ status: 'valid', problems: [], warnings: [expect.stringMatching(sentence)] });
  });

  test('a prefetch artifact that names no layer is a problem', async () => {
    const prefetch = {
      mediaType: 'application/vnd.amazon.soci.prefetch.v1+json',
      digest: otherDigest,
      size: 2,
    };
    const found = await findDamage({ sociIndex: ({ layers }) => layers.push(prefetch) });
    expect(found).toMatchObject({
      status: 'invalid',
      problems: [expect.stringMatching(/prefetch artifact sha256:\w+: it names no layer$/)],
    });
  });

  test('a layer that comes twice has its zTOC twice, which is usual', async () => {
    const store = await makeIndexedImage('V2', [gzipLayer, tarLayer, gzipLayer]);
    expect(await verify(store)).toMatchObject({ status: 'valid', warnings: [] });
  });
});
