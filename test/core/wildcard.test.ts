import { describe, expect, test } from '@jest/globals';
import { Wildcard } from '../../lambda-src/core/wildcard.ts';

describe('a wildcard pattern', () => {
  test.each<readonly [string, string, string]>([
    ['a star matches nothing at all', 'prod*', 'prod'],
    ['a star crosses slashes and colons', 'team*', 'team/app:v1'],
    ['a star matches a leading dot', '*', '.hidden'],
    ['a star matches a leading dot after a slash', 'a/*', 'a/.b'],
    ['two stars match what one does', 'a**b', 'a/x/b'],
    ['stars at both ends match a part', '*api*', 'my-api-1'],
    ['stars may match the same as the text between them', '*a*a', 'aa'],
    ['the empty pattern matches the empty text', '', ''],
  ])('%s: %s matches %s', (_, pattern, text) => {
    expect(new Wildcard(pattern).matches(text)).toBe(true);
  });

  test.each<readonly [string, string, string]>([
    ['a part is not enough', 'prod', 'prod1'],
    ['a part at the end is not enough', 'prod', 'myprod'],
    ['case counts', 'prod*', 'Prod1'],
    ['a dot is a dot', 'v1.*', 'v1x2'],
    ['between two stars something may be wanted', 'a*b*c', 'ac'],
    ['the empty pattern matches nothing else', '', 'a'],
  ])('%s: %s does not match %s', (_, pattern, text) => {
    expect(new Wildcard(pattern).matches(text)).toBe(false);
  });

  test.each(['a?c', '[abc]', '{a,b}', '!a', '#a', '@(a|b)', '+(a)', 'a\\b', '[!a]', '^a$'])(
    'nothing but a star is special: %s matches itself, and nothing else',
    (pattern) => {
      expect(new Wildcard(pattern).matches(pattern)).toBe(true);
      for (const other of ['abc', 'a', 'b', 'ab', 'c', '']) {
        expect(new Wildcard(pattern).matches(other)).toBe(false);
      }
    },
  );
});

test.each(['{a,b}c', 'x{1..3}', '{,}', 'a*{b,c}'])('braces are plain characters: %s', (pattern) => {
  expect(new Wildcard(pattern).matches(pattern.replace('*', '-'))).toBe(true);
  for (const other of ['ac', 'bc', 'x1', 'x2', '', 'a-b']) {
    expect(new Wildcard(pattern).matches(other)).toBe(false);
  }
});
