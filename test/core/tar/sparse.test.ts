// GNU sparse files as Go's archive/tar reads them.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import { decodeHeader } from '../../../lambda-src/core/tar/header.ts';
import type { TarHeader } from '../../../lambda-src/core/tar/header.ts';
import { parsePaxRecords } from '../../../lambda-src/core/tar/pax.ts';
import type { PaxRecords } from '../../../lambda-src/core/tar/pax.ts';
import {
  SparseMapBlocks,
  applySparseRecords,
  checkSparseMapRecord,
  findSparseMap,
} from '../../../lambda-src/core/tar/sparse.ts';
import { TarWriter, blockBytes, latin1, paxRecord } from '../../helpers/tar-writer.ts';

function makeHeader(size = 0): TarHeader {
  return decodeHeader(new TarWriter().header({ name: 'holes', size }).bytes(), 0);
}

/** Records of the keys after `GNU.sparse.` */
function makeRecords(values: Record<string, string>): PaxRecords {
  const records = Object.entries(values).map(([key, value]) => paxRecord(`GNU.sparse.${key}`, value));
  return parsePaxRecords(latin1(records.join('')), 0);
}

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
  expect(findSparseMap(makeRecords(values))).toBe(place);
});

describe('name and size', () => {
  function apply(values: Record<string, string>): [string, bigint] {
    const header = makeHeader(512);
    applySparseRecords(header, makeRecords(values), 1024);
    return [Buffer.from(header.name).toString(), header.size];
  }

  test.each<[Record<string, string>, [string, bigint]]>([
    [{}, ['holes', 512n]],
    [{ name: '', size: '', realsize: '' }, ['holes', 512n]],
    [{ name: 'real' }, ['real', 512n]],
    [{ size: '7' }, ['holes', 7n]],
    [{ realsize: '8' }, ['holes', 8n]],
    [{ size: '7', realsize: '8' }, ['holes', 7n]],
    [{ size: '', realsize: '8' }, ['holes', 8n]],
    [{ size: '-1' }, ['holes', -1n]],
  ])('come from the records %j', (values, expected) => {
    expect(apply(values)).toEqual(expected);
  });

  test('are refused if the size is no number', () => {
    expect(() => apply({ name: 'real', realsize: '7x' })).toThrow(
      new FormatError('tar', 'entry "real": its sparse map is wrong: its real size is no number: "7x"', 1024),
    );
  });
});

/** Maps of a file of 100 bytes: a count of fragments, and their numbers. */
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
    checkSparseMapRecord(makeHeader(size), makeRecords(values), 1024);
  }

  test.each(goodMaps)('of %s fragments %j passes', (numblocks, numbers) => {
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
  ])('of %s fragments %j is refused', (numblocks, numbers, problem) => {
    const act = (): void => {
      check({ numblocks, map: numbers.join(',') });
    };
    expect(act).toThrow(FormatError);
    expect(act).toThrow(problem);
    expect(act).toThrow(/^tar: entry "holes": its sparse map is wrong: .*\(at byte 1024\)$/);
  });

  test('is refused without a count', () => {
    expect(() => {
      check({ map: '0,1' });
    }).toThrow(/2 numbers for "" fragments/);
  });

  test('is refused if the file has a negative size', () => {
    const header = { ...makeHeader(), size: -1n };
    expect(() => {
      checkSparseMapRecord(header, makeRecords({ numblocks: '0' }), 0);
    }).toThrow(/the file's size is -1/);
  });
});

describe('a map before the data', () => {
  /** Pushes the text in blocks, the last one filled up, until the map is complete; returns how many blocks it took. */
  function pushAll(map: string, filler = '\0'): number {
    const blocks = new SparseMapBlocks(makeHeader(100), 1024);
    const bytes = latin1(map.padEnd(Math.ceil(map.length / blockBytes) * blockBytes, filler));
    const block = new Uint8Array(blockBytes);
    for (let at = 0; at < bytes.length; at += blockBytes) {
      block.set(bytes.subarray(at, at + blockBytes));
      if (blocks.push(block)) {
        return at / blockBytes + 1;
      }
    }
    return -1;
  }

  const lines = (count: string, numbers: string[]): string => [count, ...numbers, ''].join('\n');

  test.each(goodMaps)('of %s fragments %j is complete with its first block', (count, numbers) => {
    expect(pushAll(lines(count, numbers))).toBe(1);
  });

  test.each(badMaps)('of %s fragments %j is refused', (count, numbers, problem) => {
    const act = (): unknown => pushAll(lines(count, numbers));
    expect(act).toThrow(FormatError);
    expect(act).toThrow(problem);
    expect(act).toThrow(/^tar: entry "holes": its sparse map is wrong: .*\(at byte 1024\)$/);
  });

  test('is not complete before its last line is', () => {
    expect(pushAll('1\n5\n10')).toBe(-1);
    expect(pushAll('1\n5\n')).toBe(-1);
    expect(pushAll('1')).toBe(-1);
  });

  test('ends with the block of its last newline, whatever follows there', () => {
    expect(pushAll('1\n5\n10\nrubbish', '\n')).toBe(1);
  });

  test('may have a line on both sides of a block boundary', () => {
    const count = '1'.padStart(510, '0');
    expect(pushAll(`${count}\n5\n10\n`)).toBe(2);
    expect(pushAll(`${'1'.padStart(511, '0')}\n5\n10\n`)).toBe(2);
    expect(pushAll(`${'1'.padStart(512, '0')}\n5\n10\n`)).toBe(2);
    expect(pushAll(`${'1'.padStart(1600, '0')}\n5\n10\n`)).toBe(4);
  });

  test('may be of many blocks', () => {
    const count = 10_000;
    const map = lines(String(count), Array.from({ length: count }, () => ['100', '0']).flat());
    expect(pushAll(`${map}rubbish`)).toBe(Math.ceil(map.length / blockBytes));
  });

  test('of 1 MiB passes, and one block more is refused', () => {
    const mebibyte = 1 << 20;
    expect(pushAll(`${'0'.repeat(mebibyte - 1)}\n`)).toBe(2048);
    expect(() => pushAll(`${'0'.repeat(mebibyte)}\n`)).toThrow(/more than 1048576 bytes/);
  });

  test('of more fragments than there can be is refused only by its length', () => {
    expect(pushAll('9223372036854775807\n')).toBe(-1);
  });
});
