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

  test('has the files of the specification, and no other', async () => {
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

  test('a referrer does not make a single image one of two', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await pushSample(store, sampleReferrer(image.manifest, 'application/vnd.example+json', {}));
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test("one platform's manifest of an index is not an image of its own", async () => {
    const platform = sampleImage('amd64');
    await pushSample(store, platform);
    const { mediaType, digest, bytes } = platform.manifest;
    await store.pushManifest(encodeIndex({ manifests: [{ mediaType, digest, size: bytes.length }] }), 'v1');
    expect(await store.listImages()).toHaveLength(1);
    expect((await store.fetchManifest(digest)).mediaType).toBe(mediaType);
  });

  test('several images are listed in their order with their tags', async () => {
    for (const tag of ['b', 'a', 'c']) await pushSample(store, sampleImage(tag), tag);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['b', 'a', 'c']);
  });

  test('an annotation of a manifest does not become a tag', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const annotations = { 'org.opencontainers.image.ref.name': 'v1' };
    await pushSample(store, sampleReferrer(image.manifest, 'application/vnd.example+json', annotations));
    expect((await store.resolve('v1'))?.digest).toBe(image.manifest.digest);
    expect(await readIndexJson()).toMatchObject({ manifests: [{}, {}] });
  });

  test('manifests that are pushed side by side are all listed', async () => {
    const images = Array.from({ length: 20 }, (_, index) => sampleImage(`image ${index}`));
    await Promise.all(images.map((image, index) => pushSample(store, image, `v${index}`)));
    expect(await store.listImages()).toHaveLength(20);
  });

  test('processes that write side by side lose no entry', async () => {
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

  test('a manifest with a subject that is pushed as such is a file only, as a referrer it is listed', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const { manifest, blobs } = sampleReferrer(image.manifest, 'application/vnd.example+json', {});
    for (const blob of blobs) await store.pushBlob(describeBlob(blob), blob);
    await store.pushManifest(manifest);
    expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
    await store.pushReferrer(manifest);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test('entries that others wrote keep their fields', async () => {
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

  test('a listed image whose files are missing stops neither listing nor referrers', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await rm(blobPath(image.manifest.digest));
    expect(await store.listImages()).toHaveLength(1);
    expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
    await expect(store.fetchManifest('v1')).rejects.toThrow(NotFoundError);
  });

  test('a damaged manifest is not given out', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await writeFile(blobPath(image.manifest.digest), sampleImage('two').manifest.bytes);
    await expect(store.fetchManifest('v1')).rejects.toThrow(ContentMismatchError);
    await expect(store.fetchManifest(image.manifest.digest)).rejects.toThrow(ContentMismatchError);
  });

  test('a damaged blob is written again when it is pushed', async () => {
    const content = bytesOf('content');
    await store.pushBlob(describeBlob(content), content);
    await writeFile(blobPath(describeBlob(content).digest), 'damaged');
    await store.pushBlob(describeBlob(content), content);
    expect(await readAll(store.fetchBlob(describeBlob(content)))).toEqual(content);
  });

  test.each(['../../secret', `sha256:../../../${'a'.repeat(55)}`, `sha256:${'A'.repeat(64)}`])(
    'a digest that is a path does not lead out of the layout: %s',
    async (digest) => {
      await pushSample(store, sampleImage('one'), 'v1');
      const target = { ...describeBlob(bytesOf('x')), digest: digest as Digest };
      await expect(readAll(store.fetchBlob(target))).rejects.toThrow(FormatError);
      await expect(store.fetchManifest(digest)).rejects.toThrow(NotFoundError);
    },
  );

  test('a directory that is not a layout says so', async () => {
    await expect(store.fetchManifest('v1')).rejects.toThrow(
      'is not an OCI image layout: it has no file oci-layout',
    );
    await expect(store.listImages()).rejects.toThrow(NotFoundError);
  });

  test.each([
    ['a layout of another version', 'oci-layout', '{"imageLayoutVersion":"2.0.0"}'],
    ['an index that is not JSON', 'index.json', '{'],
    ['an index whose digest is a path', 'index.json', '{"schemaVersion":2,"manifests":[{"digest":"../x"}]}'],
  ])('%s is refused', async (_title, file, text) => {
    await pushSample(store, sampleImage('one'), 'v1');
    await writeFile(join(directory, file), text);
    await expect(store.fetchManifest('v1')).rejects.toThrow(FormatError);
  });

  test('a manifest of more than 4 MiB is not read', async () => {
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await writeFile(blobPath(image.manifest.digest), new Uint8Array(4_194_305));
    await expect(store.fetchManifest('v1')).rejects.toThrow('more than the maximum of 4194304');
  });

  test('a manifest without a media type has the one that its entry says, or its shape', async () => {
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

  test('two that begin a layout at once leave one layout, and no other file', async () => {
    const contents = ['one', 'two', 'three', 'four'].map(bytesOf);
    await Promise.all(
      contents.map((content) => new LayoutStore(directory).pushBlob(describeBlob(content), content)),
    );
    expect((await readdir(directory)).sort()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(await readdir(join(directory, 'blobs', 'sha256'))).toHaveLength(4);
    expect(await store.listImages()).toEqual([]);
  });
});
