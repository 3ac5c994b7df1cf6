import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { createZtocBuilder } from '../../../lambda-src/core/ztoc/ztoc-builder.ts';
import {
  type LayerCompression,
  type LayerKind,
  packTar,
  writeLargeLayer,
  writeLayer,
} from '../../../scripts/bench/sample-layers.ts';
import { makeTemporaryFolder } from '../../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const mebibyte = 1024 * 1024;

function filesIn(layer: Buffer, compression: 'gzip' | 'uncompressed'): number {
  const settings = { spanSizeBytes: mebibyte, buildToolIdentifier: 'test' };
  const builder = createZtocBuilder({ compression, ...settings });
  builder.push(layer);
  return builder.finish().contents.length;
}

test.each<[LayerKind, number]>([
  ['source text', 10],
  ['compressed media', 1],
  ['many small files', 600],
  ['tiny files', 900],
  ['tiny files with PAX records', 400],
  ['one huge file', 1],
])('%s: makes the same tar every time, with at least a megabyte and %d files', async (kind, files) => {
  const tar = await packTar(kind, mebibyte);
  expect(tar.length).toBeGreaterThanOrEqual(mebibyte);
  expect(digestOf(await packTar(kind, mebibyte))).toBe(digestOf(tar));
  expect(filesIn(tar, 'uncompressed')).toBeGreaterThanOrEqual(files);
});

test.each<[LayerCompression]>([['level 1'], ['level 9'], ['members']])(
  'a layer with compression %s contains the expected tar',
  async (compression) => {
    const layer = await writeLayer(folder, 'source text', compression, 5);
    const bytes = readFileSync(layer.path);
    expect(bytes.length).toBe(layer.compressedBytes);
    expect(digestOf(gunzipSync(bytes))).toBe(digestOf(await packTar('source text', 5 * mebibyte)));
    expect(layer.tarBytes).toBe(gunzipSync(bytes).length);
  },
);

test('a large layer is one tar that repeats the files of its part', async () => {
  const layer = await writeLargeLayer(folder, 20);
  const bytes = readFileSync(layer.path);
  expect(bytes.length).toBe(layer.compressedBytes);
  expect(gunzipSync(bytes).length).toBe(layer.tarBytes);
  expect(layer.tarBytes).toBeGreaterThanOrEqual(20 * mebibyte);
  // Entries after an end marker would not be counted.
  expect(filesIn(bytes, 'gzip')).toBeGreaterThanOrEqual(3);
});
