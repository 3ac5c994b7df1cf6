import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ArchiveStore } from '../../lambda-src/content/archive-store.ts';
import { ArchiveWriter } from '../../lambda-src/content/archive-writer.ts';
import { ContentMismatchError } from '../../lambda-src/core/errors.ts';
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
    await expect(writer.commit()).rejects.toThrow(/is not whole/);
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
