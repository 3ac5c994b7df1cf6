import { expect, test } from '@jest/globals';
import { makeFinding } from '../../lambda-src/doctor/finding.ts';
import { decideVerdict } from '../../lambda-src/doctor/verdict.ts';

const noIndex = (platform?: string) =>
  makeFinding('no-index', 'M.', 'A.', platform === undefined ? {} : { platform });
const oldAccount = (platform: string) =>
  makeFinding('v1-needs-older-account', 'M.', 'A.', { platform, runtimes: ['fargate'] });

test.each([
  ['nothing is wrong', ['a', 'b'], [], 'yes'],
  ['no platform is there', [], [], 'no'],
  ['the whole image has a problem', ['a'], [noIndex()], 'no'],
  ['every platform has a problem', ['a', 'b'], [noIndex('a'), noIndex('b')], 'no'],
  ['one platform has a problem', ['a', 'b'], [noIndex('a')], 'depends'],
  ['a platform that does not matter has a problem', ['b'], [noIndex('a')], 'yes'],
  ['it hangs on the account', ['a'], [oldAccount('a')], 'depends'],
  ['it hangs on the account, and something is wrong', ['a'], [oldAccount('a'), noIndex('a')], 'no'],
  ['there is only advice', ['a'], [makeFinding('small-image', 'M.', 'A.', { platform: 'a' })], 'yes'],
] as const)('where %s', (_, platforms, findings, verdict) => {
  expect(decideVerdict('fargate', platforms, findings)).toBe(verdict);
});

test('a problem of another runtime does not count', () => {
  expect(decideVerdict('eks', ['a'], [oldAccount('a')])).toBe('yes');
});
