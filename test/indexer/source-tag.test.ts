import { expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { explain } from '../../lambda-src/core/reasons.ts';
import { findMove, requireManifest } from '../../lambda-src/indexer/source-tag.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';

async function pushTwo() {
  const store = new DamagedStore();
  const older = await pushImage(store, { layers: [gzipLayer('older')] });
  const newer = await pushImage(store, { layers: [gzipLayer('newer')], tag: 'v1' });
  return { store, older: older.digest, newer: newer.digest };
}

test('a tag has not moved if it points to the image', async () => {
  const { store, newer } = await pushTwo();
  expect(await findMove(store, 'v1', newer)).toBeUndefined();
});

test('a tag that points to another image has moved, even if the image was deleted', async () => {
  const { store, older, newer } = await pushTwo();
  const moved = explain('tag-moved', `v1 is ${newer}`);
  expect(await findMove(store, 'v1', older)).toEqual(moved);
  store.deleted.add(older);
  expect(await findMove(store, 'v1', older)).toEqual(moved);
});

test('a tag that does not exist was deleted, alone or with its image', async () => {
  const { store, older } = await pushTwo();
  expect(await findMove(store, 'v2', older)).toEqual(explain('tag-deleted', 'v2'));
  store.deleted.add(older);
  await expect(findMove(store, 'v2', older)).rejects.toThrow(NotFoundError);
});

test('a subject must exist', async () => {
  const { store, older } = await pushTwo();
  await expect(requireManifest(store, older)).resolves.toBeUndefined();
  store.deleted.add(older);
  await expect(requireManifest(store, older)).rejects.toThrow(
    new NotFoundError(`the manifest ${older} was deleted in the meantime`),
  );
});
