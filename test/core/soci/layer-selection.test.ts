import { expect, test } from '@jest/globals';
import type { Descriptor } from '../../../lambda-src/core/oci/descriptor.ts';
import { selectLayers } from '../../../lambda-src/core/soci/layer-selection.ts';

const layer = (mediaType: string, size: number): Descriptor => ({
  mediaType,
  digest: `sha256:${'a'.repeat(64)}`,
  size,
});

const gzip = 'application/vnd.oci.image.layer.v1.tar+gzip';

test.each([
  [gzip, 100, { kind: 'index', compression: 'gzip' }],
  [gzip, 99, { kind: 'skip', reason: 'too-small' }],
  ['application/vnd.docker.image.rootfs.diff.tar', 100, { kind: 'index', compression: 'uncompressed' }],
  ['application/vnd.oci.image.layer.v1.tar+zstd', 100, { kind: 'skip', reason: 'zstd' }],
  [
    'application/vnd.oci.image.layer.v1.tar+encrypted',
    100,
    { kind: 'skip', reason: 'unsupported-media-type' },
  ],
  // Whether the blob is a layer is checked first, then its size, then its compression.
  ['application/vnd.oci.image.layer.v1.tar+zstd', 99, { kind: 'skip', reason: 'too-small' }],
  ['application/vnd.oci.image.layer.v1.tar+encrypted', 0, { kind: 'skip', reason: 'too-small' }],
  ['application/octet-stream', 1, { kind: 'skip', reason: 'not-a-layer' }],
  ['application/vnd.amazon.soci.prefetch.v1+json', 1, { kind: 'skip', reason: 'prefetch-artifact' }],
])('a layer of type %s and %d bytes with a minimum of 100 bytes: %j', (mediaType, size, choice) => {
  const given = layer(mediaType, size);
  expect(selectLayers([given], 100)).toEqual([{ ...choice, layer: given }]);
});

test('keeps the order of layers, and selects a repeated layer twice', () => {
  const layers = [layer(gzip, 3), layer('x/y', 1), layer(gzip, 3), layer(gzip, 0)];
  const choices = selectLayers(layers, 0);
  expect(choices.map(({ kind }) => kind)).toEqual(['index', 'skip', 'index', 'index']);
  expect(choices.map((choice) => choice.layer)).toEqual(layers);
});
