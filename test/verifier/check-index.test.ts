// Checks manifests of a SOCI index, each with one change.
import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { blobOf } from '../helpers/images.ts';
import {
  tarLayer,
  type Damage,
  damageImage,
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

describe('a faulty manifest of a SOCI index', () => {
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
      'a zTOC that names no layer',
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
      'version 1 declared as version 2',
      { sociIndex: ({ config }) => (config.mediaType = 'application/vnd.amazon.soci.index.v1+json') },
      [
        /^its version is V1, but it is listed as V2$/,
        /^its subject is missing; expected the manifest sha256:\w+$/,
      ],
    ],
    [
      'a missing config',
      { sociIndex: ({ config }) => (config.digest = otherDigest) },
      [/^its config sha256:7{64} is missing$/],
    ],
    [
      'a config of another size',
      { sociIndex: ({ config }) => (config.size = 3) },
      [/^its config: content sha256:\w+: ends after 2 of the 3 bytes/],
    ],
  ])('is reported: %s', async (_, damage, sentences) => {
    const { status, problems } = await findDamage(damage);
    expect(status).toBe('invalid');
    expect(problems).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });

  test.each<readonly [string, { mediaType?: string; size?: number }]>([
    ['media type', { mediaType: 'application/vnd.docker.distribution.manifest.v2+json' }],
    ['size', { size: 7 }],
  ])('is reported: a subject with another %s', async (_, change) => {
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

describe('the order of the layers', () => {
  test('is that of the covered layers', async () => {
    const found = await findDamage({ sociIndex: ({ layers }) => layers.pop() }, [gzipLayer, tarLayer]);
    expect(found).toEqual({
      status: 'invalid',
      problems: [expect.stringMatching(/^it has no zTOC/)],
      warnings: [],
    });
  });

  test('does not matter for a zTOC whose layer the image does not have', async () => {
    const { warnings } = await findDamage({
      sociIndex: ({ layers }) => (layers[0]!.annotations![layerDigest] = otherDigest),
    });
    expect(warnings).toEqual([]);
  });
});

describe('the config of a SOCI index', () => {
  test('causes a warning if it has other content', async () => {
    const store = await makeIndexedImage('V2');
    const config = blobOf(Buffer.from('{"a":1}'), 'application/json');
    await store.pushBlob(config.descriptor, config.bytes);
    await damageImage(store, {
      sociIndex: (manifest) => {
        const { digest, size } = config.descriptor;
        manifest.config = { ...manifest.config, digest, size };
      },
    });
    expect(await verify(store)).toMatchObject({
      status: 'valid',
      warnings: [
        expect.stringMatching(
          new RegExp(`: its config ${config.descriptor.digest} is not \\{\\}, which the SOCI tools write$`),
        ),
      ],
    });
  });

  test('is read, and an error of the store is thrown', async () => {
    const store = await makeIndexedImage('V2');
    const fetchBlob = store.fetchBlob.bind(store);
    const config = sociConfigOf('V2').digest;
    store.fetchBlob = (target, signal) => {
      if (target.digest === config) throw new Error('status 500');
      return fetchBlob(target, signal);
    };
    await expect(verify(store)).rejects.toThrow('status 500');
  });
});

describe('a different but equivalent manifest', () => {
  test.each<readonly [string, Damage, RegExp]>([
    [
      'different bytes',
      { writeSociIndex: (manifest) => JSON.stringify(manifest, null, 2) },
      /^linux\/amd64: SOCI index sha256:\w+: its manifest is encoded differently/,
    ],
    [
      'a field outside the specification',
      { writeSociIndex: (manifest) => JSON.stringify({ ...manifest, extra: 1 }) },
      /its manifest is encoded differently/,
    ],
    [
      'a different order of the layers',
      { sociIndex: ({ layers }) => layers.reverse() },
      /its zTOCs are not listed once each, in layer order$/,
    ],
  ])('causes a warning: %s', async (_, damage, sentence) => {
    const found = await findDamage(damage, [gzipLayer, tarLayer]);
    expect(found).toEqual({ status: 'valid', problems: [], warnings: [expect.stringMatching(sentence)] });
  });

  test('is reported if a prefetch artifact names no layer', async () => {
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

  test('may have the zTOC of a repeated layer twice without a warning', async () => {
    const store = await makeIndexedImage('V2', [gzipLayer, tarLayer, gzipLayer]);
    expect(await verify(store)).toMatchObject({ status: 'valid', warnings: [] });
  });
});
