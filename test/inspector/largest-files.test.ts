import { describe, expect, test } from '@jest/globals';
import { findLargestFiles } from '../../lambda-src/inspector/largest-files.ts';
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';

const nothing = new Uint8Array(0);

function contentsOf(sizes: readonly number[]): PackedEntries {
  const contents = new PackedEntries();
  for (const [index, size] of sizes.entries()) {
    const entry: TarEntry = {
      name: Buffer.from(`file-${index}`),
      type: 'reg',
      uncompressedOffset: index,
      uncompressedSize: BigInt(size),
      linkName: nothing,
      mode: 0o644n,
      uid: 0,
      gid: 0,
      userName: nothing,
      groupName: nothing,
      modificationTime: '',
      deviceMajor: 0n,
      deviceMinor: 0n,
      paxRecords: [],
    };
    contents.add(entry);
  }
  return contents;
}

describe('the largest files', () => {
  test.each<readonly [string, readonly number[], readonly string[]]>([
    ['are an empty list for an empty layer', [], []],
    ['can be fewer than requested', [1, 2], ['file-1', 'file-0']],
    ['are listed from the largest down', [5, 9, 1, 7, 8], ['file-1', 'file-4', 'file-3']],
    ['of equal size are listed in order', [4, 4, 4, 4, 4], ['file-0', 'file-1', 'file-2']],
    ['of equal size are listed in order after a larger one', [1, 2, 2, 2, 9], ['file-4', 'file-1', 'file-2']],
  ])('%s', (_, sizes, names) => {
    expect(findLargestFiles(contentsOf(sizes), 3).map(({ name }) => name)).toEqual(names);
  });

  test('are listed with their details', () => {
    expect(findLargestFiles(contentsOf([3]), 3)).toEqual([
      { name: 'file-0', size: 3, offset: 0, type: 'reg' },
    ]);
  });
});
