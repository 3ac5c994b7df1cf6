// Whether all references to a SOCI index agree. Each reference is broken alone.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { type Descriptor, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { sociConfigBytes, sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { dockerTypes, linuxArm64, pushImage, pushIndex } from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import {
  type Damage,
  damageImage,
  findDamage,
  type JsonDescriptor,
  makeIndexedImage,
  problemsOf,
  readJson,
  verify,
} from './indexed-image.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

const otherDigest = `sha256:${'7'.repeat(64)}` as const;
const sociDigest = 'com.amazon.soci.index-digest';
const manifestDigest = 'com.amazon.soci.image-manifest-digest';

/** Changes the entry of the SOCI index in the image index. */
function changeEntry(change: (entry: JsonDescriptor) => void): Damage {
  return {
    index: ({ manifests }) => {
      change(manifests[1]!);
    },
  };
}

describe('a wrong reference of an image to its SOCI index V2', () => {
  test.each<readonly [string, Damage, readonly RegExp[]]>([
    [
      'an annotation that points to nothing',
      { manifest: ({ annotations }) => (annotations[sociDigest] = otherDigest) },
      [
        /^the image names sha256:7{64} as its SOCI index, but it is missing$/,
        /^the image index has no entry for it, so it is lost when the image is copied/,
      ],
    ],
    [
      'an annotation that is not a digest',
      { manifest: ({ annotations }) => (annotations[sociDigest] = 'latest') },
      [/^the image's manifest names "latest" as its SOCI index, which is not a digest$/],
    ],
    [
      'a missing annotation',
      { manifest: (manifest) => (manifest.annotations = { other: 'x' }) },
      [
        /^the image's manifest sha256:\w+ does not name it \(com.amazon.soci.index-digest\), so no runtime finds it$/,
      ],
    ],
    [
      'an image index without the SOCI index',
      { index: ({ manifests }) => manifests.pop() },
      [
        /^the image index has no entry for it, so it is lost when the image is copied or its registry is cleaned up$/,
      ],
    ],
    [
      'an entry for another platform',
      changeEntry((entry) => (entry.platform = { architecture: 'arm64', os: 'linux' })),
      [/^its entry in the image index is for linux\/arm64; the manifest that names it is for linux\/amd64$/],
    ],
    [
      'an entry without a platform',
      changeEntry((entry) => delete entry.platform),
      [/^its entry in the image index is for no platform; /],
    ],
    [
      'an entry with another artifact type',
      changeEntry((entry) => (entry.artifactType = 'application/x')),
      [/^its entry in the image index has the artifact type "application\/x", not "application\/vnd.amazon/],
    ],
    [
      'an entry with the artifact type of version 1',
      changeEntry((entry) => (entry.artifactType = sociIndexTypes.V1)),
      [
        /^its entry in the image index has the artifact type "application\/vnd.amazon.soci.index.v1\+json", not/,
      ],
    ],
    [
      'an entry with the media type of a Docker manifest',
      changeEntry((entry) => (entry.mediaType = dockerTypes.manifest)),
      [/^its entry in the image index has the media type "application\/vnd.docker/],
    ],
    [
      'an entry with another media type',
      changeEntry((entry) => (entry.mediaType = 'application/x')),
      [/^its entry in the image index has the media type "application\/x"$/],
    ],
    [
      'an entry that states one byte more than the SOCI index has',
      changeEntry((entry) => (entry.size += 1)),
      [/^its size in the image index is recorded as (\d+) bytes; it is \d+$/],
    ],
    [
      'an entry that states one byte less, so that a runtime truncates the SOCI index',
      changeEntry((entry) => (entry.size -= 1)),
      [/^its size in the image index is recorded as (\d+) bytes; it is \d+$/],
    ],
    [
      'an entry that belongs to another manifest',
      changeEntry((entry) => (entry.annotations![manifestDigest] = otherDigest)),
      [/^its entry in the image index names the manifest "sha256:7{64}", but it belongs to sha256:\w+$/],
    ],
    [
      'a SOCI index with other content',
      {
        writeSociIndex: (manifest) =>
          JSON.stringify({ ...manifest, config: { ...manifest.config, mediaType: 'application/x' } }),
      },
      [/^the image names sha256:\w+ as its SOCI index, but manifest sha256:\w+: not a SOCI index/],
    ],
  ])('is reported: %s', async (_, damage, sentences) => {
    const { status, problems } = await findDamage(damage);
    expect(status).toBe('invalid');
    expect(problems).toEqual(sentences.map((sentence) => expect.stringMatching(sentence)));
  });
});

describe('an unusual reference', () => {
  test('causes a warning: an entry that names no manifest', async () => {
    const { status, warnings } = await findDamage(changeEntry((entry) => delete entry.annotations));
    expect(status).toBe('valid');
    expect(warnings).toEqual([
      expect.stringMatching(
        /^linux\/amd64: SOCI index sha256:\w+: its entry in the image index does not name its manifest/,
      ),
    ]);
  });

  test('causes a warning: a SOCI index that no manifest names', async () => {
    const { status, warnings } = await findDamage({
      index: ({ manifests }) => {
        manifests.push({
          ...manifests[1]!,
          digest: otherDigest,
          platform: { architecture: 's390x', os: 'linux' },
        });
      },
    });
    expect(status).toBe('valid');
    expect(warnings).toEqual([
      `the image index lists the SOCI index ${otherDigest} for linux/s390x, which no manifest names`,
    ]);
  });

  test('causes a warning: a manifest that is verified alone, without its image index', async () => {
    const store = await makeIndexedImage('V2');
    const [image] = (await readJson(store, 'v1-soci')).manifests;
    expect(await verify(store, image!.digest)).toMatchObject({
      status: 'valid',
      indexes: [{ version: 'V2', layers: [{ status: 'valid' }] }],
      warnings: [expect.stringMatching(/^only this manifest was checked/)],
    });
  });
});

test('accepts an entry that serves two platforms with one SOCI index', async () => {
  const store = await makeIndexedImage('V2');
  await damageImage(store, {
    index: ({ manifests }) => {
      const [image, soci] = manifests as [JsonDescriptor, JsonDescriptor];
      const platform = { architecture: 'arm64', os: 'linux' };
      manifests.push({ ...image, platform }, { ...soci, annotations: {}, platform });
    },
  });
  const verdict = await verify(store);
  expect(problemsOf(verdict)).toEqual([]);
  expect(verdict).toMatchObject({
    status: 'valid',
    indexes: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
  });
});

describe('a SOCI index V1', () => {
  const openRegistry = useRegistries();

  test('does not count for an image if its subject is another manifest, whatever the referrers list contains', async () => {
    const store = openStore(await openRegistry({ referrersApi: false }));
    const image = await pushImage(store, { tag: 'v1' });
    const other = await pushImage(store, { platform: linuxArm64 });
    const config = sociConfigOf('V1');
    await store.pushBlob(config, sociConfigBytes);
    const { mediaType, digest, size } = other;
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config,
        layers: [],
        subject: { mediaType, digest, size },
      }),
    );
    await store.pushManifest({ mediaType, digest: digestOf(bytes), bytes });
    const referrer = {
      mediaType,
      digest: digestOf(bytes),
      size: bytes.length,
      artifactType: sociIndexTypes.V1,
    };
    await pushIndex(store, [referrer], { tag: image.digest.replace(':', '-') });

    expect(await verifyImage(store, 'v1', { minimumLayerSizeBytes: 0, jobs: ownThread })).toMatchObject({
      status: 'none',
      reason: 'no-soci-index',
      indexes: [],
      warnings: [
        `linux/amd64: ${digestOf(bytes)} is listed as a referrer, but is not a SOCI index of this image: its subject is ${digest}`,
      ],
    });
  });

  test('may exist beside one of version 2, and both are verified', async () => {
    const store = await makeIndexedImage('V2');
    const { layers } = await readJson(store, (await readJson(store, 'v1-soci')).manifests[1]!.digest);
    const [{ mediaType, digest, size }] = (await readJson(store, 'v1-soci')).manifests as [JsonDescriptor];
    const config = sociConfigOf('V1');
    await store.pushBlob(config, sociConfigBytes);
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType,
        config,
        layers: layers.map((layer) => ({ ...layer, size: layer.size + 1 })),
        subject: { mediaType, digest, size },
      }),
    );
    await store.pushManifest({ mediaType, digest: digestOf(bytes), bytes });
    expect(await verify(store)).toMatchObject({
      status: 'invalid',
      indexes: [
        { version: 'V2', status: 'valid' },
        { version: 'V1', digest: digestOf(bytes), status: 'invalid' },
      ],
    });
  });
});

describe('a list of referrers', () => {
  test('causes a warning if the store cannot return it, and V2 is still verified', async () => {
    const store = await makeIndexedImage('V2');
    store.listReferrers = () => Promise.reject(new FormatError('manifest', 'the list has no end'));
    expect(await verify(store)).toMatchObject({
      status: 'valid',
      indexes: [{ version: 'V2' }],
      warnings: [
        'linux/amd64: V1 indexes are not checked, because the referrers could not be listed: manifest: the list has no end',
      ],
    });
  });

  test('causes a warning if it names an index without a subject', async () => {
    const store = await makeIndexedImage('V2');
    const [, soci] = (await readJson(store, 'v1-soci')).manifests;
    const { mediaType, digest, size } = soci!;
    store.listReferrers = () => Promise.resolve([{ mediaType, digest, size }]);
    expect((await verify(store)).warnings).toEqual([
      `linux/amd64: ${digest} is listed as a referrer, but is not a SOCI index of this image: its subject is missing`,
    ]);
  });

  test.each([
    [100, []],
    [101, ['linux/amd64: only the first 100 referrers were read; 1 more were not']],
  ])(
    'is read up to the hundredth entry, and a warning says how many more there are: %d',
    async (count, expected) => {
      const store = await makeIndexedImage('V1');
      const [own] = await store.listReferrers((await store.resolve('v1'))!.digest);
      store.listReferrers = () => Promise.resolve(Array<Descriptor>(count).fill(own!));
      const { status, warnings } = await verify(store, 'v1');
      expect({ status, warnings }).toEqual({ status: 'valid', warnings: expected });
    },
  );
});
