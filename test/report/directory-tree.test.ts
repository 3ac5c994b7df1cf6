import { describe, expect, test } from '@jest/globals';
import type { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { DirectoryTree, listLargestPaths, type SizedPath } from '../../lambda-src/report/directory-tree.ts';
import { jsonInHtml } from '../../lambda-src/report/json-in-html.ts';
import { blobOf, ociTypes } from '../helpers/images.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { ztocOf } from '../helpers/images.ts';

const plenty = 1_000_000;

function contentsOf(
  files: Readonly<Record<string, number>>,
  directories: readonly string[] = [],
): PackedEntries {
  const tar = new TarWriter();
  for (const name of directories) tar.entry({ name, type: '5' });
  for (const [name, size] of Object.entries(files)) tar.longName(name).entry({ name }, new Uint8Array(size));
  const layer = blobOf(gzipOf(tar.end().bytes()), ociTypes.gzip);
  return decodeZtoc(ztocOf(layer, { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' }).bytes).contents;
}

function list(contents: PackedEntries, maximumBytes = plenty): SizedPath {
  return listLargestPaths([new DirectoryTree(contents)], maximumBytes)[0]!;
}

describe('the directories of a layer', () => {
  test('list the size and number of all files below them, largest first', () => {
    const contents = contentsOf({ 'usr/a': 10, 'usr/lib/b': 300, './usr/lib/c': 20, 'etc/d': 40 }, [
      'usr/',
      'tmp/',
    ]);
    expect(list(contents)).toEqual([
      '/',
      370,
      4,
      [
        [
          'usr',
          330,
          3,
          [
            [
              'lib',
              320,
              2,
              [
                ['b', 300],
                ['c', 20],
              ],
            ],
            ['a', 10],
          ],
        ],
        ['etc', 40, 1, [['d', 40]]],
        ['tmp', 0, 0, []],
      ],
    ]);
  });

  test('are limited to a number of bytes: the largest files stay, with their parent directories', () => {
    const contents = contentsOf({ 'a/large': 4000, 'a/b/larger': 5000, 'a/b/small': 1, 'c/medium': 600 });
    const all = list(contents);
    const whole = JSON.stringify(all).length;
    for (let maximumBytes = 0; maximumBytes < whole + 200; maximumBytes++) {
      const some = list(contents, maximumBytes);
      expect(jsonInHtml(some).length).toBeLessThanOrEqual(maximumBytes + '["/",9601,4,[]]'.length);
      expect(some.slice(0, 3)).toEqual(all.slice(0, 3));
    }
    expect(list(contents, 70)).toEqual([
      '/',
      9601,
      4,
      [['a', 9001, 3, [['b', 5001, 2, [['larger', 5000]]]]]],
    ]);
    expect(list(contents, whole + 200)).toEqual(all);
  });

  test('count the HTML-escaped length of a name', () => {
    const contents = contentsOf({ [`${'<'.repeat(60)}a`]: 10, b: 9 });
    // As plain JSON, both files would fit.
    expect(list(contents, 120)).toEqual(['/', 19, 2, []]);
  });

  test('are cut at a name or depth that a page cannot show', () => {
    const deep = `${'d/'.repeat(300)}file`;
    const contents = contentsOf({ [deep]: 5, ['x'.repeat(250)]: 7 });
    const path = list(contents);
    let depth = 0;
    for (
      let at: SizedPath | undefined = path[3]!.find(([name]) => name === 'd');
      at !== undefined;
      at = at[3]?.[0]
    )
      depth++;
    expect(depth).toBe(51);
    expect(path[3]![0]![0]).toBe(`${'x'.repeat(100)}…`);
    expect(path.slice(1, 3)).toEqual([12, 2]);
  });
});
