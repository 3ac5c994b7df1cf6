import { expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { readEntriesOfLayer } from '../../lambda-src/indexer/layer-entries.ts';
import { blobOf, gzipLayer, ociTypes } from '../helpers/images.ts';

const read = (store: MemoryStore, layer: ReturnType<typeof gzipLayer>) =>
  readEntriesOfLayer(store, layer.descriptor, 1_000_000, () => undefined, undefined);

test('a missing layer is reported as unreadable without an error, because a foreign layer is stored elsewhere', async () => {
  expect(await read(new MemoryStore(), gzipLayer('a'))).toEqual({ kind: 'unreadable' });
});

test('a layer that is not a tar cannot be unpacked by any runtime', async () => {
  const store = new MemoryStore();
  const broken = blobOf(Buffer.from([0x1f, 0x8b, 0x08, 0, 1, 2, 3]), ociTypes.gzip);
  await store.pushBlob(broken.descriptor, broken.bytes);
  expect(await read(store, broken)).toEqual({ kind: 'not-unpackable' });
});
