import { expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { maximumConfigBytes, parseConfigPlatform } from '../../../lambda-src/core/oci/image-config.ts';

test.each([
  [
    '{"architecture":"amd64","os":"linux","config":{"Env":["A=<&>"]},"history":[]}',
    { architecture: 'amd64', os: 'linux' },
  ],
  ['{"os":"linux","architecture":"arm64","variant":"v8"}', { architecture: 'arm64', os: 'linux' }],
  ['{"os":"linux","architecture":"arm"}', { architecture: 'arm', os: 'linux', variant: 'v7' }],
  ['{"architecture":"amd64"}', { architecture: 'amd64', os: 'linux' }],
  // Written by `crane append` without a base image.
  ['{"architecture":"","os":"linux"}', { architecture: '', os: 'linux' }],
  ['{}', { architecture: '', os: 'linux' }],
  [
    '{"architecture":"amd64","os":"windows","os.version":"10.0.20348.1","os.features":["win32k"]}',
    { architecture: 'amd64', os: 'windows', 'os.version': '10.0.20348.1', 'os.features': ['win32k'] },
  ],
])('reads and normalizes the platform of the config %s', (text, platform) => {
  expect(parseConfigPlatform(Buffer.from(text))).toEqual(platform);
});

test.each([
  [
    '{"architecture":7,"os":[]}',
    /architecture: expected a string, got a number; os: expected a string, got a list$/,
  ],
  ['{"architecture":"amd64","Architecture":"arm64"}', /has the wrong case/],
  ['[]', /: expected an object, got a list$/],
  ['chart', /expected a JSON value/],
  [
    `{"architecture":"amd64"}`.padEnd(maximumConfigBytes + 1),
    /4194305 bytes exceed the limit of 4194304 for an image's config/,
  ],
])('rejects an invalid config: %.40s', (text, problem) => {
  const parse = (): unknown => parseConfigPlatform(Buffer.from(text));
  expect(parse).toThrow(FormatError);
  expect(parse).toThrow(problem);
});

test('reads a config of the maximum size', () => {
  expect(parseConfigPlatform(Buffer.from('{"architecture":"amd64"}'.padEnd(maximumConfigBytes)))).toEqual({
    architecture: 'amd64',
    os: 'linux',
  });
});
