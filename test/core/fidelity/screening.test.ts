import { describe, expect, test } from '@jest/globals';
import { screenEntries } from '../../../lambda-src/core/fidelity/screening.ts';
import { PackedEntries } from '../../../lambda-src/core/tar/packed-entries.ts';
import { readLayer, tarOf } from '../../helpers/fidelity-layers.ts';
import type { ShortEntry } from '../../helpers/fidelity-layers.ts';

const screen = (...entries: readonly ShortEntry[]) => readLayer(tarOf(entries)).screening;
const capability = { 'SCHILY.xattr.security.capability': '\x01\0\0\x02' + '\0'.repeat(16) };

test.each<[string, readonly ShortEntry[]]>([
  [
    'directories before their contents',
    [
      ['dir', 'a/'],
      ['dir', 'a/b/'],
      ['file', 'a/b/c'],
      ['file', 'a/d'],
    ],
  ],
  [
    'names that start with ./ or /',
    [
      ['dir', './'],
      ['dir', './a'],
      ['file', '/a/b'],
      ['file', 'a/c'],
    ],
  ],
  [
    'hard links that repeat the metadata',
    [
      ['file', 'a', { uid: 5 }],
      ['link', 'b', { uid: 5, linkName: 'a' }],
    ],
  ],
  [
    'a hard link to a hard link',
    [
      ['file', 'a'],
      ['link', 'b', { linkName: 'a' }],
      ['link', 'c', { linkName: './b' }],
    ],
  ],
  [
    'file type bits that match the entry type',
    [
      ['file', 'a', { mode: 0o100644 }],
      ['dir', 'b', { mode: 0o40755 }],
    ],
  ],
  [
    'a file with two entries, of which every reader uses the later one',
    [
      ['file', 'a'],
      ['file', 'a', { uid: 5 }],
    ],
  ],
  ['a single empty attribute', [['file', 'a', { pax: { 'SCHILY.xattr.user.a': '' } }]]],
  [
    'a setgid directory whose subdirectories have entries',
    [
      ['dir', 'a', { mode: 0o2755, gid: 5 }],
      ['dir', 'a/b'],
      ['file', 'a/b/c'],
    ],
  ],
])('passes %s', (_, entries) => {
  expect(screen(...entries)).toEqual({ differs: false, dependsOnLowers: false, hasWhiteouts: false });
});

test.each<[string, readonly ShortEntry[]]>([
  [
    'a path through a symbolic link',
    [
      ['symlink', 'a', { linkName: 'b' }],
      ['file', 'a/c'],
    ],
  ],
  [
    'a path through a file',
    [
      ['file', 'a'],
      ['file', 'a/c'],
    ],
  ],
  [
    'a file that replaces a directory with an entry',
    [
      ['dir', 'a'],
      ['file', 'a'],
    ],
  ],
  [
    'a file that a whiteout of the same layer names',
    [
      ['file', '.wh.a'],
      ['file', 'a'],
    ],
  ],
  [
    'a directory with two entries',
    [
      ['dir', 'a'],
      ['dir', 'a'],
    ],
  ],
  [
    'a directory that replaces a file',
    [
      ['file', 'a'],
      ['dir', 'a'],
    ],
  ],
  [
    'a file that replaces a directory without an entry',
    [
      ['file', 'a/b'],
      ['file', 'a'],
    ],
  ],
  [
    'a name with ..',
    [
      ['dir', 'a'],
      ['file', 'a/../b'],
    ],
  ],
  [
    'a name with an empty component',
    [
      ['dir', 'a'],
      ['file', 'a//b'],
    ],
  ],
  ['a name of 256 bytes', [['file', 'a'.repeat(50), { pax: { path: 'a'.repeat(256) } }]]],
  ['a hard link to a missing target', [['link', 'a', { linkName: 'b' }]]],
  [
    'a hard link to a directory',
    [
      ['dir', 'b'],
      ['link', 'a', { linkName: 'b' }],
    ],
  ],
  [
    'a hard link with a different mode',
    [
      ['file', 'a'],
      ['link', 'b', { linkName: 'a', mode: 0o600 }],
    ],
  ],
  [
    'a hard link with a different gid',
    [
      ['file', 'a'],
      ['link', 'b', { linkName: 'a', gid: 9 }],
    ],
  ],
  [
    'a hard link with a different uid',
    [
      ['file', 'a'],
      ['link', 'b', { linkName: 'a', uid: 9 }],
    ],
  ],
  [
    'a hard link with a different time',
    [
      ['file', 'a'],
      ['link', 'b', { linkName: 'a', mtime: 5 }],
    ],
  ],
  [
    "a hard link without its target's attributes",
    [
      ['file', 'a', { pax: { 'SCHILY.xattr.user.a': 'x' } }],
      ['link', 'b', { linkName: 'a' }],
    ],
  ],
  ['a capability', [['file', 'a', { pax: capability }]]],
  ['a trusted attribute', [['dir', 'a', { pax: { 'SCHILY.xattr.trusted.overlay.opaque': 'y' } }]]],
  [
    'a user attribute on a symbolic link',
    [['symlink', 'a', { linkName: 'b', pax: { 'SCHILY.xattr.user.a': 'x' } }]],
  ],
  [
    'two attributes, one empty',
    [['file', 'a', { pax: { 'SCHILY.xattr.user.a': '', 'SCHILY.xattr.user.b': 'x' } }]],
  ],
  ['the file type bits of a socket', [['file', 'a', { mode: 0o140644 }]]],
  ['an ID of 4294967295', [['file', 'a', { gid: 0xffff_ffffn }]]],
  ['an ID of 33 bits', [['dir', 'a', { uid: 0x1_0000_0000n }]]],
  ['a time before 1970', [['file', 'a', { mtime: -1n }]]],
  ['a time in 2262', [['file', 'a', { mtime: 9_223_372_037n }]]],
  ['a size on a directory', [['dir', 'a', { size: 1 }]]],
  ['the state directory', [['dir', '.soci-snapshotter']]],
  ['a file in the state directory', [['file', '.soci-snapshotter/x']]],
  ['an owner of the root directory', [['dir', './', { gid: 5 }]]],
  ['a whiteout as a parent', [['file', '.wh.a/b']]],
  ['an AUFS name', [['file', '.wh..wh.aufs']]],
  [
    'a whiteout of an entry in the same layer',
    [
      ['file', 'a'],
      ['file', '.wh.a', { data: '' }],
    ],
  ],
  [
    'a setgid directory that contains a directory without an entry',
    [
      ['dir', 'a', { mode: 0o2755, gid: 5 }],
      ['file', 'a/b/c'],
    ],
  ],
])('does not pass %s', (_, entries) => {
  expect(screen(...entries).differs).toBe(true);
});

describe('dependence on the position in the stack', () => {
  test('a directory without an entry depends on the layers below, even if an entry follows', () => {
    expect(screen(['file', 'a/b'])).toEqual({ differs: false, dependsOnLowers: true, hasWhiteouts: false });
    expect(screen(['file', 'a/b'], ['dir', 'a'])).toMatchObject({ differs: false, dependsOnLowers: true });
  });

  test('whiteouts are detected, even after an entry that differs', () => {
    expect(screen(['file', '.wh.a', { data: '' }])).toMatchObject({ differs: false, hasWhiteouts: true });
    expect(screen(['dir', 'a'], ['dir', 'a'], ['file', 'd/.wh.a', { data: '' }])).toMatchObject({
      differs: true,
      hasWhiteouts: true,
    });
  });
});

test('does not pass a sparse file with holes', () => {
  const pax = {
    'GNU.sparse.major': '0',
    'GNU.sparse.minor': '1',
    'GNU.sparse.map': '0,1',
    'GNU.sparse.numblocks': '1',
    'GNU.sparse.size': '900',
  };
  expect(screen(['file', 'a', { pax }]).differs).toBe(true);
});

test('gives the same result for entries read back from a zTOC', () => {
  const { entries, screening } = readLayer(
    tarOf([
      ['dir', 'a'],
      ['file', 'a/b'],
      ['link', 'c', { linkName: 'a/b' }],
    ]),
  );
  const readBack = new PackedEntries();
  for (const { inArchive, ...entry } of entries) if (inArchive !== undefined) readBack.add(entry);
  expect(readBack.length).toBe(3);
  expect(screenEntries(readBack)).toEqual(screening);
});

test('distinguishes 10,000 directories while the table grows', () => {
  const directories = Array.from({ length: 10_000 }, (_, at): ShortEntry => ['dir', `d${at}/`]);
  const files = Array.from({ length: 10_000 }, (_, at): ShortEntry => ['file', `d${at}/f`, { data: '' }]);
  const { entries, screening } = readLayer(tarOf([...directories, ...files]));
  expect(screening).toEqual({ differs: false, dependsOnLowers: false, hasWhiteouts: false });
  expect(screenEntries(entries)).toEqual(screening);
});

describe('a layer with more files than a new instance has room for', () => {
  const endMarkerBytes = 1024;

  test('passes, and hard link targets and hidden files are still found', () => {
    const files = Array.from({ length: 280_000 }, (_, at): ShortEntry => ['file', `f${at}`, { data: '' }]);
    const directories = Array.from({ length: 10_000 }, (_, at): ShortEntry => ['dir', `d${at}/`]);
    const tar = tarOf([...files, ...directories]).subarray(0, -endMarkerBytes);
    const screenWith = (...more: readonly ShortEntry[]): boolean =>
      readLayer(Buffer.concat([tar, tarOf(more)])).screening.differs;
    expect(screenWith()).toBe(false);
    expect(screenWith(['link', 'last', { linkName: 'f0' }])).toBe(false);
    expect(screenWith(['link', 'last', { linkName: 'f0', uid: 5 }])).toBe(true);
    expect(screenWith(['link', 'last', { linkName: 'f280000' }])).toBe(true);
    expect(screenWith(['file', 'f0/x'])).toBe(true);
    expect(screenWith(['dir', 'f279999'])).toBe(true);
    expect(screenWith(['file', '.wh.f140000'])).toBe(true);
    expect(screenWith(['file', 'd9999'])).toBe(true);
    expect(screenWith(['file', 'f280000'])).toBe(false);
  });
});
