import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../lambda-src/core/errors.ts';
import type { Platform } from '../../../lambda-src/core/oci/descriptor.ts';
import {
  formatPlatform,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
  platformKey,
} from '../../../lambda-src/core/oci/platform.ts';

const platform = (os: string, architecture: string, variant?: string): Platform =>
  variant === undefined ? { architecture, os } : { architecture, os, variant };

// containerd's platforms package parses the texts on the left into the platforms on the right.
describe('a platform given by the user', () => {
  test.each([
    ['linux/amd64', platform('linux', 'amd64')],
    ['Linux/AMD64', platform('linux', 'amd64')],
    ['linux/x86_64', platform('linux', 'amd64')],
    ['linux/x86-64', platform('linux', 'amd64')],
    ['linux/amd64/v1', platform('linux', 'amd64')],
    ['linux/amd64/V2', platform('linux', 'amd64', 'v2')],
    ['linux/i386', platform('linux', '386')],
    ['linux/i386/v5', platform('linux', '386')],
    ['linux/arm64', platform('linux', 'arm64')],
    ['linux/aarch64', platform('linux', 'arm64')],
    ['linux/arm64/v8', platform('linux', 'arm64', 'v8')],
    ['linux/arm64/8', platform('linux', 'arm64', 'v8')],
    ['linux/arm64/v8.0', platform('linux', 'arm64', 'v8')],
    ['linux/arm64/v8.1', platform('linux', 'arm64', 'v8.1')],
    ['linux/arm64/9', platform('linux', 'arm64', 'v9')],
    ['linux/arm64/9.0', platform('linux', 'arm64', 'v9')],
    ['linux/arm64/v9.0', platform('linux', 'arm64', 'v9')],
    ['linux/arm', platform('linux', 'arm')],
    ['linux/arm/v7', platform('linux', 'arm', 'v7')],
    ['linux/arm/5', platform('linux', 'arm', 'v5')],
    ['linux/arm/6', platform('linux', 'arm', 'v6')],
    ['linux/arm/7', platform('linux', 'arm', 'v7')],
    ['linux/arm/8', platform('linux', 'arm', 'v8')],
    ['linux/armhf', platform('linux', 'arm')],
    ['linux/armhf/v6', platform('linux', 'arm', 'v7')],
    ['linux/armel', platform('linux', 'arm', 'v6')],
    ['linux/s390x', platform('linux', 's390x')],
    ['macos/arm64', platform('darwin', 'arm64')],
    ['windows/amd64', platform('windows', 'amd64')],
  ])('%s is accepted', (text, expected) => {
    expect(Object.entries(parsePlatform(text)).sort()).toEqual(Object.entries(expected).sort());
  });

  test.each([
    '',
    'linux',
    'amd64',
    'linux/',
    '/amd64',
    'linux//v7',
    'linux/arm/',
    'linux/arm/v7/x',
    'linux/*',
    'linux/am d64',
    ' linux/amd64',
    'linux/amd64\n',
    'linux/amd64,linux/arm64',
  ])('%j is rejected with an example of the syntax', (text) => {
    expect(() => parsePlatform(text)).toThrow(ConfigError);
    expect(() => parsePlatform(text)).toThrow(/expected OS\/ARCH .* linux\/amd64/);
  });
});

describe('a platform of an image', () => {
  test.each<[string, Platform, Platform]>([
    ['arm without a variant is v7', platform('linux', 'arm'), platform('linux', 'arm', 'v7')],
    ['arm64 v8 has no variant', platform('linux', 'arm64', 'v8'), platform('linux', 'arm64')],
    ['a missing OS is Linux', platform('', 'amd64'), platform('linux', 'amd64')],
    ['an empty variant is the same as none', platform('linux', 'amd64', ''), platform('linux', 'amd64')],
  ])('is normalized: %s', (_name, given, expected) => {
    expect(normalizePlatform(given)).toEqual(expected);
  });

  test('has sorted features without duplicates, and keeps its version', () => {
    expect(
      normalizePlatform({
        os: 'Linux',
        architecture: 'amd64',
        'os.version': '6.1-A',
        'os.features': ['b', 'a', 'b'],
      }),
    ).toEqual({ os: 'linux', architecture: 'amd64', 'os.version': '6.1-A', 'os.features': ['a', 'b'] });
  });

  test.each<[Platform, string]>([
    [platform('linux', 'amd64'), 'linux/amd64'],
    [platform('linux', 'arm', 'v7'), 'linux/arm/v7'],
    [{ os: 'windows', architecture: 'amd64', 'os.version': '10.0.20348.1' }, 'windows(10.0.20348.1)/amd64'],
  ])('is shown as a user would write it: %j', (given, expected) => {
    expect(formatPlatform(given)).toBe(expected);
  });
});

const windows = (version?: string): Platform =>
  version === undefined
    ? platform('windows', 'amd64')
    : { ...platform('windows', 'amd64'), 'os.version': version };
const linuxWith = (...features: string[]): Platform => ({
  ...platform('linux', 'amd64'),
  'os.features': features,
});

test.each<[Platform, Platform, boolean]>([
  [platform('linux', 'amd64'), platform('linux', 'amd64'), true],
  [platform('linux', 'amd64'), platform('linux', 'x86_64', 'v1'), true],
  [platform('linux', 'amd64'), platform('linux', 'amd64', 'v2'), false],
  [platform('linux', 'amd64'), platform('linux', '386'), false],
  [platform('linux', 'amd64'), platform('windows', 'amd64'), false],
  [platform('linux', 'arm64'), platform('linux', 'arm64', 'v8'), true],
  [platform('linux', 'arm64', 'v8'), platform('linux', 'aarch64'), true],
  [platform('linux', 'arm'), platform('linux', 'arm', 'v7'), true],
  [platform('linux', 'arm', 'v7'), platform('linux', 'arm', 'v6'), false],
  [platform('linux', 'arm64'), platform('linux', 'arm', 'v8'), false],
  [linuxWith('a', 'b'), linuxWith('b'), true],
  [linuxWith('a', 'b'), platform('linux', 'amd64'), true],
  [linuxWith('a'), linuxWith('a', 'b'), false],
  [platform('linux', 'amd64'), linuxWith('a'), false],
  [windows(), windows('10.0.20348.1'), true],
  [windows('10.0.20348.1'), windows(), true],
  [windows('10.0.20348.1'), windows('10.0.20348.1'), true],
  [windows('10.0.20348.1'), windows('10.0.26100.1'), false],
  // On Linux, os.version does not matter.
  [{ ...linuxWith(), 'os.version': '5' }, { ...linuxWith(), 'os.version': '6' }, true],
])('platform %j matches an image for %j: %p', (wanted, offered, matches) => {
  expect(matchesPlatform(wanted, offered)).toBe(matches);
});

test('all spellings of a platform have the same key, and different platforms have different keys', () => {
  const spellings = [
    platform('linux', 'arm64'),
    platform('Linux', 'aarch64', 'v8'),
    platform('', 'arm64', '8'),
  ];
  expect(new Set(spellings.map(platformKey)).size).toBe(1);
  const others = [
    ...spellings,
    platform('linux', 'arm64', 'v9'),
    windows(),
    windows('1'),
    linuxWith(),
    linuxWith('a'),
  ];
  expect(new Set(others.map(platformKey)).size).toBe(6);
});
