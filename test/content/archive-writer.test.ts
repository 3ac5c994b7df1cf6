import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ArchiveStore } from '../../lambda-src/content/archive-store.ts';
import { ArchiveWriter } from '../../lambda-src/content/archive-writer.ts';
import { readTarMembers } from '../../lambda-src/content/tar-members.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
import { openFilesIn } from '../helpers/open-files.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import {
  bytesOf,
  countedBytes,
  describeBlob,
  pushSample,
  readAll,
  sampleImage,
  sampleReferrer,
} from './sample-content.ts';
import { defineContentStoreContract } from './store-contract.ts';

defineContentStoreContract('an archive that is being written', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'archive-'));
  const store = await ArchiveWriter.create(join(directory, 'image.tar'));
  return {
    store,
    close: async () => {
      await store.discard();
      rmSync(directory, { recursive: true });
    },
  };
});

describe('an archive', () => {
  const folder = makeTemporaryFolder();
  let archives = 0;
  const newPath = (): string => {
    const directory = mkdtempSync(join(folder, `${archives++}-`));
    return join(directory, 'image.tar');
  };

  test('appears complete, and replaces an existing file', async () => {
    const path = newPath();
    writeFileSync(path, 'old');
    const writer = await ArchiveWriter.create(path);
    const image = sampleImage('one');
    await pushSample(writer, image, 'v1');
    expect(readFileSync(path, 'utf8')).toBe('old');
    await writer.commit();
    const store = await ArchiveStore.open(path);
    expect((await store.listImages()).map(({ tag, descriptor }) => [tag, descriptor.digest])).toEqual([
      ['v1', image.manifest.digest],
    ]);
    for (const blob of image.blobs) {
      expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(blob))), blob)).toBe(0);
    }
    await store.close();
    expect(readdirSync(join(path, '..'))).toEqual(['image.tar']);
  });

  test('can be unpacked by GNU tar', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const image = sampleImage('one');
    await pushSample(writer, image, 'v1');
    await writer.commit();
    const target = mkdtempSync(join(folder, 'unpacked-'));
    expect(spawnSync('tar', ['-C', target, '-xf', path]).status).toBe(0);
    expect(readdirSync(target).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout']);
    expect(
      readFileSync(join(target, 'blobs', 'sha256', image.manifest.digest.slice(7))).equals(
        image.manifest.bytes,
      ),
    ).toBe(true);
  });

  test('that is discarded leaves no file behind and does not change an existing one', async () => {
    const path = newPath();
    writeFileSync(path, 'old');
    const writer = await ArchiveWriter.create(path);
    await pushSample(writer, sampleImage('one'), 'v1');
    await writer.discard();
    expect(readdirSync(join(path, '..'))).toEqual(['image.tar']);
    expect(readFileSync(path, 'utf8')).toBe('old');
  });

  test('accepts blobs concurrently, piece by piece, and a discarded blob again', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const [first, second] = [countedBytes(1300), countedBytes(2600)];
    const one = await writer.createBlob(describeBlob(first));
    const two = await writer.createBlob(describeBlob(second));
    for (let at = 0; at < 1300; at += 100) {
      await one.write(first.subarray(at, at + 100));
      await two.write(second.subarray(at * 2, at * 2 + 200));
      if (at === 600) await one.discard();
      if (at === 600) break;
    }
    expect(await writer.hasBlob(describeBlob(first).digest)).toBe(false);
    await expect(writer.commit()).rejects.toThrow(/is incomplete: blobs/);
    const again = await writer.createBlob(describeBlob(first));
    await again.write(first);
    await again.commit();
    await two.write(second.subarray(1400));
    await two.commit();
    expect(await writer.hasBlob(describeBlob(first).digest)).toBe(true);
    await writer.commit();
    const store = await ArchiveStore.open(path);
    for (const blob of [first, second]) {
      expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(blob))), blob)).toBe(0);
    }
    await store.close();
  });

  test.each([
    ['fewer', 9],
    ['more', 11],
  ])('rejects %s bytes than the descriptor states', async (_title, count) => {
    const writer = await ArchiveWriter.create(newPath());
    const blob = await writer.createBlob(describeBlob(countedBytes(10)));
    const write = async () => {
      await blob.write(countedBytes(count));
      await blob.commit();
    };
    await expect(write()).rejects.toThrow(ContentMismatchError);
    await writer.discard();
  });

  test('lists an untagged image, each tag of an image, and each referrer only once', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const image = sampleImage('one');
    await pushSample(writer, image);
    const referrer = sampleReferrer(image.manifest, 'application/vnd.example+json', {});
    await pushSample(writer, referrer);
    await pushSample(writer, referrer);
    await writer.addImage(image.manifest);
    await writer.addImage(image.manifest);
    await writer.addImage(image.manifest, 'v1');
    await pushSample(writer, image, 'latest');
    await writer.commit();
    const store = await ArchiveStore.open(path);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual([undefined, 'v1', 'latest']);
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
    await store.close();
  });

  test('writes a blob that is pushed twice only once', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const content = bytesOf('once');
    await Promise.all([1, 2].map(() => writer.pushBlob(describeBlob(content), content)));
    await writer.commit();
    expect(spawnSync('tar', ['-tf', path]).stdout.toString().match(/blobs/g)).toHaveLength(1);
    expect(existsSync(path)).toBe(true);
  });
});

describe('an archive that is being written', () => {
  const folder = makeTemporaryFolder();
  let archives = 0;
  const newPath = () => join(folder, `${archives++}.tar`);

  async function tagsOf(path: string): Promise<readonly (string | undefined)[]> {
    const store = await ArchiveStore.open(path);
    try {
      return (await store.listImages()).map(({ tag }) => tag);
    } finally {
      await store.close();
    }
  }

  test('ends with exactly two blocks of zeros', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    await writer.commit();
    const file = await open(path);
    const members = await readTarMembers(file);
    await file.close();
    const { offset, size } = members.get('index.json')!;
    const bytes = readFileSync(path);
    expect(bytes.length).toBe(offset + Math.ceil(size / 512) * 512 + 1024);
    expect(bytes.subarray(-1024).every((byte) => byte === 0)).toBe(true);
  });

  test('does not list a manifest that is pushed by its digest alone as an image', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const { manifest, blobs } = sampleImage('one');
    for (const blob of blobs) await writer.pushBlob(describeBlob(blob), blob);
    await writer.pushManifest(manifest);
    await writer.commit();
    expect(await tagsOf(path)).toEqual([]);
  });

  test('moves a tag to the image that is added last, and keeps the others', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    for (const tag of ['a', 'b', 'c']) await pushSample(writer, sampleImage(tag), tag);
    const newer = sampleImage('newer');
    await pushSample(writer, newer, 'a');
    expect((await writer.resolve('a'))?.digest).toBe(newer.manifest.digest);
    await writer.commit();
    expect(await tagsOf(path)).toEqual(['b', 'c', 'a']);
  });

  test('refuses a byte too many when it is written, before it harms the next blob', async () => {
    const writer = await ArchiveWriter.create(newPath());
    const [first, second] = [countedBytes(512), countedBytes(512).map((byte) => byte ^ 1)];
    const one = await writer.createBlob(describeBlob(first));
    const two = await writer.createBlob(describeBlob(second));
    await two.write(second);
    await two.commit();
    await one.write(first.subarray(0, 500));
    await expect(one.write(new Uint8Array(13))).rejects.toThrow(ContentMismatchError);
    await one.write(first.subarray(500));
    await one.commit();
    for (const blob of [first, second]) {
      expect(Buffer.compare(await readAll(writer.fetchBlob(describeBlob(blob))), blob)).toBe(0);
    }
    await writer.discard();
  });

  test('is not committed without its only blob', async () => {
    const path = newPath();
    const writer = await ArchiveWriter.create(path);
    const content = countedBytes(10);
    await writer.createBlob(describeBlob(content));
    await expect(writer.commit()).rejects.toThrow(describeBlob(content).digest.slice(7));
    await writer.discard();
    expect(existsSync(path)).toBe(false);
  });

  test('refuses a blob that is described with two sizes', async () => {
    const writer = await ArchiveWriter.create(newPath());
    const target = describeBlob(countedBytes(10));
    await writer.createBlob(target);
    await expect(writer.createBlob({ ...target, size: 11 })).rejects.toThrow(ContentMismatchError);
    await writer.discard();
  });

  test('is not held open after its end, and may be discarded again', async () => {
    const [committed, discarded] = [newPath(), newPath()];
    const one = await ArchiveWriter.create(committed);
    await one.commit();
    expect(openFilesIn(folder)).toEqual([]);
    await one.discard();
    const two = await ArchiveWriter.create(discarded);
    await two.discard();
    await two.discard();
    expect([existsSync(committed), existsSync(discarded)]).toEqual([true, false]);
    expect(openFilesIn(folder)).toEqual([]);
  });
});
