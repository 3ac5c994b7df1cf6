import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Descriptor, Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { indexLayers } from '../../lambda-src/indexer/index-layers.ts';
import { estimateZtocMemory, MemoryBudget } from '../../lambda-src/indexer/memory-budget.ts';
import { ownThread, type ZtocJobs } from '../../lambda-src/threads/ztoc-jobs.ts';
import { type Blob, blobOf, ociTypes, ztocOf } from '../helpers/images.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import type { KnownLayer } from '../../lambda-src/indexer/outcome.ts';

const mebibyte = 1024 * 1024;
const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };

/** A layer that inflates to hundreds of times its size, in small blocks, so that every span has a checkpoint. */
function bomb(name: string, mebibytes: number): Blob {
  const tar = new TarWriter()
    .entry({ name }, new Uint8Array(mebibytes * mebibyte))
    .end()
    .bytes();
  return blobOf(new Uint8Array(gzipSync(tar, { memLevel: 1 })), ociTypes.gzip);
}

/** Jobs that record how many exist at the same time. */
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

  test('are as many as there are threads if there is enough memory', async () => {
    expect((await indexAll(blobs, 1024 * mebibyte)).most).toBe(4);
  });

  test('are processed one at a time if there is memory for only one, and all finish', async () => {
    const { most, outcomes } = await indexAll(blobs, 40 * mebibyte);
    expect(most).toBe(1);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual([
      'indexed',
      'indexed',
      'indexed',
      'indexed',
    ]);
  });

  test('are read again alone if one inflates to more than its share', async () => {
    const large = bomb('large', 64);
    // 64 MiB in spans of 64 KiB are 1024 checkpoints of 32 KiB; the layer's size suggests a hundredth of that.
    expect(estimateZtocMemory(large.descriptor, settings.spanSizeBytes)).toBeLessThan(4 * mebibyte);
    const { outcomes, bytesRead } = await indexAll([large, ...blobs], 120 * mebibyte);
    expect(outcomes.get(large.descriptor.digest)).toMatchObject({ status: 'indexed', ztoc: { files: 1 } });
    expect(bytesRead).toBeGreaterThan(
      [large, ...blobs].reduce((sum, { descriptor }) => sum + descriptor.size, 0),
    );
  });

  test('with tiny spans are estimated at one checkpoint per 32 KiB, not per span', () => {
    const { descriptor } = bomb('large', 64);
    expect(estimateZtocMemory(descriptor, 1)).toBe(estimateZtocMemory(descriptor, 32_768));
    expect(estimateZtocMemory(descriptor, 65_536)).toBeLessThan(estimateZtocMemory(descriptor, 32_768));
  });

  test('are skipped if one needs more than all memory, and the others are indexed', async () => {
    const large = bomb('large', 64);
    const { outcomes } = await indexAll([large, ...blobs], 60 * mebibyte);
    expect(outcomes.get(large.descriptor.digest)).toMatchObject({
      status: 'skipped',
      reason: 'not-indexable',
      message: expect.stringMatching(
        new RegExp(`layer ${large.descriptor.digest}: the zTOC .* more than ${14 * mebibyte} bytes`),
      ),
    });
    expect([...outcomes.values()].filter(({ status }) => status === 'indexed')).toHaveLength(4);
  });
});

describe('existing zTOCs', () => {
  const blobs = ['a', 'b', 'c', 'd'].map((name) => bomb(name, 1));

  /** Layers whose zTOCs are in the store. Records how many zTOCs are read at the same time. */
  async function recallAll(memoryBytes: number, describe: (ztoc: Descriptor) => Descriptor = (ztoc) => ztoc) {
    const store = new RecordingStore(new MemoryStore());
    const known = new Map<Digest, KnownLayer>();
    const ztocs = new Set<Digest>();
    for (const blob of blobs) {
      const ztoc = ztocOf(blob, settings);
      for (const { descriptor, bytes } of [blob, ztoc]) await store.pushBlob(descriptor, bytes);
      ztocs.add(ztoc.descriptor.digest);
      const { digest, size } = describe(ztoc.descriptor);
      known.set(blob.descriptor.digest, { digest: blob.descriptor.digest, ztoc: { digest, size } });
    }
    let most = 0;
    let running = 0;
    store.before = async ({ kind, digest }) => {
      if (kind !== 'fetch blob' || !ztocs.has(digest)) return;
      most = Math.max(most, ++running);
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      running--;
    };
    const layers = blobs.map(({ descriptor }) => ({ layer: descriptor, compression: 'gzip' as const }));
    const options = { ...settings, jobs: countingJobs(4), memoryBytes, known };
    const { outcomes } = await indexLayers(store, layers, options);
    return { most, statuses: [...outcomes.values()].map(({ status }) => status) };
  }

  test('are checked in parallel if there is enough memory', async () => {
    expect(await recallAll(1024 * mebibyte)).toEqual({ most: 4, statuses: Array(4).fill('reused') });
  });

  test('are checked one at a time if there is memory for only one', async () => {
    expect(await recallAll(40 * mebibyte)).toEqual({ most: 1, statuses: Array(4).fill('reused') });
  });

  test('are checked two at a time if each may take three times its size', async () => {
    const [ztoc] = blobs.map((blob) => ztocOf(blob, settings).descriptor.size);
    const forTwo = 2 * (32 * mebibyte + 3 * ztoc!);
    expect((await recallAll(forTwo)).most).toBe(2);
    expect((await recallAll(forTwo - 1)).most).toBe(1);
  });

  test('are checked if there is just enough memory to make them; otherwise a chain of invocations would never finish', async () => {
    const [ztoc] = blobs.map((blob) => ztocOf(blob, settings).descriptor.size);
    const smallest = 32 * mebibyte + 2 * ztoc!;
    expect((await recallAll(smallest)).statuses).toEqual(Array(4).fill('reused'));
    expect((await recallAll(smallest - 1)).statuses).not.toContain('reused');
  });

  test('are not read if they claim more than all memory', async () => {
    const { most, statuses } = await recallAll(120 * mebibyte, (ztoc) => ({ ...ztoc, size: 45 * mebibyte }));
    expect({ most, statuses }).toEqual({ most: 0, statuses: Array(4).fill('indexed') });
  });
});

describe('the budget', () => {
  test('wakes all waiting jobs when there is room, and gives everything to a job that requests more than the total', async () => {
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

  test('never makes anyone wait if it is unlimited', async () => {
    const budget = new MemoryBudget(Infinity);
    await budget.take(2 ** 50);
    await budget.take(Infinity);
    expect(budget.largestZtoc).toBe(Infinity);
  });
});

test('the memory for a zTOC grows with the layer and with smaller spans', () => {
  const layer = { ...bomb('sized', 1).descriptor, size: 100 * mebibyte };
  // 500 MiB uncompressed have 125 checkpoints of 32 KiB. Add the first one, the contents and their minimum; all twice.
  const bytes = estimateZtocMemory(layer, 4 * mebibyte);
  expect(bytes).toBe(2 * (126 * 32 * 1024 + mebibyte + 2 * mebibyte));
  expect(estimateZtocMemory(layer, 2 * mebibyte) - bytes).toBe(2 * 125 * 32 * 1024);
});
