import { expect, test } from '@jest/globals';
import { makeFinding } from '../../lambda-src/doctor/finding.ts';
import { decideVerdict } from '../../lambda-src/doctor/verdict.ts';

const noIndex = (platform?: string) =>
  makeFinding('no-index', 'M.', 'A.', platform === undefined ? {} : { platform });
const oldAccount = (platform: string) =>
  makeFinding('v1-needs-older-account', 'M.', 'A.', { platform, runtimes: ['fargate'] });

test.each([
  ['there is no finding', ['a', 'b'], [], 'yes'],
  ['there is no platform', [], [], 'no'],
  ['the whole image has a problem', ['a'], [noIndex()], 'no'],
  ['every platform has a problem', ['a', 'b'], [noIndex('a'), noIndex('b')], 'no'],
  ['one platform has a problem', ['a', 'b'], [noIndex('a')], 'depends'],
  ['a platform that does not count has a problem', ['b'], [noIndex('a')], 'yes'],
  ['the problem depends on the account', ['a'], [oldAccount('a')], 'depends'],
  ['one problem depends on the account and another does not', ['a'], [oldAccount('a'), noIndex('a')], 'no'],
  ['there is only advice', ['a'], [makeFinding('small-image', 'M.', 'A.', { platform: 'a' })], 'yes'],
] as const)('if %s', (_, platforms, findings, verdict) => {
  expect(decideVerdict('fargate', platforms, findings)).toBe(verdict);
});

test('ignores a problem of another runtime', () => {
  expect(decideVerdict('eks', ['a'], [oldAccount('a')])).toBe('yes');
});
