import { describe, expect, test } from '@jest/globals';
import type { EntryType, TarEntry } from '../../../lambda-src/core/tar/entry.ts';
import { PackedEntries } from '../../../lambda-src/core/tar/packed-entries.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

function entryOf(changes: Partial<TarEntry> = {}): TarEntry {
  return {
    name: bytes('name'),
    type: 'reg',
    uncompressedOffset: 512,
    uncompressedSize: 0n,
    linkName: bytes(''),
    mode: 0o644n,
    uid: 0,
    gid: 0,
    userName: bytes(''),
    groupName: bytes(''),
    modificationTime: '2023-11-14T22:13:20Z',
    deviceMajor: 0n,
    deviceMinor: 0n,
    paxRecords: [],
    ...changes,
  };
}

function contentsOf(...entries: readonly TarEntry[]): PackedEntries {
  const contents = new PackedEntries();
  for (const entry of entries) contents.add(entry);
  return contents;
}

describe('packed entries', () => {
  const types: readonly EntryType[] = ['reg', 'hardlink', 'symlink', 'char', 'block', 'dir', 'fifo'];
  test.each(types)('of type %s keep extreme numbers', (type) => {
    const entry = entryOf({
      type,
      uncompressedOffset: 2 ** 53 - 1,
      uncompressedSize: 2n ** 63n - 1n,
      mode: -(2n ** 63n),
      uid: 2 ** 32 - 1,
      gid: 7,
      deviceMajor: -1n,
      deviceMinor: 2n ** 40n,
      userName: bytes('user'),
      groupName: bytes('group'),
      linkName: bytes('link'),
      paxRecords: [
        { key: bytes('a'), value: Uint8Array.of(0, 255) },
        { key: bytes('b'), value: bytes('') },
      ],
    });
    expect([...contentsOf(entry)]).toEqual([entry]);
  });

  test('can span many chunks, including an entry larger than a chunk', () => {
    const entries = Array.from({ length: 3000 }, (_, index) =>
      entryOf({ name: bytes(`${index}`.repeat(index === 1500 ? 150_000 : 100)), uncompressedOffset: index }),
    );
    const contents = contentsOf(...entries);
    expect(contents.length).toBe(3000);
    for (const index of [0, 1, 1499, 1500, 1501, 2999]) expect(contents.at(index)).toEqual(entries[index]);
  });

  test('are copies, so the source bytes may be overwritten', () => {
    const name = bytes('before');
    const contents = contentsOf(entryOf({ name }));
    name.fill(0);
    expect(contents.at(0).name).toEqual(bytes('before'));
  });

  test('throw an error for an index out of range', () => {
    expect(() => contentsOf(entryOf()).at(1)).toThrow(RangeError);
  });
});

describe('overlapping entries, as the snapshotter defines them', () => {
  const at = (uncompressedOffset: number, uncompressedSize: bigint, type: EntryType = 'reg') =>
    entryOf({ uncompressedOffset, uncompressedSize, type, name: bytes(`at ${uncompressedOffset}`) });

  test.each<readonly [string, readonly TarEntry[], number | undefined]>([
    ['does not exist in an ordinary tar', [at(512, 1000n), at(2048, 0n), at(2560, 5n)], undefined],
    ['does not exist if data fills its blocks', [at(512, 1024n), at(1536, 0n)], undefined],
    ['follows a link with a size', [at(512, 1n, 'symlink'), at(1023, 0n)], 1023],
    ['starts one byte inside the padding of the previous entry', [at(512, 513n), at(1535, 0n)], 1535],
    ['follows a directory with a size of 63 bits', [at(512, 2n ** 63n - 1n, 'dir'), at(1024, 0n)], 1024],
  ])('the first overlap %s', (_, entries, overlapAt) => {
    expect(contentsOf(...entries).findOverlap()?.uncompressedOffset).toBe(overlapAt);
  });
});
