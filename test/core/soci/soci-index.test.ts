import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { digestOf } from '../../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest, parseManifest } from '../../../lambda-src/core/oci/manifest.ts';
import {
  encodeSociIndex,
  parseSociIndex,
  sociConfigBytes,
  sociConfigOf,
  sociIndexVersionOf,
  type SociIndex,
} from '../../../lambda-src/core/soci/soci-index.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;

const layers = [
  {
    layerDigest: digest('1'),
    layerMediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    ztoc: { digest: digest('a'), size: 100 },
    spanSizeBytes: 4194304,
  },
  {
    layerDigest: digest('2'),
    layerMediaType: 'application/vnd.docker.image.rootfs.diff.tar',
    ztoc: { digest: digest('b'), size: 101 },
    spanSizeBytes: 4194304,
  },
];
const subject = {
  mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
  digest: digest('f'),
  size: 1234,
};
const buildToolIdentifier = 'a <tool> & more';
const version1: SociIndex = { version: 'V1', layers, subject, buildToolIdentifier };
const version2: SociIndex = { version: 'V2', layers, buildToolIdentifier };

const json = (manifest: { bytes: Uint8Array }): string => Buffer.from(manifest.bytes).toString();

describe('a SOCI index', () => {
  // Sizes and digests come from the reference's soci.MarshalIndex for the same values.
  test('of version 1 has the same bytes as in the reference', () => {
    expect(json(encodeSociIndex(version1))).toBe(
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
        '"config":{"mediaType":"application/vnd.amazon.soci.index.v1+json",' +
        '"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},' +
        `"layers":[{"mediaType":"application/octet-stream","digest":"${digest('a')}","size":100,"annotations":{` +
        `"com.amazon.soci.image-layer-digest":"${digest('1')}",` +
        '"com.amazon.soci.image-layer-mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",' +
        '"com.amazon.soci.span-size":"4194304"}},' +
        `{"mediaType":"application/octet-stream","digest":"${digest('b')}","size":101,"annotations":{` +
        `"com.amazon.soci.image-layer-digest":"${digest('2')}",` +
        '"com.amazon.soci.image-layer-mediaType":"application/vnd.docker.image.rootfs.diff.tar",' +
        '"com.amazon.soci.span-size":"4194304"}}],' +
        '"subject":{"mediaType":"application/vnd.docker.distribution.manifest.v2+json",' +
        `"digest":"${digest('f')}","size":1234},` +
        '"annotations":{"com.amazon.soci.build-tool-identifier":"a \\u003ctool\\u003e \\u0026 more"}}',
    );
    expect(encodeSociIndex(version1)).toMatchObject({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: 'sha256:06a35a84c02a1aad78930dd832d2f944b20912bc813627aaed4b91db660b2d36',
      bytes: { length: 1282 },
    });
  });

  test('of version 2 has the same bytes as in the reference', () => {
    expect(encodeSociIndex(version2)).toMatchObject({
      digest: 'sha256:113596a09c32b0862e4dca015b1a125ec152ae3e781854ab986c74cd096b1100',
      bytes: { length: 1108 },
    });
  });

  test('includes only the media type, digest and size of its subject', () => {
    const entry = { ...subject, platform: { os: 'linux', architecture: 'amd64' }, annotations: { a: 'b' } };
    expect(encodeSociIndex({ ...version1, subject: entry }).digest).toBe(encodeSociIndex(version1).digest);
  });

  test.each([version1, version2])('of version $version is read back unchanged', (index) => {
    expect(parseSociIndex(encodeSociIndex(index).bytes)).toEqual(index);
  });

  test('refers to the config that is pushed with it', () => {
    const { config } = parseManifest(encodeSociIndex(version2).bytes);
    expect(config).toEqual(sociConfigOf('V2'));
    expect(config).toMatchObject({ digest: digestOf(sociConfigBytes), size: sociConfigBytes.length });
  });
});

describe('a SOCI index created by another tool', () => {
  const config = sociConfigOf('V1');
  const ztoc = (annotations: Record<string, string>, mediaType = 'application/octet-stream') => ({
    mediaType,
    digest: digest('c'),
    size: 1,
    annotations,
  });
  const layerDigest = { 'com.amazon.soci.image-layer-digest': digest('3') };

  test('may lack span size and build tool, and may have a prefetch artifact', () => {
    const { bytes } = encodeManifest({
      config,
      layers: [ztoc(layerDigest), ztoc(layerDigest, 'application/vnd.amazon.soci.prefetch.v1+json')],
    });
    expect(parseSociIndex(bytes)).toEqual({
      version: 'V1',
      layers: [{ layerDigest: digest('3'), layerMediaType: '', ztoc: { digest: digest('c'), size: 1 } }],
      prefetch: [{ layerDigest: digest('3'), digest: digest('c'), size: 1 }],
    });
  });

  test.each([
    [
      'an image',
      { config: { ...config, mediaType: 'a/b' }, layers: [] },
      'not a SOCI index, its config is "a/b"',
    ],
    ['a zTOC without a layer digest', { config, layers: [ztoc({})] }, 'has no digest of a layer'],
    [
      'a zTOC whose layer digest is a path',
      { config, layers: [ztoc({ 'com.amazon.soci.image-layer-digest': '../x' })] },
      'has no digest of a layer',
    ],
    ...['-1', '4 MiB', '', '1e6', '9007199254740992'].map((spanSize): [string, object, string] => [
      `the span size ${JSON.stringify(spanSize)}`,
      { config, layers: [ztoc({ ...layerDigest, 'com.amazon.soci.span-size': spanSize })] },
      `has the span size ${JSON.stringify(spanSize)}`,
    ]),
  ])('with %s is rejected', (_name, manifest, problem) => {
    const { bytes } = encodeManifest(manifest as Parameters<typeof encodeManifest>[0]);
    expect(() => parseSociIndex(bytes)).toThrow(FormatError);
    expect(() => parseSociIndex(bytes)).toThrow(problem);
    expect(() => parseSociIndex(bytes)).toThrow(digestOf(bytes));
  });
});

test.each([
  ['application/vnd.amazon.soci.index.v1+json', 'V1'],
  ['application/vnd.amazon.soci.index.v2+json', 'V2'],
  ['application/vnd.amazon.soci.index.v3+json', undefined],
  ['application/vnd.oci.image.config.v1+json', undefined],
  [undefined, undefined],
])('the artifact type %s belongs to SOCI index version %s', (artifactType, version) => {
  expect(sociIndexVersionOf(artifactType)).toBe(version);
});
