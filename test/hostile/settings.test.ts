// Text that a user, or a program on the user's behalf, writes on the command line and in Docker's config.json. Grammar
// and wrong types are tested with the parsers (test/core/oci, test/events/image-filters.test.ts, test/registry).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import { parseReference } from '../../lambda-src/core/oci/reference.ts';
import { findMatchingFilter, parseImageFilters } from '../../lambda-src/events/image-filters.ts';
import { parseChallenges } from '../../lambda-src/registry/challenge.ts';
import { dockerCredentials } from '../../lambda-src/registry/credentials.ts';
import { cpuCostOf } from '../helpers/cpu-cost.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

describe('input of one megabyte', () => {
  const long = 1_000_000;

  test.each<readonly [string, (text: string) => unknown, string]>([
    ['a reference of letters', parseReference, 'a'.repeat(long)],
    ['a registry of hyphens', parseReference, `r.${'-'.repeat(long)}/x`],
    ['a repository of separators', parseReference, `r.example/${'a_'.repeat(long / 2)}`],
    ['a tag', parseReference, `r.example/a:${'x'.repeat(long)}`],
    ['a digest', parseReference, `r.example/a@sha256:${'a'.repeat(long)}`],
    ['a scheme', parseReference, `${'a'.repeat(long)}://x`],
    ['colons', parseReference, `oci:${':'.repeat(long)}`],
    ['a platform', parsePlatform, `linux/${'a'.repeat(long)}!`],
    ['slashes', parsePlatform, '/'.repeat(long)],
    ['a filter of stars', parseImageFilters, `${'*'.repeat(long)}:x`],
    ['a filter of separators', parseImageFilters, `${'a-'.repeat(long / 2)}:x`],
  ])('%s is rejected quickly, with a short message', (_, parse, text) => {
    let message = '';
    const cost = cpuCostOf(() => {
      try {
        parse(text);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
        message = (error as Error).message;
      }
    });
    expect(message).not.toBe('');
    expect(message.length).toBeLessThan(1000);
    expect(cost).toBeLessThan(20);
  });

  test('a challenge is parsed quickly', () => {
    const texts = ['Bearer a="', 'Bearer a=b,', 'Basic ', '\\"', 'Basic a a a=', ', ', 'x= '];
    for (const text of texts) {
      const header = `Bearer ${text.repeat(long / text.length)}`;
      expect(cpuCostOf(() => parseChallenges(header))).toBeLessThan(50);
    }
  });
});

test('a filter with the maximum number of stars matches the longest name quickly', () => {
  const stars = `${'*a'.repeat(120)}*b`;
  const filters = parseImageFilters(`${stars}:${'*1'.repeat(60)}*2`);
  let match: string | undefined = 'not yet';
  const cost = cpuCostOf(() => {
    match = findMatchingFilter(filters, 'a'.repeat(256), '1'.repeat(128));
  });
  expect(match).toBeUndefined();
  expect(findMatchingFilter(filters, `${'a'.repeat(250)}b`, `${'1'.repeat(120)}2`)).toBeDefined();
  expect(cost).toBeLessThan(20);
});

describe("Docker's config.json", () => {
  const folder = makeTemporaryFolder();

  test.each<readonly [string, unknown]>([
    // Any other type of error would print a stack trace instead of a message.
    ['an object that cannot become text', { credsStore: { toString: null } }],
    ['a list', { credsStore: ['x'] }],
    ['a number', { credHelpers: { 'registry.example': 1 } }],
    ['a path', { credsStore: '../../bin/sh' }],
    ['a path with several parts', { credsStore: 'x/../../../bin/sh' }],
    ['an option', { credsStore: '-x' }],
    ['an empty helper', { credHelpers: { 'registry.example': '' } }],
    ['a control sequence for a terminal', { credsStore: '\u001b[2J' }],
  ])('rejects %s as a credential helper, and runs nothing', async (_, config) => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    const environment = { DOCKER_CONFIG: folder, PATH: folder };
    const failure: unknown = await dockerCredentials(environment, folder)('registry.example', 'app').then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failure).toBeInstanceOf(ConfigError);
    expect((failure as Error).message).toMatch(/: [ -~]+ cannot be a credential helper$/);
  });
});
