// Layers that demand more memory, time or text than they are worth. Damage of all kinds, header by header, is tested with
// the decoder (test/core/inflate), the tar reader (test/core/tar) and both together (test/core/ztoc).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { createZtocBuilder, type ZtocOptions } from '../../lambda-src/core/ztoc/ztoc-builder.ts';
import type { Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { BitWriter } from '../helpers/bits.ts';
import { cpuCostOf, cpuUnitSeconds } from '../helpers/cpu-cost.ts';
import { concat, gzipMember, gzipOf } from '../helpers/gzip.ts';
import { blobOf, gzipLayer, ociTypes, pushImage } from '../helpers/images.ts';
import { paxRecord, TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { runMeasured } from './measured-command.ts';

const mebibyte = 1024 * 1024;
const folder = makeTemporaryFolder();

const endOfTar = new TarWriter().end().bytes();

/** The first bytes of a tar whose only file has this many bytes. */
function headerOfFile(size: number): Uint8Array {
  return new TarWriter().header({ name: 'zeros', size: BigInt(size), dialect: 'gnu' }).bytes();
}

/** The same gzip member any number of times. */
function repeat(member: Uint8Array, times: number): Uint8Array {
  return Buffer.concat(Array<Uint8Array>(times).fill(member));
}

function buildZtoc(layer: Uint8Array, options: Partial<ZtocOptions> = {}): Ztoc {
  const builder = createZtocBuilder({
    compression: 'gzip',
    spanSizeBytes: 4 * mebibyte,
    buildToolIdentifier: 'test',
    ...options,
  });
  try {
    builder.push(layer);
    return builder.finish();
  } finally {
    builder.discard();
  }
}

function refusalOf(work: () => unknown): FormatError {
  try {
    work();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('the layer was accepted');
}

describe('a decompression bomb', () => {
  const path = join(folder, 'bomb.tar.gz');
  const uncompressedBytes = 1024 * mebibyte;
  const member = gzipOf(new Uint8Array(64 * mebibyte), 9);
  const bomb = concat(
    gzipOf(headerOfFile(uncompressedBytes)),
    repeat(member, uncompressedBytes / (64 * mebibyte)),
    gzipOf(endOfTar),
  );
  beforeAll(() => {
    writeFileSync(path, bomb);
  });

  test('with a ratio of 1000 is read as a stream, and 1 GiB takes no more memory than its checkpoints', async () => {
    expect(uncompressedBytes / bomb.length).toBeGreaterThan(1000);
    const { exitCode, stdout, cpuSeconds, peakMemoryMebibytes } = await runMeasured(['ztoc', path, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: 1, spans: 241, compressedSize: bomb.length });
    expect(peakMemoryMebibytes).toBeLessThan(150);
    expect(cpuSeconds / cpuUnitSeconds()).toBeLessThan(400);
  });

  test('is rejected while it is read if its zTOC would exceed the memory limit', () => {
    const options = { maximumZtocBytes: 2 * mebibyte };
    const error = refusalOf(() => buildZtoc(bomb, options));
    expect(error.message).toBe('ztoc: the zTOC of the layer would have more than 2097152 bytes');
  });
});

describe('empty blocks and members', () => {
  const nothing = new Uint8Array(0);
  /** The shortest block: not the last one (0), fixed code (01, lowest bit first), end of block (0000000). */
  const emptyBlocks = (count: number): Uint8Array => {
    const writer = new BitWriter();
    for (let block = 0; block < count; block++) writer.put(0, 1).put(1, 2).endOfFixedBlock();
    writer.put(1, 1).put(1, 2).endOfFixedBlock();
    return gzipMember(writer.toBytes(), nothing);
  };
  const tar = gzipOf(new TarWriter().entry({ name: 'a' }, 'a').end().bytes());

  test('take one checkpoint each before the first output, up to a thousand', () => {
    // One after the header, and one after each block but the last; then one after the header of the tar's member.
    expect(buildZtoc(concat(emptyBlocks(998), tar)).spanDigests).toHaveLength(1000);
  });

  test('cannot turn ten bits into 32 KiB of memory each without limit', () => {
    const error = refusalOf(() => buildZtoc(concat(emptyBlocks(999), tar)));
    expect(error.message).toMatch(/^ztoc: more than 1000 blocks of the layer have no output/);
    const flood = concat(emptyBlocks(200_000), tar);
    const before = process.memoryUsage().arrayBuffers;
    expect(refusalOf(() => buildZtoc(flood)).format).toBe('ztoc');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * mebibyte);
  });

  test('are also limited as members', () => {
    const member = gzipMember(new BitWriter().put(1, 1).put(1, 2).endOfFixedBlock().toBytes(), nothing);
    expect(refusalOf(() => buildZtoc(concat(repeat(member, 1001), tar))).format).toBe('ztoc');
    expect(buildZtoc(concat(repeat(member, 998), tar)).contents).toHaveLength(1);
  });

  test('after the first byte are skipped, a million in about a second', () => {
    const first = new TarWriter().entry({ name: 'a' }, 'a').bytes();
    const member = gzipMember(new BitWriter().put(1, 1).put(1, 2).endOfFixedBlock().toBytes(), nothing);
    const layer = concat(gzipOf(first), repeat(member, 1_000_000), gzipOf(endOfTar));
    let spans = 0;
    const cost = cpuCostOf(() => {
      spans = buildZtoc(layer).spanDigests.length;
    });
    expect(spans).toBe(1);
    expect(cost).toBeLessThan(200);
  });
});

test('100,000 dynamic blocks that contain only their codes and their end are read in about a second', () => {
  const tar = new TarWriter().entry({ name: 'a' }, 'a').end().bytes();
  const blocks = 100_000;
  const writer = new BitWriter().storedBlock(tar, false);
  for (let block = 0; block < blocks; block++) {
    // Not the last block; dynamic; 257 literal codes, 1 distance code, 18 code length codes.
    writer.put(0, 1).put(2, 2).put(0, 5).put(0, 5).put(14, 4);
    // In the order 16, 17, 18, 0, 8, …, 14, 1. One bit each for 18 and for 1, so that bit 0 means 1, and bit 1 means 18.
    for (let place = 0; place < 18; place++) writer.put(place === 2 || place === 17 ? 1 : 0, 3);
    // 138 zeros and 118 more, one bit for the end of block, one distance code of one bit; and the end of block.
    writer.put(1, 1).put(127, 7).put(1, 1).put(107, 7).put(0, 1).put(0, 1).put(0, 1);
  }
  writer.storedBlock(new Uint8Array(0), true);
  const layer = gzipMember(writer.toBytes(), tar);
  expect(layer.length / blocks).toBeLessThan(12);
  let files = 0;
  const cost = cpuCostOf(() => {
    files = buildZtoc(layer).contents.length;
  });
  expect(files).toBe(1);
  expect(cost).toBeLessThan(200);
});

describe('endless headers', () => {
  test('PAX headers of 1 MiB without an entry take the memory of one', async () => {
    const value = 'v'.repeat(mebibyte - 100);
    const pax = new TarWriter().pax(paxRecord('comment', value)).bytes();
    const path = join(folder, 'pax.tar.gz');
    writeFileSync(path, concat(repeat(gzipOf(pax), 200), gzipOf(endOfTar)));
    const { exitCode, stdout, peakMemoryMebibytes } = await runMeasured(['ztoc', path, '--json']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ files: 0 });
    expect(peakMemoryMebibytes).toBeLessThan(150);
  });

  test('PAX records of 1 MiB on every entry are rejected if the zTOC would become too large', () => {
    const entry = new TarWriter()
      .pax(paxRecord('comment', 'v'.repeat(mebibyte - 100)))
      .entry({ name: 'a' })
      .bytes();
    const layer = concat(repeat(gzipOf(entry), 40), gzipOf(endOfTar));
    // Every byte of the layer makes more than a hundred bytes of zTOC.
    expect((40 * mebibyte) / layer.length).toBeGreaterThan(100);
    expect(refusalOf(() => buildZtoc(layer, { maximumZtocBytes: 16 * mebibyte })).format).toBe('ztoc');
    expect(buildZtoc(layer, { maximumZtocBytes: 64 * mebibyte }).contents).toHaveLength(40);
  });

  test('a header filled with PAX records is read quickly', () => {
    const records = Array.from({ length: 80_000 }, (_, index) => paxRecord(`k${index}`, 'v')).join('');
    const layer = new TarWriter().entry({ name: 'x', type: 'x' }, records).entry({ name: 'a' }).end().bytes();
    let recordCount = 0;
    const cost = cpuCostOf(() => {
      recordCount = buildZtoc(layer, { compression: 'uncompressed' }).contents.paxRecordCount;
    });
    expect(recordCount).toBe(80_000);
    expect(cost).toBeLessThan(100);
  });
});

describe('sizes near 2^63', () => {
  test.each<readonly [string, bigint]>([
    ['2^63 - 1', 2n ** 63n - 1n],
    ['2^63 - 512', 2n ** 63n - 512n],
    ['2^53 + 1', 2n ** 53n + 1n],
  ])('rejects a file of %s bytes as truncated', (_, size) => {
    const layer = new TarWriter().header({ name: 'large', size, dialect: 'gnu' }).raw('data').bytes();
    expect(refusalOf(() => buildZtoc(gzipOf(layer))).message).toMatch(
      /the archive ends after 4 of its \d+ bytes/,
    );
  });

  test('on directories, which have no data, exclude the layer from the index but not the others', async () => {
    const store = new MemoryStore();
    const tar = new TarWriter()
      .entry({ name: 'd/', type: '5', size: 2n ** 63n - 1n, dialect: 'gnu' })
      .entry({ name: `e/${'n'.repeat(90)}` })
      .end()
      .bytes();
    const hostile = blobOf(gzipOf(tar), ociTypes.gzip);
    await pushImage(store, { tag: 'v1', layers: [hostile, gzipLayer('good')] });
    const [skipped, indexed] = await indexLayersOf(store);
    expect(skipped).toMatchObject({
      status: 'skipped',
      reason: 'not-indexable',
      message: expect.stringMatching(/refuses$/) as unknown,
    });
    expect(indexed).toMatchObject({ status: 'indexed' });
  });
});

test('a 1 MiB name does not cause a 1 MiB reason', async () => {
  const store = new MemoryStore();
  const tar = new TarWriter()
    .entry({ name: 'd/', type: '5', size: 2 * mebibyte, dialect: 'gnu' })
    .longName(`\u009b2J${'n'.repeat(mebibyte - 100)}`)
    .entry({ name: 'x' })
    .end()
    .bytes();
  await pushImage(store, { tag: 'v1', layers: [blobOf(gzipOf(tar), ociTypes.gzip)] });
  const [layer] = await indexLayersOf(store);
  const message = layer?.status === 'skipped' ? layer.message : '';
  expect(message).toMatch(
    /^SOCI cannot index the content of the layer: the entry ".*"… begins before the previous one ends/,
  );
  expect(message.length).toBeLessThan(400);
});

test('a layer with a zTOC that would be too large is skipped, and the others are indexed', async () => {
  const store = new MemoryStore();
  const member = gzipMember(
    new BitWriter().put(1, 1).put(1, 2).endOfFixedBlock().toBytes(),
    new Uint8Array(0),
  );
  const flood = blobOf(repeat(member, 5000), ociTypes.gzip);
  // In the root directory, so that the layer does not depend on the one below, of which nothing is known.
  const good = blobOf(gzipOf(new TarWriter().entry({ name: 'good' }, 'x').end().bytes()), ociTypes.gzip);
  await pushImage(store, { tag: 'v1', layers: [flood, good] });
  const [skipped, indexed] = await indexLayersOf(store);
  expect(skipped).toMatchObject({
    status: 'skipped',
    reason: 'not-indexable',
    message: expect.stringMatching(
      /^SOCI cannot index the content of the layer: ztoc: layer sha256:\w{64}: more than 1000 blocks/,
    ) as unknown,
  });
  expect(indexed).toMatchObject({ status: 'indexed' });
});

async function indexLayersOf(store: MemoryStore) {
  const { indexes } = await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      spanSizeBytes: 4 * mebibyte,
      buildToolIdentifier: 'test',
      targetTag: 'v1-soci',
      jobs: ownThread,
    },
  );
  return indexes[0]!.layers;
}
