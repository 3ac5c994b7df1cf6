import { expect, test } from '@jest/globals';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { runtimesFor } from '../../lambda-src/doctor/runtime.ts';

test.each([
  ['linux/amd64', ['fargate', 'eks', 'snapshotter']],
  ['linux/x86_64', ['fargate', 'eks', 'snapshotter']],
  ['linux/arm64/v8', ['fargate', 'eks', 'snapshotter']],
  ['linux/arm/v7', ['snapshotter']],
  ['linux/s390x', ['snapshotter']],
  ['windows/amd64', []],
  ['darwin/arm64', []],
])('%s can be lazy-loaded by %j', (platform, runtimes) => {
  expect(runtimesFor(parsePlatform(platform))).toEqual(runtimes);
});

test('no runtime loads a Linux image without an architecture lazily', () => {
  expect(runtimesFor({ os: 'linux', architecture: '' })).toEqual([]);
});
