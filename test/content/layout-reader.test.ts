import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { encodeIndex } from '../../lambda-src/core/oci/manifest.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { pushSample, sampleImage, type SampleManifest } from './sample-content.ts';

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
      `holds 2 images with the tag v1: add one of @${image.manifest.digest} @${other.manifest.digest} to its name`,
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
