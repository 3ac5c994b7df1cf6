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

  test('are of the same image if only their types and annotations differ', () => {
    const docker = { ...config, mediaType: 'application/vnd.docker.container.image.v1+json' };
    const other = { ...manifestOf(docker, [a, b]), mediaType: ociTypes.manifest, annotations: { x: 'y' } };
    expect(isSameImage(one, other)).toBe(true);
  });

  test.each([
    ['a different config', manifestOf(tarLayer('other').descriptor, [a, b])],
    ['different layers', manifestOf(config, [a, a])],
    ['layers in a different order', manifestOf(config, [b, a])],
    ['an additional layer', manifestOf(config, [a, b, b])],
    ['a missing layer', manifestOf(config, [a])],
  ])('are of different images with %s', (_, other) => {
    expect(isSameImage(one, other)).toBe(false);
    expect(isSameImage(other, one)).toBe(false);
  });
});
