import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import { ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex } from '../../lambda-src/core/oci/manifest.ts';
import { bytesOf, describeBlob, pushSample, readAll, sampleImage, sampleReferrer } from './sample-content.ts';
import { defineContentStoreContract } from './store-contract.ts';

defineContentStoreContract('an OCI layout', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'layout-'));
  return {
    store: new LayoutStore(join(directory, 'new')),
    close: () => rm(directory, { recursive: true }),
  };
});

describe('an OCI layout', () => {
  let directory: string;
  let store: LayoutStore;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'layout-'));
    store = new LayoutStore(directory);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const blobPath = (digest: string): string => join(directory, 'blobs', 'sha256', digest.slice(7));
  const readIndexJson = async (): Promise<unknown> =>
    JSON.parse(await readFile(join(directory, 'index.json'), 'utf8'));

  test('has only the files of the specification', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await readFile(join(directory, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}');
    const digests = [image.manifest.digest, ...image.blobs.map((blob) => describeBlob(blob).digest)];
    expect((await readdir(join(directory, 'blobs', 'sha256'))).sort()).toEqual(
      digests.map((digest) => digest.slice(7)).sort(),
    );
    expect(await readIndexJson()).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          digest: image.manifest.digest,
          size: image.manifest.bytes.length,
          annotations: { 'org.opencontainers.image.ref.name': 'v1' },
          artifactType: 'application/vnd.oci.image.config.v1+json',
        },
      ],
    });
  });

  test('does not count a referrer as a second image', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await pushSample(store, sampleReferrer(image.manifest, 'application/vnd.example+json', {}));
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test('does not list the manifest of a platform as a separate image', async () => {
    const platform = sampleImage('amd64');
    await pushSample(store, platform);
    const { mediaType, digest, bytes } = platform.manifest;
    await store.pushManifest(encodeIndex({ manifests: [{ mediaType, digest, size: bytes.length }] }), 'v1');
    expect(await store.listImages()).toHaveLength(1);
    expect((await store.fetchManifest(digest)).mediaType).toBe(mediaType);
  });

  test('lists several images in order with their tags', async () => {
    for (const tag of ['b', 'a', 'c']) await pushSample(store, sampleImage(tag), tag);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['b', 'a', 'c']);
  });

  test('does not use an annotation of a manifest as a tag', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const annotations = { 'org.opencontainers.image.ref.name': 'v1' };
    await pushSample(store, sampleReferrer(image.manifest, 'application/vnd.example+json', annotations));
    expect((await store.resolve('v1'))?.digest).toBe(image.manifest.digest);
    expect(await readIndexJson()).toMatchObject({ manifests: [{}, {}] });
  });

  test('lists all manifests that are pushed concurrently', async () => {
    const images = Array.from({ length: 20 }, (_, index) => sampleImage(`image ${index}`));
    await Promise.all(images.map((image, index) => pushSample(store, image, `v${index}`)));
    expect(await store.listImages()).toHaveLength(20);
  });

  test('loses no entry when several processes write concurrently', async () => {
    const project = join(__dirname, '..', '..');
    const loader = pathToFileURL(join(project, 'node_modules', 'tsx', 'dist', 'loader.mjs')).href;
    const writers = ['a', 'b', 'c'].map((prefix) =>
      spawn(
        process.execPath,
        ['--import', loader, join(__dirname, 'layout-writer.ts'), directory, prefix, '20'],
        {
          cwd: project,
          stdio: ['pipe', 'pipe', 'inherit'],
        },
      ),
    );
    await Promise.all(writers.map(({ stdout }) => once(stdout, 'data')));
    for (const { stdin } of writers) stdin.write('begin');
    const codes = await Promise.all(writers.map((writer) => once(writer, 'close')));
    expect(codes.map(([code]: unknown[]) => code)).toEqual([0, 0, 0]);
    expect(await store.listImages()).toHaveLength(60);
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
  }, 60_000);

  test('lists a manifest with a subject only if it is pushed as a referrer', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const { manifest, blobs } = sampleReferrer(image.manifest, 'application/vnd.example+json', {});
    for (const blob of blobs) await store.pushBlob(describeBlob(blob), blob);
    await store.pushManifest(manifest);
    expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
    await store.pushReferrer(manifest);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test('keeps the fields of entries that other tools wrote', async () => {
    await pushSample(store, sampleImage('one'), 'v1');
    const foreign = {
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: `sha256:${'0'.repeat(64)}`,
      size: 3,
      annotations: { 'io.containerd.image.name': 'docker.io/library/x:1' },
      platform: { architecture: 'arm64', os: 'linux' },
    };
    const index = { schemaVersion: 2, manifests: [foreign], annotations: { kept: 'yes' } };
    await writeFile(join(directory, 'index.json'), JSON.stringify(index));
    await pushSample(store, sampleImage('two'), 'v2');
    expect(await readIndexJson()).toMatchObject({ manifests: [foreign, {}], annotations: { kept: 'yes' } });
  });

  test("lists images and referrers even if an image's files are missing", async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await rm(blobPath(image.manifest.digest));
    expect(await store.listImages()).toHaveLength(1);
    expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
    await expect(store.fetchManifest('v1')).rejects.toThrow(NotFoundError);
  });

  test('does not return a damaged manifest', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await writeFile(blobPath(image.manifest.digest), sampleImage('two').manifest.bytes);
    await expect(store.fetchManifest('v1')).rejects.toThrow(ContentMismatchError);
    await expect(store.fetchManifest(image.manifest.digest)).rejects.toThrow(ContentMismatchError);
  });

  test('replaces a damaged blob when it is pushed again', async () => {
    const content = bytesOf('content');
    await store.pushBlob(describeBlob(content), content);
    await writeFile(blobPath(describeBlob(content).digest), 'damaged');
    await store.pushBlob(describeBlob(content), content);
    expect(await readAll(store.fetchBlob(describeBlob(content)))).toEqual(content);
  });

  test.each(['../../secret', `sha256:../../../${'a'.repeat(55)}`, `sha256:${'A'.repeat(64)}`])(
    'does not follow a digest that is a path: %s',
    async (digest) => {
      await pushSample(store, sampleImage('one'), 'v1');
      const target = { ...describeBlob(bytesOf('x')), digest: digest as Digest };
      await expect(readAll(store.fetchBlob(target))).rejects.toThrow(FormatError);
      await expect(store.fetchManifest(digest)).rejects.toThrow(NotFoundError);
    },
  );

  test('reports a directory that is not a layout', async () => {
    await expect(store.fetchManifest('v1')).rejects.toThrow(
      'is not an OCI image layout: it has no file oci-layout',
    );
    await expect(store.listImages()).rejects.toThrow(NotFoundError);
  });

  test.each([
    ['a layout of another version', 'oci-layout', '{"imageLayoutVersion":"2.0.0"}'],
    ['an index that is not JSON', 'index.json', '{'],
    ['an index whose digest is a path', 'index.json', '{"schemaVersion":2,"manifests":[{"digest":"../x"}]}'],
  ])('rejects %s', async (_title, file, text) => {
    await pushSample(store, sampleImage('one'), 'v1');
    await writeFile(join(directory, file), text);
    await expect(store.fetchManifest('v1')).rejects.toThrow(FormatError);
  });

  test('does not read a manifest of more than 4 MiB', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await writeFile(blobPath(image.manifest.digest), new Uint8Array(4_194_305));
    await expect(store.fetchManifest('v1')).rejects.toThrow('more than the maximum of 4194304');
  });

  test('determines a missing media type from the entry of the manifest, or from its structure', async () => {
    const platform = sampleImage('amd64');
    await pushSample(store, platform);
    const { mediaType, digest, bytes } = platform.manifest;
    const text = JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size: bytes.length }] });
    const untyped = { ...describeBlob(bytesOf(text)), bytes: bytesOf(text) };
    const indexType = 'application/vnd.oci.image.index.v1+json';
    await store.pushManifest({ ...untyped, mediaType: indexType });
    expect((await store.fetchManifest(untyped.digest)).mediaType).toBe(indexType);
    const listType = 'application/vnd.docker.distribution.manifest.list.v2+json';
    await store.pushManifest({ ...untyped, mediaType: listType }, 'list');
    expect((await store.fetchManifest('list')).mediaType).toBe(listType);
  });

  test('leaves only one layout if several writers create it at once', async () => {
    const contents = ['one', 'two', 'three', 'four'].map(bytesOf);
    await Promise.all(
      contents.map((content) => new LayoutStore(directory).pushBlob(describeBlob(content), content)),
    );
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toHaveLength(4);
    expect(await store.listImages()).toEqual([]);
  });
});
