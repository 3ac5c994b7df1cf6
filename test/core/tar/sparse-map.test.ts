// GNU sparse files as Go's archive/tar reads them.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import type { TarEntry } from '../../../lambda-src/core/tar/entry.ts';
import { readLastEntry, readTar } from '../../helpers/read-tar.ts';
import { TarWriter, blockBytes, paxRecord } from '../../helpers/tar-writer.ts';

/** Reads a file with these records, whose keys follow `GNU.sparse.`; its own header is at byte 1024. */
function readSparse(values: Record<string, string>, content = ''): TarEntry {
  const records = Object.entries(values).map(([key, value]) => paxRecord(`GNU.sparse.${key}`, value));
  return readLastEntry(new TarWriter().pax(...records).entry({ name: 'holes' }, content));
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

test.each<[Record<string, string>, string | undefined]>([
  [{}, undefined],
  [{ major: '0', minor: '0' }, 'in the records'],
  [{ major: '0', minor: '1' }, 'in the records'],
  [{ major: '1', minor: '0' }, 'before the data'],
  [{ map: '0,1' }, 'in the records'],
  [{ map: '' }, undefined],
  [{ major: '', minor: '', map: '0,1' }, 'in the records'],
  [{ numblocks: '1' }, undefined],
  [{ major: '1', minor: '1', map: '0,1' }, undefined],
  [{ major: '0', minor: '2', map: '0,1' }, undefined],
  [{ major: '2', minor: '0', map: '0,1' }, undefined],
  [{ major: '1', map: '0,1' }, undefined],
  [{ minor: '0', map: '0,1' }, undefined],
  [{ major: '01', minor: '0', map: '0,1' }, undefined],
])('the map of a file with records %j is %s', (values, place) => {
  // Makes the map valid, wherever it is.
  const numblocks = (values['map'] ?? '') === '' ? '0' : '1';
  const entry = readSparse(
    { numblocks, ...values, name: 'real', realsize: '7' },
    '0\n'.padEnd(blockBytes, '\0'),
  );
  const isBeforeData = entry.uncompressedOffset > 1536;
  const found =
    text(entry.name) === 'real' ? (isBeforeData ? 'before the data' : 'in the records') : undefined;
  expect(found).toBe(place);
  expect(entry.uncompressedSize).toBe(found === undefined ? BigInt(blockBytes) : 7n);
  expect(entry.inArchive!.storedSize).toBe(found === 'before the data' ? 0n : BigInt(blockBytes));
});

describe('name and size', () => {
  function apply(values: Record<string, string>): [string, bigint] {
    const { name, uncompressedSize } = readSparse(
      { major: '1', minor: '0', ...values },
      '0\n'.padEnd(512, '\0'),
    );
    return [text(name), uncompressedSize];
  }

  test.each<[Record<string, string>, [string, bigint]]>([
    [{}, ['holes', 512n]],
    [{ name: '', size: '', realsize: '' }, ['holes', 512n]],
    [{ name: 'real' }, ['real', 512n]],
    [{ size: '7' }, ['holes', 7n]],
    [{ realsize: '8' }, ['holes', 8n]],
    [{ size: '7', realsize: '8' }, ['holes', 7n]],
    [{ size: '', realsize: '8' }, ['holes', 8n]],
  ])('come from the records %j', (values, expected) => {
    expect(apply(values)).toEqual(expected);
  });

  test('are rejected if the size is not a number', () => {
    expect(() => apply({ name: 'real', realsize: '7x' })).toThrow(
      new FormatError(
        'tar',
        'entry "real": its sparse map is invalid: its real size is not a number: "7x"',
        1024,
      ),
    );
  });
});

/** Maps of a file of 100 bytes: the number of fragments, then their offsets and lengths. */
const goodMaps: [string, string[]][] = [
  ['0', []],
  ['1', ['0', '100']],
  ['1', ['100', '0']],
  ['2', ['0', '50', '50', '50']],
  ['2', ['5', '0', '5', '0']],
  ['3', ['1', '2', '10', '20', '90', '5']],
  ['+1', ['+1', '002']],
];

const badMaps: [string, string[], RegExp][] = [
  ['-1', [], /fragments/],
  ['x', [], /fragments/],
  ['', [], /fragments/],
  ['1', ['0', '101'], /fragment 0, 101 bytes at 0, is out/],
  ['1', ['1', '100'], /fragment 0, 100 bytes at 1, is out/],
  ['1', ['101', '0'], /fragment 0, 0 bytes at 101, is out/],
  ['1', ['-1', '5'], /fragment 0, 5 bytes at -1, is out/],
  ['1', ['5', '-1'], /fragment 0, -1 bytes at 5, is out/],
  ['1', ['9223372036854775807', '1'], /is out/],
  ['2', ['0', '51', '50', '10'], /fragment 1, 10 bytes at 50, is out/],
  ['2', ['50', '10', '0', '10'], /fragment 1, 10 bytes at 0, is out/],
  ['1', ['x', '5'], /fragment 0 has no offset or no length/],
  ['2', ['0', '5', '10', ''], /fragment 1 has no offset or no length/],
];

describe('a map in the records', () => {
  function check(values: Record<string, string>, size = 100): void {
    readSparse({ major: '0', minor: '1', ...values, realsize: String(size) });
  }

  test.each(goodMaps)('of %s fragments %j is valid', (numblocks, numbers) => {
    expect(() => {
      check({ numblocks, map: numbers.join(',') });
    }).not.toThrow();
  });

  test.each<[string, string[], RegExp]>([
    ...badMaps,
    ['1', [], /0 numbers for "1" fragments/],
    ['0', ['0', '1'], /2 numbers for "0" fragments/],
    ['1', ['0', '1', ''], /3 numbers for "1" fragments/],
    ['2', ['0', '1', '2'], /3 numbers for "2" fragments/],
    ['9223372036854775807', ['0', '1'], /2 numbers/],
  ])('of %s fragments %j is rejected', (numblocks, numbers, problem) => {
    const act = (): void => {
      check({ numblocks, map: numbers.join(',') });
    };
    expect(act).toThrow(FormatError);
    expect(act).toThrow(problem);
    expect(act).toThrow(/^tar: entry "holes": its sparse map is invalid: .*\(at byte 1024\)$/);
  });

  test('is rejected without a count', () => {
    expect(() => {
      check({ map: '0,1' });
    }).toThrow(/2 numbers for "" fragments/);
  });

  test('is rejected if the file has a negative size', () => {
    expect(() => {
      check({ numblocks: '0' }, -1);
    }).toThrow(/the file's size is -1/);
  });
});

describe('a map before the data', () => {
  /** Returns how many blocks a map takes, the last one padded, or -1 if the data ends before the map. */
  function countBlocks(map: string, filler = '\0'): number {
    const content = map.padEnd(Math.ceil(map.length / blockBytes) * blockBytes, filler);
    try {
      const { uncompressedOffset } = readSparse({ major: '1', minor: '0', realsize: '100' }, content);
      return (uncompressedOffset - 1536) / blockBytes;
    } catch (error) {
      if (error instanceof FormatError && error.message.includes('its data ends before its sparse map does'))
        return -1;
      throw error;
    }
  }

  const lines = (count: string, numbers: string[]): string => [count, ...numbers, ''].join('\n');

  test.each(goodMaps)('of %s fragments %j is complete after its first block', (count, numbers) => {
    expect(countBlocks(lines(count, numbers))).toBe(1);
  });

  test.each(badMaps)('of %s fragments %j is rejected', (count, numbers, problem) => {
    const act = (): unknown => countBlocks(lines(count, numbers));
    expect(act).toThrow(FormatError);
    expect(act).toThrow(problem);
    expect(act).toThrow(/^tar: entry "holes": its sparse map is invalid: .*\(at byte 1024\)$/);
  });

  test('is incomplete until its last line is complete', () => {
    expect(countBlocks('1\n5\n10')).toBe(-1);
    expect(countBlocks('1\n5\n')).toBe(-1);
    expect(countBlocks('1')).toBe(-1);
  });

  test('ends with the block of its last newline, whatever follows in that block', () => {
    expect(countBlocks('1\n5\n10\nrubbish', '\n')).toBe(1);
  });

  test('may have a line that crosses a block boundary', () => {
    const count = '1'.padStart(510, '0');
    expect(countBlocks(`${count}\n5\n10\n`)).toBe(2);
    expect(countBlocks(`${'1'.padStart(511, '0')}\n5\n10\n`)).toBe(2);
    expect(countBlocks(`${'1'.padStart(512, '0')}\n5\n10\n`)).toBe(2);
    expect(countBlocks(`${'1'.padStart(1600, '0')}\n5\n10\n`)).toBe(4);
  });

  test('may have many blocks', () => {
    const count = 10_000;
    const map = lines(String(count), Array.from({ length: count }, () => ['100', '0']).flat());
    expect(countBlocks(`${map}rubbish`)).toBe(Math.ceil(map.length / blockBytes));
  });

  test('may have 1 MiB, and is rejected if it is longer', () => {
    const mebibyte = 1 << 20;
    expect(countBlocks(`${'0'.repeat(mebibyte - 1)}\n`)).toBe(2048);
    expect(() => countBlocks(`${'0'.repeat(mebibyte)}\n`)).toThrow(/more than 1048576 bytes/);
  });

  test('may arrive one byte at a time', () => {
    const writer = new TarWriter()
      .pax(
        paxRecord('GNU.sparse.major', '1'),
        paxRecord('GNU.sparse.minor', '0'),
        paxRecord('GNU.sparse.realsize', '100'),
      )
      .entry({ name: 'holes', userName: 'user' }, `${'1'.padStart(511, '0')}\n5\n10\n`.padEnd(1024, '\0'));
    const { entries } = readTar(writer.bytes(), 1);
    expect(entries.at(0)).toEqual(readLastEntry(writer));
    expect(text(entries.at(0).userName)).toBe('user');
  });

  test('with an impossible number of fragments is rejected only when the data ends', () => {
    expect(countBlocks('9223372036854775807\n')).toBe(-1);
  });
});
