import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../lambda-src/core/errors.ts';
import {
  couldBeTargetTag,
  isTargetTag,
  makeTargetTag,
  parseTargetTagTemplate,
} from '../../../lambda-src/core/soci/target-tag.ts';

describe('the target tag', () => {
  test.each<readonly [string, string, string]>([
    ['{tag}-soci', 'latest', 'latest-soci'],
    ['soci-{tag}', 'latest', 'soci-latest'],
    ['a.{tag}_b', 'v1', 'a.v1_b'],
    ['{tag}', 'latest', 'latest'],
  ])('made by %s from %s is %s', (template, tag, target) => {
    expect(makeTargetTag(parseTargetTagTemplate(template), tag)).toBe(target);
  });

  test('has at most 128 characters; a longer one is detected before any work', () => {
    const template = parseTargetTagTemplate('{tag}-soci');
    expect(makeTargetTag(template, 't'.repeat(123))).toHaveLength(128);
    expect(makeTargetTag(template, 't'.repeat(124))).toBeUndefined();
  });
});

describe('a pushed tag', () => {
  test.each<readonly [string, string, boolean]>([
    ['{tag}-soci', 'latest-soci', true],
    ['{tag}-soci', 'latest', false],
    ['{tag}-soci', 'soci', false],
    ['{tag}-soci', '-soci', false],
    ['{tag}-soci', 'latest-soci-2', false],
    ['soci.{tag}', 'soci.latest', true],
    ['soci.{tag}', 'latest', false],
    ['soci.{tag}', 'latestsoci.', false],
    ['aa{tag}aa', 'aaa', false],
    ['aa{tag}aa', 'aaaaa', true],
    ['{tag}', 'latest', false],
  ])('with the template %s, %s is a target tag: %s', (template, tag, isOwn) => {
    expect(isTargetTag(parseTargetTagTemplate(template), tag)).toBe(isOwn);
  });
});

describe('a tag in the repository', () => {
  test.each<readonly [string, string, boolean]>([
    ['{tag}-soci', 'v1-soci', true],
    ['{tag}-soci', 'v1', false],
    ['soci.{tag}', 'soci.v1', true],
    ['soci.{tag}', 'v1', false],
    ['{tag}', 'v1', true],
  ])('with the template %s, %s could be the target of another push: %s', (template, tag, couldBe) => {
    expect(couldBeTargetTag(parseTargetTagTemplate(template), tag)).toBe(couldBe);
  });
});

describe('a target tag template', () => {
  test.each([
    '',
    'soci',
    '{tag}{tag}',
    '{Tag}',
    '-{tag}',
    '.{tag}',
    '{tag}/soci',
    '{tag}:soci',
    '{tag}-soci\n',
    `{tag}${'s'.repeat(128)}`,
  ])('is rejected: %j', (template) => {
    expect(() => parseTargetTagTemplate(template)).toThrow(ConfigError);
  });

  test('is accepted if it can produce any tag', () => {
    expect(makeTargetTag(parseTargetTagTemplate(`{tag}${'s'.repeat(127)}`), 't')).toHaveLength(128);
  });
});
