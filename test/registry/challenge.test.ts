import { expect, test } from '@jest/globals';
import { parseChallenges } from '../../lambda-src/registry/challenge.ts';

function parse(header: string): unknown[] {
  return parseChallenges(header).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);
}

test.each([
  ['Basic realm="r"', [['basic', { realm: 'r' }]]],
  ['BASIC REALM="r"', [['basic', { realm: 'r' }]]],
  ['Basic', [['basic', {}]]],
  [
    'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
    [
      [
        'bearer',
        {
          realm: 'https://auth.docker.io/token',
          service: 'registry.docker.io',
          scope: 'repository:a/b:pull,push',
        },
      ],
    ],
  ],
  [
    'Bearer realm="a", error=invalid_token , Basic realm="b"',
    [
      ['bearer', { realm: 'a', error: 'invalid_token' }],
      ['basic', { realm: 'b' }],
    ],
  ],
  ['Bearer realm = "a b"', [['bearer', { realm: 'a b' }]]],
  [
    String.raw`Bearer realm="a \"b\" \\c, Basic realm=x"`,
    [['bearer', { realm: 'a "b" \\c, Basic realm=x' }]],
  ],
  [
    'Negotiate dG9rZW4=, Basic realm="b"',
    [
      ['negotiate', {}],
      ['basic', { realm: 'b' }],
    ],
  ],
  ['Bearer realm="first",realm="second"', [['bearer', { realm: 'first' }]]],
  [
    'Bearer realm="never ends',
    [
      ['bearer', {}],
      ['realm', {}],
    ],
  ],
  ['"quoted" Basic realm="b"', []],
  ['', []],
  [',,,', []],
])('parses the challenges of a header: %s', (header, expected) => {
  expect(parse(header)).toEqual(expected);
});

test('parses a hostile header of 16 KB in less than half a second', () => {
  const start = performance.now();
  for (const piece of ['a', 'a ', 'a=', 'a="', ' ', ',', '\\', 'a=b,'])
    parseChallenges(piece.repeat(16_384 / piece.length));
  expect(performance.now() - start).toBeLessThan(500);
});
