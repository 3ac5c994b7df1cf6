import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { digestOf, type Descriptor, type Platform } from '../../../lambda-src/core/oci/descriptor.ts';
import { parsePlatform } from '../../../lambda-src/core/oci/platform.ts';
import {
  choosePlatforms,
  describeMissingPlatforms,
  wrapManifest,
} from '../../../lambda-src/core/soci/platform-choice.ts';

const linux = (architecture: string, variant?: string): Platform =>
  variant === undefined ? { architecture, os: 'linux' } : { architecture, os: 'linux', variant };

let entryCount = 0;
const entry = (platform?: Platform, rest: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  digest: digestOf(Buffer.from(`manifest ${entryCount++}`)),
  size: 1,
  ...(platform && { platform }),
  ...rest,
});

describe('choosing platforms of an image index', () => {
  test('chooses all platforms, in the order and spelling of the index', () => {
    const manifests = [entry(linux('arm64', 'v8')), entry(linux('amd64'))];
    expect(choosePlatforms({ manifests })).toEqual({
      chosen: [
        { platform: linux('arm64', 'v8'), entry: manifests[0] },
        { platform: linux('amd64'), entry: manifests[1] },
      ],
      missing: [],
      available: [linux('arm64', 'v8'), linux('amd64')],
    });
  });

  test('chooses the first of several entries for one platform, because runtimes run that one', () => {
    const manifests = [entry(linux('arm64')), entry(linux('arm64', 'v8')), entry(linux('aarch64'))];
    const { chosen, available } = choosePlatforms({ manifests });
    expect(chosen.map((choice) => choice.entry)).toEqual([manifests[0]]);
    expect(available).toHaveLength(1);
    expect(choosePlatforms({ manifests }, [linux('arm64', 'v8')]).chosen).toEqual([
      { platform: linux('arm64', 'v8'), entry: manifests[0] },
    ]);
  });

  test('skips entries that are not images', () => {
    const image = entry(linux('amd64'), {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
    });
    const manifests = [
      entry(),
      entry({ os: 'unknown', architecture: 'unknown' }),
      entry({ os: 'linux', architecture: 'unknown' }),
      entry({ os: 'unknown', architecture: 'amd64' }),
      entry(linux('amd64'), { artifactType: 'application/vnd.amazon.soci.index.v2+json' }),
      entry(linux('amd64'), { artifactType: 'application/vnd.amazon.soci.index.v1+json' }),
      entry(linux('amd64'), { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } }),
      entry(linux('amd64'), { mediaType: 'application/vnd.in-toto+json' }),
      image,
    ];
    expect(choosePlatforms({ manifests }).chosen).toEqual([{ platform: linux('amd64'), entry: image }]);
    expect(choosePlatforms({ manifests }, [linux('amd64')]).chosen[0]?.entry).toBe(image);
  });

  test('treats an entry with another artifact type as an image', () => {
    const manifests = [entry(linux('amd64'), { artifactType: 'a/b' })];
    expect(choosePlatforms({ manifests }).chosen).toHaveLength(1);
  });

  test('chooses requested platforms in the requested order and spelling, each once', () => {
    const manifests = [entry(linux('amd64')), entry(linux('arm64', 'v8')), entry(linux('arm', 'v7'))];
    const wanted = ['linux/arm', 'linux/aarch64', 'linux/arm64/v8'].map(parsePlatform);
    expect(choosePlatforms({ manifests }, wanted).chosen).toEqual([
      { platform: linux('arm'), entry: manifests[2] },
      { platform: linux('arm64'), entry: manifests[1] },
    ]);
  });

  test('treats each Windows version as a platform, and chooses the first if no version is requested', () => {
    const windows = (version: string): Platform => ({
      architecture: 'amd64',
      os: 'windows',
      'os.version': version,
    });
    const manifests = [entry(windows('10.0.26100.1')), entry(windows('10.0.20348.1'))];
    expect(choosePlatforms({ manifests }).chosen.map((choice) => choice.entry)).toEqual(manifests);
    const [choice] = choosePlatforms({ manifests }, [parsePlatform('windows/amd64')]).chosen;
    expect(choice?.entry).toBe(manifests[0]);
  });

  test('ignores the version of Linux, because containerd does not match by it', () => {
    const versions = ['5.4', '6.1'].map((version) => entry({ ...linux('amd64'), 'os.version': version }));
    expect(choosePlatforms({ manifests: versions }).chosen.map((choice) => choice.entry)).toEqual([
      versions[0],
    ]);
  });

  test('skips a SOCI index that has lost its artifact type', () => {
    const annotations = { 'com.amazon.soci.image-manifest-digest': 'sha256:' };
    const image = entry(linux('amd64'));
    const manifests = [entry(linux('amd64'), { annotations }), image];
    expect(choosePlatforms({ manifests }).chosen.map((choice) => choice.entry)).toEqual([image]);
  });

  test('lists missing platforms and the available ones', () => {
    const manifests = [entry(linux('amd64')), entry(linux('arm', 'v7')), entry()];
    const choices = choosePlatforms({ manifests }, [linux('s390x'), linux('amd64'), linux('arm', 'v6')]);
    expect(choices.chosen).toHaveLength(1);
    expect(choices.missing).toEqual([linux('s390x'), linux('arm', 'v6')]);
    expect(describeMissingPlatforms(choices)).toBe(
      'the image has no manifest for linux/s390x, linux/arm/v6: it has linux/amd64, linux/arm/v7',
    );
  });

  test('finds nothing to choose in an index without platforms', () => {
    expect(choosePlatforms({ manifests: [entry()] })).toEqual({ chosen: [], missing: [], available: [] });
    const choices = choosePlatforms({ manifests: [] }, [linux('amd64')]);
    expect(describeMissingPlatforms(choices)).toBe(
      'the image has no manifest for linux/amd64: it lists no platform',
    );
  });

  test('escapes control characters in a platform name', () => {
    const choices = choosePlatforms({ manifests: [entry(linux('\u001b[31m'))] }, [linux('amd64')]);
    expect(describeMissingPlatforms(choices)).toContain('it has linux/\\u001b[31m');
  });

  test.each([
    'application/vnd.oci.image.index.v1+json',
    'application/vnd.docker.distribution.manifest.list.v2+json',
  ])('rejects a nested index, because its images would silently get no SOCI index: %s', (mediaType) => {
    const nested = entry(undefined, { mediaType });
    const choose = (): unknown => choosePlatforms({ manifests: [entry(linux('amd64')), nested] });
    expect(choose).toThrow(FormatError);
    expect(choose).toThrow(`manifests[1] (${nested.digest}) is an image index within an image index`);
  });
});

test('wraps a single manifest in an index of one entry, without its layout annotations', () => {
  const manifest = entry(undefined, { annotations: { 'org.opencontainers.image.ref.name': 'latest' } });
  const { mediaType, digest, size } = manifest;
  expect(wrapManifest(manifest, linux('amd64'))).toEqual({
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [{ mediaType, digest, size, platform: linux('amd64') }],
  });
});
