import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { indexLayers } from '../../lambda-src/indexer/index-layers.ts';
import { estimateZtocMemory, MemoryBudget } from '../../lambda-src/indexer/memory-budget.ts';
import { ownThread, type ZtocJobs } from '../../lambda-src/indexer/ztoc-jobs.ts';
import { type Blob, blobOf, ociTypes } from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

const mebibyte = 1024 * 1024;
const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };

/** A layer that inflates hundreds of times, in small blocks, so that it has a checkpoint after each span. */
function bomb(name: string, mebibytes: number): Blob {
  const tar = new TarWriter()
    .entry({ name }, new Uint8Array(mebibytes * mebibyte))
    .end()
    .bytes();
  return blobOf(new Uint8Array(gzipSync(tar, { memLevel: 1 })), ociTypes.gzip);
}

/** Jobs that tell how many there are at a time. */
function countingJobs(size: number): ZtocJobs & { most: number } {
  let present = 0;
  const jobs = {
    size,
    most: 0,
    start(options: Parameters<ZtocJobs['start']>[0]) {
      present++;
      jobs.most = Math.max(jobs.most, present);
      const job = ownThread.start(options);
      let isOver = false;
      return {
        push: (bytes: Uint8Array) => job.push(bytes),
        finish: () => job.finish(),
        discard() {
          if (!isOver) present--;
          isOver = true;
          job.discard();
        },
      };
    },
  };
  return jobs;
}

async function indexAll(blobs: readonly Blob[], memoryBytes: number, jobs = countingJobs(4)) {
  const store = new MemoryStore();
  for (const { descriptor, bytes } of blobs) await store.pushBlob(descriptor, bytes);
  const layers = blobs.map(({ descriptor }) => ({ layer: descriptor, compression: 'gzip' as const }));
  return { ...(await indexLayers(store, layers, { ...settings, jobs, memoryBytes })), most: jobs.most };
}

describe('layers in flight', () => {
  const blobs = ['a', 'b', 'c', 'd'].map((name) => bomb(name, 1));

  test('are as many as there are threads where memory is plenty', async () => {
    expect((await indexAll(blobs, 1024 * mebibyte)).most).toBe(4);
  });

  test('are one at a time where there is memory for no more, and all come to an end', async () => {
    const { most, outcomes } = await indexAll(blobs, 40 * mebibyte);
    expect(most).toBe(1);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual([
      'indexed',
      'indexed',
      'indexed',
      'indexed',
    ]);
  });

  test('one that inflates more than its share is read again by itself', async () => {
    const large = bomb('large', 64);
    // 64 MiB in spans of 64 KiB are 1024 checkpoints of 32 KiB; its size promises a hundredth of that.
    expect(estimateZtocMemory(large.descriptor, settings.spanSizeBytes)).toBeLessThan(4 * mebibyte);
    const { outcomes, bytesRead } = await indexAll([large, ...blobs], 120 * mebibyte);
    expect(outcomes.get(large.descriptor.digest)).toMatchObject({ status: 'indexed', ztoc: { files: 1 } });
    expect(bytesRead).toBeGreaterThan(
      [large, ...blobs].reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    );
  });

  test('one that needs more than all memory is skipped by name, and the others are indexed', async () => {
    const large = bomb('large', 64);
    const { outcomes } = await indexAll([large, ...blobs], 60 * mebibyte);
    expect(outcomes.get(large.descriptor.digest)).toMatchObject({
      status: 'skipped',
      reason: expect.stringMatching(
        new RegExp(`layer ${large.descriptor.digest}: the zTOC .* more than ${14 * mebibyte} bytes`),
      ),
    });
    expect([...outcomes.values()].filter(({ status }) => status === 'indexed')).toHaveLength(4);
  });
});

describe('the budget', () => {
  test('wakes all who wait when there is room, and gives everything to who wants more than there is', async () => {
    const budget = new MemoryBudget(100 * mebibyte);
    const giveBack = await budget.take(1000 * mebibyte);
    const order: string[] = [];
    const waiting = ['first', 'second'].map(async (name) => {
      const release = await budget.take(10 * mebibyte);
      order.push(name);
      release();
    });
    await Promise.resolve();
    expect(order).toEqual([]);
    giveBack();
    await Promise.all(waiting);
    expect(order.toSorted()).toEqual(['first', 'second']);
  });

  test('without a bound keeps nobody waiting', async () => {
    const budget = new MemoryBudget(Infinity);
    await budget.take(2 ** 50);
    await budget.take(Infinity);
    expect(budget.largestZtoc).toBe(Infinity);
  });
});
