import { gzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { findExcess } from '../../lambda-src/indexer/ztoc-ratio.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { blobOf, gzipLayer, ociTypes, pushImage } from '../helpers/images.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

const mebibyte = 1024 * 1024;

test.each([
  ['of 64 MiB for any layer', 64 * mebibyte, 1, 16],
  ['16 times as large as its layer', 80 * mebibyte, 5 * mebibyte, 16],
  ['of any size without a limit', 1000 * mebibyte, 1, 0],
])('accepts a zTOC %s', (_, ztocBytes, layerBytes, ratio) => {
  expect(findExcess(ztocBytes, layerBytes, ratio)).toBeUndefined();
});

test.each([
  [
    'one byte larger than 64 MiB, for a layer one byte smaller than 4 MiB',
    64 * mebibyte + 1,
    4 * mebibyte,
    16,
  ],
  ['one byte larger than 16 times its layer', 80 * mebibyte + 1, 5 * mebibyte, 16],
  ['larger than a smaller limit', 70 * mebibyte, 40 * mebibyte, 1],
])('rejects a zTOC %s, with both sizes', (_, ztocBytes, layerBytes, ratio) => {
  expect(findExcess(ztocBytes, layerBytes, ratio)).toEqual({
    reason: 'ztoc-too-large',
    message: `the zTOC would be too large for the layer: ${ztocBytes} bytes, more than ${ratio} times the layer's ${layerBytes}`,
  });
});

/**
 * A layer of 72 MiB of zeros, in about 300 KiB. With the least memory, zlib ends a block after every 33 KiB, and each
 * block may have a checkpoint of 32 KiB, so its zTOC is about as large as its tar.
 */
function makeZeros() {
  const tar = new TarWriter();
  tar.entry({ name: 'zeros', mode: '0000644' }, Buffer.alloc(72 * mebibyte));
  return blobOf(gzipSync(tar.end().bytes(), { memLevel: 1 }), ociTypes.gzip);
}

test('a layer with a zTOC that is too large is left out, and its zTOC is not stored, unless there is no limit', async () => {
  const zeros = makeZeros();
  const store = new MemoryStore();
  const other = gzipLayer('other');
  await pushImage(store, { layers: [zeros, other], tag: 'v1' });
  const indexWith = (options: Partial<IndexImageOptions>) =>
    indexImage(
      store,
      { reference: 'v1', tag: 'v1' },
      {
        version: 'V2',
        missingPlatforms: 'refuse',
        minimumLayerSizeBytes: 0,
        spanSizeBytes: 1024,
        buildToolIdentifier: 'test',
        targetTag: 'v1-soci',
        reuseZtocs: true,
        jobs: ownThread,
        ...options,
      },
    );

  const layersOf = async (options: Partial<IndexImageOptions>) =>
    (await indexWith(options)).indexes.flatMap(({ layers }) => layers);
  const [unlimited] = await layersOf({ dryRun: true });
  if (unlimited?.status !== 'indexed') throw new Error('the layer was not indexed without a limit');
  const { size } = unlimited.ztoc;
  expect(size).toBeGreaterThan(64 * mebibyte);
  const ratio = Math.floor(size / zeros.descriptor.size);
  expect(ratio).toBeGreaterThan(16);

  const limited = await layersOf({ maximumZtocRatio: ratio });
  expect(limited).toEqual([
    {
      digest: zeros.descriptor.digest,
      status: 'skipped',
      ...findExcess(size, zeros.descriptor.size, ratio),
    },
    expect.objectContaining({ digest: other.descriptor.digest, status: 'indexed' }),
  ]);
  await expect(
    store.fetchBlob({ mediaType: 'application/octet-stream', digest: unlimited.ztoc.digest, size }).next(),
  ).rejects.toThrow();
  expect(await layersOf({ maximumZtocRatio: ratio + 1, dryRun: true, targetTag: 'v1-more' })).toMatchObject([
    { status: 'indexed', ztoc: { size } },
    { status: 'indexed' },
  ]);

  // An existing zTOC, from an index without a limit, is not reused either.
  await indexWith({ targetTag: 'v1-all' });
  expect(
    await layersOf({
      maximumZtocRatio: ratio,
      targetTag: 'v1-again',
      listRecentTags: () => Promise.resolve(['v1-all']),
    }),
  ).toMatchObject([{ status: 'skipped' }, { status: 'reused' }]);
});
