import { describe, expect, test } from '@jest/globals';
import {
  isImageConfigType,
  isIndexType,
  isManifestType,
  layerFormatOf,
} from '../../../lambda-src/core/oci/media-type.ts';

describe('the format of a layer', () => {
  test.each([
    ['application/vnd.oci.image.layer.v1.tar', 'uncompressed'],
    ['application/vnd.oci.image.layer.v1.tar+gzip', 'gzip'],
    ['application/vnd.oci.image.layer.v1.tar+zstd', 'zstd'],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
    ['application/vnd.oci.image.layer.nondistributable.v1.tar+zstd', 'zstd'],
    ['application/vnd.docker.image.rootfs.diff.tar', 'uncompressed'],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'uncompressed'],
    ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
    ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
    ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
    ['application/vnd.amazon.soci.prefetch.v1+json', 'prefetch'],
    // The alphabetically last suffix decides, whatever the order.
    ['application/vnd.oci.image.layer.v1.tar+gzip+estargz', 'gzip'],
    ['application/vnd.oci.image.layer.v1.tar+zstd+gzip', 'zstd'],
    ['application/vnd.oci.image.layer.v1.tar+zzz+gzip', 'unsupported'],
  ] as const)('of %s is %s', (mediaType, format) => {
    expect(layerFormatOf(mediaType)).toBe(format);
  });

  test.each([
    'application/vnd.oci.image.layer.v1.tar+encrypted',
    'application/vnd.oci.image.layer.v1.tar+gzip+encrypted',
    'application/vnd.oci.image.layer.v1.tar+zstd+encrypted',
    'application/vnd.oci.image.layer.v1.tar+bzip2',
    // The reference skips plain tars of this type, although it could read them.
    'application/vnd.oci.image.layer.nondistributable.v1.tar',
    'application/vnd.oci.image.layer.v2.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar+gzip',
    'application/vnd.docker.image.rootfs.diff.tar.gzip+encrypted',
    'application/vnd.docker.image.rootfs.diff.tar.zstd+encrypted',
  ])('of %s is unsupported', (mediaType) => {
    expect(layerFormatOf(mediaType)).toBe('unsupported');
  });

  test.each([
    '',
    'application/octet-stream',
    'application/vnd.cncf.helm.chart.content.v1.tar+gzip',
    'application/vnd.in-toto+json',
    'application/vnd.docker.image.rootfs.diff.tar.xz',
    'application/vnd.docker.image.rootfs.foreign.diff.tar.zstd',
    'application/vnd.oci.image.layer',
    'Application/vnd.oci.image.layer.v1.tar+gzip',
    'application/vnd.oci.image.config.v1+json',
  ])('of %p is not-a-layer', (mediaType) => {
    expect(layerFormatOf(mediaType)).toBe('not-a-layer');
  });
});

test.each([
  ['application/vnd.oci.image.manifest.v1+json', 'manifest'],
  ['application/vnd.docker.distribution.manifest.v2+json', 'manifest'],
  ['application/vnd.oci.image.index.v1+json', 'index'],
  ['application/vnd.docker.distribution.manifest.list.v2+json', 'index'],
  ['application/vnd.oci.image.config.v1+json', 'config'],
  ['application/vnd.docker.container.image.v1+json', 'config'],
  ['application/vnd.docker.distribution.manifest.v1+prettyjws', 'none'],
  ['application/vnd.amazon.soci.index.v2+json', 'none'],
  ['application/vnd.oci.image.manifest.v1+json; charset=utf-8', 'none'],
])('%s is the type of a document of kind %s', (mediaType, kind) => {
  expect([isManifestType(mediaType), isIndexType(mediaType), isImageConfigType(mediaType)]).toEqual([
    kind === 'manifest',
    kind === 'index',
    kind === 'config',
  ]);
});
