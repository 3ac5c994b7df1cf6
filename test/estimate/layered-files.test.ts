import { describe, expect, test } from '@jest/globals';
import { LayeredFiles } from '../../lambda-src/estimate/layered-files.ts';
import { TarReader } from '../../lambda-src/core/tar/tar-reader.ts';
import { takeInstance } from '../../lambda-src/core/wasm-module.ts';
import { TarWriter } from '../helpers/tar-writer.ts';

function treeOf(...layers: ((tar: TarWriter) => TarWriter)[]): LayeredFiles {
  const tree = new LayeredFiles();
  for (const write of layers) {
    const reader = new TarReader(takeInstance());
    reader.push(write(new TarWriter()).end().bytes());
    tree.addLayer(reader.finish().entries);
  }
  return tree;
}

const pathsAt = (tree: LayeredFiles, path: string) =>
  tree
    .find(path)
    .map((found) => `${found.path}@${found.file.layer}`)
    .toSorted();

describe('the files of an image', () => {
  test('in an upper layer hide those in a lower one', () => {
    const tree = treeOf(
      (tar) => tar.entry({ name: 'a/x' }, '1').entry({ name: './a/y' }, '1'),
      (tar) => tar.entry({ name: 'a/x' }, '2'),
    );
    expect(pathsAt(tree, '/a')).toEqual(['/a/x@1', '/a/y@0']);
    expect(pathsAt(tree, '//a/../a/./x')).toEqual(['/a/x@1']);
  });

  test('are removed by whiteouts, even at the end of their layer', () => {
    const tree = treeOf(
      (tar) => tar.entry({ name: 'a/x' }, '1').entry({ name: 'b/x' }, '1').entry({ name: 'c/d/x' }, '1'),
      (tar) =>
        tar
          .entry({ name: 'b/y' }, '2')
          .entry({ name: 'a/.wh.x' }, '')
          .entry({ name: 'b/.wh..wh..opq' }, '')
          .entry({ name: '.wh.c' }, ''),
    );
    expect(pathsAt(tree, '/')).toEqual(['/b/y@1']);
    expect(tree.has('/a')).toBe(true);
    expect(tree.has('/c')).toBe(false);
  });

  test('are found through links, except circular ones', () => {
    const tree = treeOf((tar) =>
      tar
        .entry({ name: 'usr/lib/x.1' }, '1')
        .entry({ name: 'usr/lib/x', type: '2', linkName: 'x.1' })
        .entry({ name: 'lib', type: '2', linkName: '/usr/lib' })
        .entry({ name: 'up', type: '2', linkName: '../../../usr' })
        .entry({ name: 'hard', type: '1', linkName: 'usr/lib/x.1' })
        .entry({ name: 'round', type: '2', linkName: 'round' }),
    );
    expect(pathsAt(tree, '/lib/x')).toEqual(['/usr/lib/x.1@0']);
    expect(pathsAt(tree, '/up/lib/x')).toEqual(['/usr/lib/x.1@0']);
    expect(pathsAt(tree, '/hard')).toEqual(['/hard@0']);
    expect(tree.find('/round')).toEqual([]);
    expect(tree.find('/usr/lib/x.1/below')).toEqual([]);
  });

  test('in 2,000 nested directories are found without recursion', () => {
    const name = 'd/'.repeat(2000);
    const tree = treeOf((tar) => tar.entry({ name: `${name}x` }, '1'));
    expect(tree.find('/')).toHaveLength(1);
  });
});
