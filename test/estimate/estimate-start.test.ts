// Compares the prediction with the bytes that are fetched when these files are read through the index.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import { locateSpan, readFileData } from '../../lambda-src/core/ztoc/span-reader.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { estimateStart, type StartEstimate } from '../../lambda-src/estimate/estimate-start.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import { presentIndexesOf } from '../../lambda-src/image/soci-indexes.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { type Blob, blobOf, gzipLayer, ociTypes, pushImage } from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { index } from '../doctor/diagnosed-image.ts';

const random = createRandom(7);

function tarWith(prefix: string): Uint8Array {
  const tar = new TarWriter();
  for (let file = 0; file < 40; file++) {
    tar.entry({ name: `${prefix}/${file}` }, mixedBytes(random, 1 + file * 5000));
  }
  return tar.end().bytes();
}

const layers = [blobOf(gzipOf(tarWith('gzip')), ociTypes.gzip), blobOf(tarWith('plain'), ociTypes.tar)];

async function estimate(
  paths: readonly string[],
  parts: readonly Blob[] = layers,
): Promise<{ store: MemoryStore; estimate: StartEstimate }> {
  const store = new MemoryStore();
  await pushImage(store, { layers: parts, tag: 'v1' });
  await index(store, 'v1', { spanSizeBytes: 65_536 });
  const found = await readIndexedImage(store, 'v1-soci');
  if (found.kind !== 'image') throw new Error('expected an image');
  const [platform] = found.platforms;
  const [sociIndex] = presentIndexesOf(platform!);
  const accesses = { paths, relative: [], failed: 0 };
  return { store, estimate: await estimateStart(store, platform!, sociIndex!, accesses) };
}

describe('a start', () => {
  test('fetches exactly the predicted bytes', async () => {
    const wanted = ['gzip/3', 'gzip/17', 'gzip/18', 'gzip/39', 'plain/1', 'plain/20'];
    const { store, estimate: predicted } = await estimate(wanted.map((name) => `/${name}`));
    expect(predicted).toMatchObject({ missing: [], outside: 0, mayBeHidden: 0 });
    const found = await readIndexedImage(store, 'v1-soci');
    const platform = found.kind === 'image' ? found.platforms[0]! : undefined;
    for (const [place, { layerDigest, ztoc: reference }] of presentIndexesOf(
      platform!,
    )[0]!.layers.entries()) {
      const target = { mediaType: 'application/octet-stream', ...reference };
      const ztoc = decodeZtoc(await readWholeBlob(store, target, reference.size));
      const layer = layers.find(({ descriptor }) => descriptor.digest === layerDigest)!;
      const spans = new Map<number, number>();
      for (const entry of ztoc.contents) {
        if (!wanted.includes(Buffer.from(entry.name).toString())) continue;
        let bytes = 0;
        const pieces = readFileData(ztoc, entry, (start, end) => {
          spans.set(start, end - start);
          return Promise.resolve(layer.bytes.subarray(start, end));
        });
        for await (const piece of pieces) bytes += piece.length;
        expect(BigInt(bytes)).toBe(entry.uncompressedSize);
      }
      const { lazy } = predicted.layers[place]!;
      expect(lazy!.requests).toBe(spans.size);
      expect(lazy!.fetchedBytes).toBe([...spans.values()].reduce((sum, bytes) => sum + bytes, 0));
      expect(lazy!.requests).toBeLessThan(lazy!.spans);
      const first = locateSpan(ztoc, lazy!.fetched[0]!.start);
      expect(spans.get(first.start)).toBe(first.end - first.start);
    }
  });

  test('fetches nothing from a layer without opened files', async () => {
    const { estimate: predicted } = await estimate(['/proc/self/status', '/gzip', '/none']);
    expect(predicted).toMatchObject({ outside: 1, missing: ['/none'] });
    expect(predicted.layers.map(({ lazy }) => lazy!.requests > 0)).toEqual([true, false]);
  });

  test('may include files that an upper layer without a zTOC hides', async () => {
    const small = blobOf(new Uint8Array(10), ociTypes.zstd);
    const { estimate: predicted } = await estimate(['/etc/a'], [gzipLayer('a'), small]);
    expect(predicted).toMatchObject({ files: ['/etc/a'], mayBeHidden: 1 });
    expect(predicted.layers[1]).toEqual({ digest: small.descriptor.digest, size: 10 });
  });
});
