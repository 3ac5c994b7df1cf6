import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { MissingStoreError } from '../../lambda-src/content/content-store.ts';
import { blobPathOf } from '../../lambda-src/content/layout-reader.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex } from '../../lambda-src/core/oci/manifest.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import {
  bytesOf,
  describeBlob,
  pushSample,
  sampleImage,
  type SampleManifest,
  sampleReferrer,
} from './sample-content.ts';

const imageType = 'application/vnd.oci.image.manifest.v1+json';

const folder = makeTemporaryFolder();
let layouts = 0;

/** A layout whose index.json has image names as other tools write them. */
async function makeLayout(images: readonly (readonly [SampleManifest, string])[]): Promise<LayoutStore> {
  const directory = join(folder, `${layouts++}`);
  mkdirSync(directory);
  const store = new LayoutStore(directory);
  for (const [image] of images) await pushSample(store, image);
  const manifests = images.map(([{ manifest }, name]) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }));
  writeFileSync(join(directory, 'index.json'), encodeIndex({ manifests }).bytes);
  return store;
}

describe('the tag of an entry', () => {
  const image = sampleImage('one');

  test.each([
    ['v1', 'v1'],
    ['localhost/app:v1', 'v1'],
    ['registry.example.com:5000/team/app:v1', 'v1'],
    [`docker.io/library/app:v1@${image.manifest.digest}`, 'v1'],
    ['registry.example.com:5000/team/app', undefined],
    ['docker.io/library/app', undefined],
    [`localhost/app@${image.manifest.digest}`, undefined],
  ])('named %s is %s', async (name, tag) => {
    const store = await makeLayout([[image, name]]);
    expect((await store.listImages()).map((listed) => listed.tag)).toEqual([tag]);
    if (tag !== undefined) expect((await store.fetchManifest(tag)).digest).toBe(image.manifest.digest);
  });

  test('that several images share is rejected, and each image is found by its digest', async () => {
    const other = sampleImage('two');
    const store = await makeLayout([
      [image, 'localhost/app:v1'],
      [other, 'localhost/web:v1'],
    ]);
    await expect(store.fetchManifest('v1')).rejects.toThrow(ConfigError);
    await expect(store.fetchManifest('v1')).rejects.toThrow(
      `contains 2 images with the tag v1. Append a digest to its name instead of the tag: @${image.manifest.digest} @${other.manifest.digest}`,
    );
    expect((await store.fetchManifest(other.manifest.digest)).digest).toBe(other.manifest.digest);
  });

  test('that one image has under two names is found', async () => {
    const store = await makeLayout([
      [image, 'localhost/app:v1'],
      [image, 'localhost/web:v1'],
    ]);
    expect((await store.fetchManifest('v1')).digest).toBe(image.manifest.digest);
  });

  test('moves from an entry with a full reference to a manifest pushed to that tag', async () => {
    const store = await makeLayout([[image, 'localhost/app:v1']]);
    const newer = sampleImage('newer');
    await pushSample(store, newer, 'v1');
    expect((await store.fetchManifest('v1')).digest).toBe(newer.manifest.digest);
    expect(await store.listImages()).toHaveLength(1);
  });
});

describe('the manifests of a layout', () => {
  const subjectOf = ({ manifest }: SampleManifest) => ({
    mediaType: manifest.mediaType,
    digest: manifest.digest,
    size: manifest.bytes.length,
  });

  /** A layout with an index.json of these entries. */
  async function makeListed(manifests: readonly Descriptor[], samples: readonly SampleManifest[] = []) {
    const store = await makeLayout(samples.map((sample) => [sample, 'v1'] as const));
    await store.pushBlob(describeBlob(bytesOf('x')), bytesOf('x'));
    writeFileSync(join(store.directory, 'index.json'), encodeIndex({ manifests }).bytes);
    return store;
  }

  test('are searched for referrers below image indexes, each once, in cycles too', async () => {
    const image = sampleImage('one');
    const referrer = sampleReferrer(image.manifest, 'application/vnd.a+json', {});
    const entry = subjectOf(referrer);
    const inner = encodeIndex({ manifests: [entry, entry] });
    const described = { mediaType: inner.mediaType, digest: inner.digest, size: inner.bytes.length };
    const outer = encodeIndex({ manifests: [described, entry, described] });
    const store = await makeListed(
      [{ mediaType: outer.mediaType, digest: outer.digest, size: outer.bytes.length }],
      [image, referrer],
    );
    await store.pushManifest(inner);
    await store.pushManifest(outer);
    expect((await store.listReferrers(image.manifest.digest)).map(({ digest }) => digest)).toEqual([
      entry.digest,
    ]);
  });

  test('are searched up to ten thousand', async () => {
    // Ten image indexes, of which each may have a thousand entries.
    const list = async (entriesOfLast: number) => {
      const indexes = Array.from({ length: 10 }, (_, index) =>
        encodeIndex({
          manifests: Array.from({ length: index === 9 ? entriesOfLast : 999 }, (__, entry) =>
            describeBlob(bytesOf(`${index} ${entry}`), imageType),
          ),
        }),
      );
      const store = await makeListed(
        indexes.map(({ mediaType, digest, bytes }) => ({ mediaType, digest, size: bytes.length })),
      );
      for (const index of indexes) await store.pushManifest(index);
      return store.listReferrers(indexes[0]!.digest);
    };
    expect(await list(999)).toEqual([]);
    await expect(list(1000)).rejects.toThrow(FormatError);
  });

  test('that are no manifests, damaged or described as too large are passed over', async () => {
    const image = sampleImage('one');
    const referrer = sampleReferrer(image.manifest, 'application/vnd.a+json', {});
    const text = describeBlob(bytesOf('x'), imageType);
    const store = await makeListed([text, subjectOf(referrer)], [image, referrer]);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
    expect(await store.listImages()).toHaveLength(1);
    const large = await makeListed([{ ...subjectOf(referrer), size: 4_194_305 }], [image, referrer]);
    expect(await large.listReferrers(image.manifest.digest)).toEqual([]);
    const largest = await makeListed([{ ...subjectOf(referrer), size: 4_194_304 }], [image, referrer]);
    expect(await largest.listReferrers(image.manifest.digest)).toHaveLength(1);
    const damaged = await makeListed([subjectOf(referrer)], [image, referrer]);
    const other = sampleReferrer(image.manifest, 'application/vnd.b+json', {}).manifest.bytes;
    writeFileSync(join(damaged.directory, blobPathOf(referrer.manifest.digest)), other);
    expect(await damaged.listReferrers(image.manifest.digest)).toEqual([]);
  });

  test('that are damaged do not resolve to nothing', async () => {
    const image = sampleImage('one');
    const store = await makeLayout([[image, 'v1']]);
    writeFileSync(join(store.directory, blobPathOf(image.manifest.digest)), 'x');
    await expect(store.resolve('v1')).rejects.toThrow(ContentMismatchError);
  });
});

test('a layout whose directory is missing is told from a directory that is not a layout', async () => {
  const missing = new LayoutStore(join(folder, 'missing')).listImages();
  await expect(missing).rejects.toThrow(MissingStoreError);
  await expect(missing).rejects.toThrow(/the directory .*missing is missing/);
  await expect(new LayoutStore(folder).listImages()).rejects.toThrow(/not an OCI image layout/);
});
