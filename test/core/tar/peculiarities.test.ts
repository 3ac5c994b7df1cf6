// The peculiarities that the tar reader marks on an entry.
import { describe, expect, test } from '@jest/globals';
import {
  hasOddOwner,
  hasOddTime,
  hasSetgidDirectory,
  hasSizeWithoutData,
  hasTypeBitsInMode,
  hasUncleanName,
  hasWhiteoutName,
  hasXattrs,
  isHardLink,
  isSparse,
  isSymbolicLink,
  overlapsPrevious,
} from '../../../lambda-src/core/tar/packed-entry-layout.ts';
import { readTar } from '../../helpers/read-tar.ts';
import { type HeaderFields, paxRecord, TarWriter } from '../../helpers/tar-writer.ts';

function peculiaritiesOf(writer: TarWriter): readonly number[] {
  const { entries } = readTar(writer.bytes());
  const found = Array.from(entries.walk(), ({ peculiarities }) => peculiarities);
  // The list has the union of its entries' peculiarities.
  expect(entries.peculiarities).toBe(found.reduce((all, one) => all | one, 0));
  return found;
}

function ofName(name: string): number {
  return peculiaritiesOf(new TarWriter().longName(name).entry({}))[0]!;
}

describe('names', () => {
  const long = 'directory/of/a/long/name/'.repeat(4);

  test.each([
    ...[
      'a',
      'a/',
      './a',
      './',
      '.',
      '/',
      '/a',
      'a/b',
      '.a',
      'a/.b',
      'a/..b',
      '.../a',
      'a/...',
      'a.',
      'a./b',
      './.a',
    ],
    ...['.w', '.wh', 'a/.wh', 'a.wh.b', 'wh.a', `${long}.hidden`, `${long}a.`],
  ])('%p is ordinary', (name) => {
    expect(ofName(name)).toBe(0);
  });

  test.each([
    ...[
      '..',
      '../a',
      'a/..',
      'a/../b',
      './..',
      '/..',
      'a/./b',
      'a/.',
      '././a',
      'a//b',
      '//a',
      'a//',
      './/a',
      '/./a',
    ],
    ...[`${long}../a`, `${long}./a`, `${long}/a`, `${long}.`, `${long}..`],
  ])('%p is unclean', (name) => {
    expect(ofName(name)).toBe(hasUncleanName);
  });

  test('an empty name is unclean', () => {
    expect(peculiaritiesOf(new TarWriter().entry({ name: '' }))).toEqual([hasUncleanName]);
  });

  test.each(['.wh.a', '/.wh.a', './.wh.a', 'a/.wh.b', 'a/.wh..wh..opq', '.wh.a/b', '.wh.', `${long}.wh.a`])(
    '%p is a whiteout name',
    (name) => {
      expect(ofName(name)).toBe(hasWhiteoutName);
    },
  );

  test('are checked at every offset, because several positions are compared at once', () => {
    for (let length = 1; length < 70; length++) {
      const folder = 'x'.repeat(length);
      expect([length, ofName(`${folder}/../a`), ofName(`${folder}/.wh.a`), ofName(`${folder}/a`)]).toEqual([
        length,
        hasUncleanName,
        hasWhiteoutName,
        0,
      ]);
    }
  });

  test('do not include the bytes that follow in the block', () => {
    // The link name follows the name in the block, without a NUL between them.
    expect(peculiaritiesOf(new TarWriter().entry({ name: `${'n'.repeat(99)}/`, linkName: './x' }))).toEqual([
      0,
    ]);
    expect(
      peculiaritiesOf(new TarWriter().entry({ name: 'n'.repeat(100), type: '5', linkName: '/../x' })),
    ).toEqual([0]);
  });
});

test.each<[string, HeaderFields, number]>([
  ['a file', {}, 0],
  ['a directory', { type: '5' }, 0],
  ['a device', { type: '3', deviceMajor: 1 }, 0],
  ['a hard link', { type: '1' }, isHardLink],
  ['a symbolic link', { type: '2' }, isSymbolicLink],
  ['a mode with all permissions', { mode: 0o7777 }, 0],
  ['a mode with the regular file bit', { mode: 0o100644 }, 0],
  ['a mode with the directory bit', { mode: 0o40755 }, hasTypeBitsInMode],
  ['a mode with two type bits', { mode: 0o110644 }, hasTypeBitsInMode],
  ['a negative mode', { mode: -1n }, hasTypeBitsInMode],
  ['a setgid directory', { type: '5', mode: 0o2755 }, hasSetgidDirectory],
  ['a setgid file', { mode: 0o2755 }, 0],
  ['the largest valid owner', { uid: 4294967294n, gid: 4294967294n }, 0],
  ['the uid that means no owner', { uid: 4294967295n }, hasOddOwner],
  ['the gid that means no group', { gid: 4294967295n }, hasOddOwner],
  ['a negative uid', { uid: -1n }, hasOddOwner],
  ['a gid of 33 bits', { gid: 1n << 32n }, hasOddOwner],
  ['a time before 1970', { mtime: -1n }, hasOddTime],
  ['the last second that fits into 64 bits of nanoseconds', { mtime: 9223372036n }, 0],
  ['one second later', { mtime: 9223372037n }, hasOddTime],
  ['a directory with a size', { type: '5', size: 1n }, hasSizeWithoutData],
  ['a directory with a negative size', { type: '5', size: -1n }, hasSizeWithoutData],
])('marks %s', (_, fields, expected) => {
  expect(peculiaritiesOf(new TarWriter().entry(fields))).toEqual([expected]);
});

test.each<[string, string[], number]>([
  ['the last nanosecond that fits into 64 bits', [paxRecord('mtime', '9223372036.854775807')], 0],
  ['one nanosecond later', [paxRecord('mtime', '9223372036.854775808')], hasOddTime],
  ['an attribute', [paxRecord('SCHILY.xattr.user.a', 'v')], hasXattrs],
  [
    'an attribute after other records',
    [paxRecord('LIBARCHIVE.xattr.a', 'v'), paxRecord('SCHILY.xattr.a', '')],
    hasXattrs,
  ],
  [
    'records that are not attributes',
    [paxRecord('SCHILY.acl.access', 'v'), paxRecord('LIBARCHIVE.xattr.a', 'v')],
    0,
  ],
  ['only the prefix of an attribute key', [paxRecord('SCHILY.xattr', 'v')], 0],
])('marks PAX records: %s', (_, records, expected) => {
  expect(peculiaritiesOf(new TarWriter().pax(...records).entry({}))).toEqual([expected]);
});

test('marks a sparse file only if it has holes', () => {
  const sparse = (realsize: string) =>
    new TarWriter()
      .pax(
        ...Object.entries({ major: '1', minor: '0', realsize }).map(([key, value]) =>
          paxRecord(`GNU.sparse.${key}`, value),
        ),
      )
      .entry({}, `${'1\n0\n4\n'.padEnd(512, '\0')}data`);
  expect(peculiaritiesOf(sparse('4'))).toEqual([0]);
  expect(peculiaritiesOf(sparse('5'))).toEqual([isSparse]);
});

test.each<[string, TarWriter, readonly number[]]>([
  ['files after their data', new TarWriter().entry({}, 'x'.repeat(513)).entry({}), [0, 0]],
  [
    'a file after a directory with a size',
    new TarWriter().header({ type: '5', size: 1n }).entry({}),
    [hasSizeWithoutData, 0],
  ],
  [
    'a file within the size of a directory',
    new TarWriter().header({ type: '5', size: 513n }).entry({}),
    [hasSizeWithoutData, overlapsPrevious],
  ],
  [
    'a file after PAX records as long as the size of a link',
    new TarWriter().header({ type: '2', size: 1536n }).pax(paxRecord('a', 'b')).entry({}),
    [isSymbolicLink | hasSizeWithoutData, 0],
  ],
  [
    'a directory with the largest size of 64 bits, and one with the lowest',
    new TarWriter()
      .header({ type: '5', size: (1n << 63n) - 1n })
      .header({ type: '5', size: -(1n << 63n) })
      .entry({}),
    [hasSizeWithoutData, hasSizeWithoutData | overlapsPrevious, 0],
  ],
])('marks overlaps: %s', (_, writer, expected) => {
  expect(peculiaritiesOf(writer)).toEqual(expected);
});
