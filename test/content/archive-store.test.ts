import { copyFileSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ArchiveStore } from '../../lambda-src/content/archive-store.ts';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { encodeIndex } from '../../lambda-src/core/oci/manifest.ts';
import { openFilesIn } from '../helpers/open-files.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { countedBytes, describeBlob, readAll, sampleImage, type SampleManifest } from './sample-content.ts';

const folder = makeTemporaryFolder();
const opened: ArchiveStore[] = [];
let files = 0;

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
});

function writeArchive(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.tar`);
  writeFileSync(path, bytes);
  return path;
}

async function openArchive(bytes: Uint8Array): Promise<ArchiveStore> {
  const store = await ArchiveStore.open(writeArchive(bytes));
  opened.push(store);
  return store;
}

const pathOf = (digest: string) => `blobs/sha256/${digest.slice(7)}`;

function addImage(tar: TarWriter, { manifest, blobs }: SampleManifest): TarWriter {
  for (const blob of blobs) tar.entry({ name: pathOf(describeBlob(blob).digest) }, blob);
  return tar.entry({ name: pathOf(manifest.digest) }, manifest.bytes);
}

function entryOf({ manifest }: SampleManifest, annotations?: Record<string, string>) {
  const { mediaType, digest, bytes } = manifest;
  return { mediaType, digest, size: bytes.length, ...(annotations && { annotations }) };
}

function layoutTar(images: readonly [SampleManifest, Record<string, string>?][]): TarWriter {
  const tar = new TarWriter().entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}');
  for (const [image] of images) addImage(tar, image);
  const { bytes } = encodeIndex({ manifests: images.map(([image, names]) => entryOf(image, names)) });
  return tar.entry({ name: 'index.json' }, bytes);
}

const refName = 'org.opencontainers.image.ref.name';

describe('an archive of an OCI layout', () => {
  test('returns manifests and blobs by tag and digest, and does not change', async () => {
    const image = sampleImage('one');
    const large = countedBytes(700_001);
    const tar = layoutTar([[image, { [refName]: 'v1' }]])
      .entry({ name: pathOf(describeBlob(large).digest) }, large)
      .end()
      .bytes();
    const store = await openArchive(tar);
    expect((await store.fetchManifest('v1')).digest).toBe(image.manifest.digest);
    expect((await store.fetchManifest(image.manifest.digest)).bytes).toEqual(
      Buffer.from(image.manifest.bytes),
    );
    expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(large))), large)).toBe(0);
    expect(await store.hasBlob(describeBlob(large).digest)).toBe(true);
    expect(await store.resolve('v2')).toBeUndefined();
    await expect(readAll(store.fetchBlob(describeBlob(countedBytes(3))))).rejects.toThrow(NotFoundError);
    expect(readFileSync(join(folder, `${files - 1}.tar`)).equals(tar)).toBe(true);
    expect(store.isDockerSave).toBe(false);
  });

  test('can be read concurrently', async () => {
    const blobs = [1, 2, 3].map((count) => countedBytes(count * 300_000));
    const tar = layoutTar([]);
    for (const blob of blobs) tar.entry({ name: pathOf(describeBlob(blob).digest) }, blob);
    const store = await openArchive(tar.end().bytes());
    const read = await Promise.all(blobs.map((blob) => readAll(store.fetchBlob(describeBlob(blob)))));
    expect(read.map((bytes, position) => Buffer.compare(bytes, blobs[position]!))).toEqual([0, 0, 0]);
  });

  test('with a blob that does not match its digest is rejected', async () => {
    const image = sampleImage('one');
    const other = sampleImage('two').manifest;
    const tar = new TarWriter()
      .entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}')
      .entry({ name: 'index.json' }, encodeIndex({ manifests: [entryOf(image)] }).bytes)
      .entry({ name: pathOf(image.manifest.digest) }, other.bytes);
    const store = await openArchive(tar.end().bytes());
    await expect(store.fetchManifest(image.manifest.digest)).rejects.toThrow(ContentMismatchError);
  });

  test('from docker save is recognized', async () => {
    const tar = layoutTar([[sampleImage('one')]]).entry({ name: 'manifest.json' }, '[]');
    expect((await openArchive(tar.end().bytes())).isDockerSave).toBe(true);
  });

  test('from docker save before version 25 is rejected with advice', async () => {
    const old = new TarWriter()
      .entry({ name: 'manifest.json' }, '[]')
      .entry({ name: `${'a'.repeat(64)}/layer.tar` }, 'layer')
      .end()
      .bytes();
    const path = writeArchive(old);
    await expect(ArchiveStore.open(path)).rejects.toThrow(FormatError);
    await expect(ArchiveStore.open(path)).rejects.toThrow(
      new RegExp(`before version 25.*skopeo copy docker-archive:${path} oci-archive:NEW`),
    );
  });

  test('that is damaged is rejected with its path', async () => {
    const path = writeArchive(layoutTar([[sampleImage('one')]]).bytes());
    await expect(ArchiveStore.open(path)).rejects.toThrow(
      `archive: ${path}: it is truncated: the end marker is missing`,
    );
  });

  test('that is another kind of tar is rejected', async () => {
    const store = await openArchive(new TarWriter().entry({ name: 'etc/passwd' }, 'x').end().bytes());
    await expect(store.listImages()).rejects.toThrow(/is not an OCI image layout: it has no file oci-layout/);
  });

  test('that is missing or a directory is rejected', async () => {
    await expect(ArchiveStore.open(join(folder, 'missing.tar'))).rejects.toThrow(NotFoundError);
    await expect(ArchiveStore.open(folder)).rejects.toThrow(FormatError);
  });

  test('keeps its contents after another file replaces it', async () => {
    const [first, second] = [sampleImage('first'), sampleImage('second')];
    const path = writeArchive(
      layoutTar([[first, { [refName]: 'v1' }]])
        .end()
        .bytes(),
    );
    const store = await ArchiveStore.open(path);
    opened.push(store);
    const newer = writeArchive(
      layoutTar([[second, { [refName]: 'v1' }]])
        .end()
        .bytes(),
    );
    const { ino } = statSync(path);
    copyFileSync(newer, `${path}.new`);
    renameSync(`${path}.new`, path);
    expect(statSync(path).ino).not.toBe(ino);
    expect((await store.fetchManifest('v1')).digest).toBe(first.manifest.digest);
  });
});

describe('a file in an archive', () => {
  const limit = 4 * 1024 * 1024;
  const digest = `sha256:${'1'.repeat(64)}` as const;
  const padded = (bytes: number) =>
    new TarWriter()
      .entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}')
      .entry({ name: 'index.json' }, '{"schemaVersion":2,"manifests":[]}'.padEnd(bytes))
      .end()
      .bytes();

  test('is read as a whole up to 4 MiB, and refused beyond', async () => {
    expect(await (await openArchive(padded(limit))).listImages()).toEqual([]);
    await expect((await openArchive(padded(limit + 1))).listImages()).rejects.toThrow(FormatError);
  });

  test('that consists of several pieces is read in order', async () => {
    const annotations = { text: 'abcdefghij'.repeat(60_000) };
    const { bytes } = encodeIndex({ manifests: [entryOf(sampleImage('one'), annotations)] });
    const tar = new TarWriter()
      .entry({ name: 'oci-layout' }, '{"imageLayoutVersion":"1.0.0"}')
      .entry({ name: 'index.json' }, bytes);
    const [image] = await (await openArchive(tar.end().bytes())).listImages();
    expect(image?.descriptor.annotations).toEqual(annotations);
  });

  test('is not read further after an abort', async () => {
    const large = countedBytes(1_000_000);
    const tar = layoutTar([]).entry({ name: pathOf(describeBlob(large).digest) }, large);
    const store = await openArchive(tar.end().bytes());
    const controller = new AbortController();
    const reason = new Error('out of time');
    const read = async () => {
      for await (const piece of store.fetchBlob(describeBlob(large), controller.signal)) {
        expect(piece.length).toBeLessThan(large.length);
        controller.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
  });

  test('that is cut off after the archive was opened is damaged', async () => {
    const large = countedBytes(600_000);
    const path = writeArchive(
      layoutTar([])
        .entry({ name: pathOf(describeBlob(large).digest) }, large)
        .end()
        .bytes(),
    );
    const store = await ArchiveStore.open(path);
    opened.push(store);
    truncateSync(path, 300_000);
    await expect(readAll(store.fetchBlob(describeBlob(large)))).rejects.toThrow(ContentMismatchError);
  });

  test('that is missing is not found by its digest', async () => {
    const store = await openArchive(layoutTar([]).end().bytes());
    expect(await store.hasBlob(digest)).toBe(false);
  });
});

test('an archive that was closed, or could not be opened, is not held open', async () => {
  const good = writeArchive(layoutTar([]).end().bytes());
  const bad = writeArchive(Buffer.from('x'));
  const store = await ArchiveStore.open(good);
  await store.close();
  await expect(ArchiveStore.open(bad)).rejects.toThrow(FormatError);
  await expect(store.listImages()).rejects.toThrow();
  expect(openFilesIn(folder)).toEqual([]);
});
