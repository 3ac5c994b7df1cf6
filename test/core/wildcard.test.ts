import { describe, expect, test } from '@jest/globals';
import { Wildcard } from '../../lambda-src/core/wildcard.ts';

describe('a wildcard pattern', () => {
  test.each<readonly [string, string, string]>([
    ['a star matches an empty string', 'prod*', 'prod'],
    ['a star crosses slashes and colons', 'team*', 'team/app:v1'],
    ['a star matches a leading dot', '*', '.hidden'],
    ['a star matches a leading dot after a slash', 'a/*', 'a/.b'],
    ['two stars match the same as one', 'a**b', 'a/x/b'],
    ['two stars match everything', '**', 'a/.b/c'],
    ['two stars match the empty string', '**', ''],
    ['two stars may stand between slashes', 'a/**/b', 'a/x/y/b'],
    ['stars at both ends match a substring', '*api*', 'my-api-1'],
    ['two stars can both match nothing', '*a*a', 'aa'],
    ['the empty pattern matches the empty string', '', ''],
  ])('%s: %s matches %s', (_, pattern, text) => {
    expect(new Wildcard(pattern).matches(text)).toBe(true);
  });

  test.each<readonly [string, string, string]>([
    ['a prefix of the text does not match', 'prod', 'prod1'],
    ['a suffix of the text does not match', 'prod', 'myprod'],
    ['matching is case-sensitive', 'prod*', 'Prod1'],
    ['a dot matches only a dot', 'v1.*', 'v1x2'],
    ['the text between two stars is required', 'a*b*c', 'ac'],
    ['the empty pattern matches nothing else', '', 'a'],
    ['two stars between slashes do not match one slash', 'a/**/b', 'a/b'],
  ])('%s: %s does not match %s', (_, pattern, text) => {
    expect(new Wildcard(pattern).matches(text)).toBe(false);
  });

  test.each([
    'a?c',
    '[abc]',
    '{a,b}',
    '!a',
    '#a',
    '@(a|b)',
    '+(a)',
    'a\\b',
    '[!a]',
    '^a$',
    '!*',
    '#*',
    '?(a)*',
    '*(a)',
    '!(a)',
  ])('only a star is special: %s matches itself and nothing else', (pattern) => {
    expect(new Wildcard(pattern).matches(pattern)).toBe(true);
    for (const other of ['abc', 'a', 'b', 'ab', 'c', '']) {
      expect(new Wildcard(pattern).matches(other)).toBe(false);
    }
  });
});

test.each(['{a,b}c', 'x{1..3}', '{,}', 'a*{b,c}'])('braces are plain characters: %s', (pattern) => {
  expect(new Wildcard(pattern).matches(pattern.replace('*', '-'))).toBe(true);
  for (const other of ['ac', 'bc', 'x1', 'x2', '', 'a-b']) {
    expect(new Wildcard(pattern).matches(other)).toBe(false);
  }
});
