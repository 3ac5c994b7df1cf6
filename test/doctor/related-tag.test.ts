import { describe, expect, test } from '@jest/globals';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import type { ImageManifest } from '../../lambda-src/core/oci/manifest.ts';
import { isSameImage } from '../../lambda-src/doctor/related-tag.ts';
import { gzipLayer, ociTypes, tarLayer } from '../helpers/images.ts';

const [a, b] = [gzipLayer('a').descriptor, gzipLayer('b').descriptor];

function manifestOf(config: Descriptor, layers: readonly Descriptor[]): ImageManifest {
  return { config, layers };
}

describe('two manifests', () => {
  const config = tarLayer('config').descriptor;
  const one = manifestOf(config, [a, b]);

  test('are of one image where only their types and annotations differ', () => {
    const docker = { ...config, mediaType: 'application/vnd.docker.container.image.v1+json' };
    const other = { ...manifestOf(docker, [a, b]), mediaType: ociTypes.manifest, annotations: { x: 'y' } };
    expect(isSameImage(one, other)).toBe(true);
  });

  test.each([
    ['another config', manifestOf(tarLayer('other').descriptor, [a, b])],
    ['other layers', manifestOf(config, [a, a])],
    ['layers in another order', manifestOf(config, [b, a])],
    ['a layer more', manifestOf(config, [a, b, b])],
    ['a layer less', manifestOf(config, [a])],
  ])('are not with %s', (_, other) => {
    expect(isSameImage(one, other)).toBe(false);
    expect(isSameImage(other, one)).toBe(false);
  });
});
