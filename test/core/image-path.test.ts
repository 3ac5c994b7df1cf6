import { expect, test } from '@jest/globals';
import { cleanPath, decodeName, namesOfPath } from '../../lambda-src/core/image-path.ts';

test.each([
  ['/usr/bin/env', ['usr', 'bin', 'env']],
  ['usr/bin/', ['usr', 'bin']],
  ['./usr//bin/./env', ['usr', 'bin', 'env']],
  ['/app/x/../y', ['app', 'y']],
  ['a/b/../../c', ['c']],
  ['../../etc/passwd', ['etc', 'passwd']],
  ['a/../../b', ['b']],
  // Only `.` and `..` themselves are special.
  ['/.config/...', ['.config', '...']],
  ['/', []],
  ['', []],
])('the names of the path %j are %j', (path, names) => {
  expect(namesOfPath(path)).toEqual(names);
  expect(cleanPath(path)).toBe(names.join('/'));
});

test('a name is decoded from its own bytes, not from those around it, and invalid UTF-8 is replaced', () => {
  const around = Buffer.from('xxnäme\u{1f680}yy');
  expect(decodeName(around.subarray(2, -2))).toBe('näme\u{1f680}');
  expect(decodeName(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
});
