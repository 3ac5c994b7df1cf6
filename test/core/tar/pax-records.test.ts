// PAX records as Go's archive/tar reads them.
import { describe, expect, test } from '@jest/globals';
import { FormatError } from '../../../lambda-src/core/errors.ts';
import type { TarEntry } from '../../../lambda-src/core/tar/entry.ts';
import { createRandom } from '../../helpers/random.ts';
import { readLastEntry } from '../../helpers/read-tar.ts';
import { TarWriter, paxRecord } from '../../helpers/tar-writer.ts';

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

/** Returns the records in the order in which a zTOC stores them. The header of their `x` entry is at byte 512. */
function parse(area: string): [string, string][] {
  const { paxRecords } = readLastEntry(new TarWriter().entry({}).pax(area).entry({ type: '5' }));
  return paxRecords.map(({ key, value }) => [text(key), text(value)]);
}

test.each<[string, string, [string, string][]]>([
  ['none', '', []],
  ['the shortest', '5 k=\n', [['k', '']]],
  ['one', '9 k=text\n', [['k', 'text']]],
  [
    'two, sorted',
    '6 z=1\n6 a=2\n',
    [
      ['a', '2'],
      ['z', '1'],
    ],
  ],
  ['two with the same key, of which the last wins', '6 k=1\n6 k=2\n', [['k', '2']]],
  [
    'keys that are not UTF-8, sorted as bytes',
    '6 \xff=1\n7 \xc3\xa9=2\n6 z=3\n',
    [
      ['z', '3'],
      ['\xc3\xa9', '2'],
      ['\xff', '1'],
    ],
  ],
  [
    'a key that is a prefix of another',
    '7 ab=1\n6 a=2\n',
    [
      ['a', '2'],
      ['ab', '1'],
    ],
  ],
  ['a value with an equals sign', '8 k=a=b\n', [['k', 'a=b']]],
  ['a value with a newline', '8 k=a\nb\n', [['k', 'a\nb']]],
  ['a value with a NUL and bytes that are not text', '8 k=\0\xff\0\n', [['k', '\0\xff\0']]],
  ['a key with spaces', '8  k =v\n', [[' k ', 'v']]],
  ['a key with a newline', '7 k\n=v\n', [['k\n', 'v']]],
  ['a length with leading zeros', '008 k=v\n', [['k', 'v']]],
  ['a length with a plus sign', '+7 k=v\n', [['k', 'v']]],
  ['an empty field value', '8 path=\n', [['path', '']]],
  ['a length of three digits', `106 k=${'v'.repeat(99)}\n`, [['k', 'v'.repeat(99)]]],
])('reads records: %s', (_, area, expected) => {
  expect(parse(area)).toEqual(expected);
});

test.each<[string, string, RegExp]>([
  ['only a length', '5', /does not begin with its length/],
  ['no space after the length', '5k=\n\n', /does not begin with its length/],
  ['no length', ' k=v\n', /does not begin with its length/],
  ['a length that is not a number', '6x k=v\n', /does not begin with its length/],
  ['a length of more than 64 bits', '99999999999999999999 k=v\n', /does not begin with its length/],
  ['padding with NULs', '6 k=v\n\0\0\0\0\0\0', /does not begin with its length/],
  ['a newline between records', '6 k=v\n\n6 k=v\n', /does not begin with its length/],
  ['a length below the minimum', '4 k=\n', /has an impossible length/],
  ['a length of zero', '0 k=v\n', /has an impossible length/],
  ['a negative length', '-6 k=v\n', /has an impossible length/],
  ['a length one too long', '7 k=v\n', /has an impossible length/],
  ['a length one too long in the second record', '6 k=v\n7 k=v\n', /has an impossible length/],
  ['a length far beyond the data', '9223372036854775807 k=v\n', /has an impossible length/],
  ['a length one too short', '6 k=vv\n', /does not end with a newline/],
  ['a length shorter than its own digits', '000005 k=v\n', /does not end with a newline/],
  ['a length of only its own digits', '00005 k=v\n', /does not end with a newline/],
  ['no newline at the end', '6 k=vv', /does not end with a newline/],
  ['an empty record', '00006 \n', /does not end with a newline/],
  ['no equals sign', '6 key\n', /no equals sign/],
  ['an equals sign only in the next record', '5 ke\n6 k=v\n', /no equals sign/],
  ['no key', '6 =vv\n', /has no key/],
  ['a key with a NUL', '7 k\0=v\n', /contains a NUL/],
  ['a path with a NUL', paxRecord('path', 'a\0b'), /contains a NUL/],
  ['a linkpath with a NUL', paxRecord('linkpath', '\0'), /contains a NUL/],
  ['a uname with a NUL', paxRecord('uname', 'root\0'), /contains a NUL/],
  ['a gname with a NUL', paxRecord('gname', 'root\0'), /contains a NUL/],
])('rejects records for %s', (_, area, problem) => {
  const act = (): unknown => parse(area);
  expect(act).toThrow(FormatError);
  expect(act).toThrow(problem);
  expect(act).toThrow(/\(at byte 512\)$/);
});

test('a record whose length leaves room only for its newline has no equals sign', () => {
  expect(() => parse('00007 \n')).toThrow(/no equals sign/);
});

test('sorts records and keeps the last one for each key', () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = createRandom(seed);
    const records = Array.from({ length: 2 + random.below(40) }, (_, index) => [
      `k${random.below(30)}`,
      `${index}`,
    ]);
    const area = records.map(([key, value]) => paxRecord(key!, value!)).join('');
    const expected = [...new Map(records.map(([key, value]) => [key, value]))].toSorted(([left], [right]) =>
      left! < right! ? -1 : 1,
    );
    expect([seed, parse(area)]).toEqual([seed, expected]);
  }
});

test('reads as many records as fit, and keeps the last one for a repeated key', () => {
  const distinct = Array.from({ length: 100_000 }, (_, number) => paxRecord(number.toString(36), '')).join(
    '',
  );
  expect(parse(distinct)).toHaveLength(100_000);
  expect(parse('6 k=v\n'.repeat(174_762))).toEqual([['k', 'v']]);
});

describe('GNU sparse 0.0', () => {
  const offset = (value: string): string => paxRecord('GNU.sparse.offset', value);
  const bytes = (value: string): string => paxRecord('GNU.sparse.numbytes', value);

  test.each<[string, string, string]>([
    ['one fragment', offset('1') + bytes('2'), '1,2'],
    [
      'three fragments',
      offset('1') + bytes('2') + offset('3') + bytes('4') + offset('5') + bytes('6'),
      '1,2,3,4,5,6',
    ],
    ['half a fragment', offset('1'), '1'],
    ['invalid numbers', offset('x') + bytes(''), 'x,'],
    ['one empty offset', offset(''), ''],
    ['followed by a map of format 0.1', offset('1') + bytes('2') + paxRecord('GNU.sparse.map', '7,8'), '1,2'],
    ['preceded by a map of format 0.1', paxRecord('GNU.sparse.map', '7,8') + offset('1') + bytes('2'), '1,2'],
  ])('becomes a map of format 0.1: %s', (_, area, map) => {
    // The map is not checked if the format is unknown.
    const unknown = paxRecord('GNU.sparse.major', '2') + paxRecord('GNU.sparse.minor', '0');
    expect(parse(area + unknown)).toEqual([
      ['GNU.sparse.major', '2'],
      ['GNU.sparse.map', map],
      ['GNU.sparse.minor', '0'],
    ]);
  });

  test.each<[string, string]>([
    ['a length without its offset', bytes('1')],
    ['two offsets', offset('1') + offset('2')],
    ['two lengths', offset('1') + bytes('2') + bytes('3')],
    ['a comma in an offset', offset('1,2')],
    ['a comma in a length', offset('1') + bytes('2,3')],
  ])('is rejected for %s', (_, area) => {
    expect(() => parse(area)).toThrow(/PAX record GNU\.sparse\.(offset|numbytes)=".*" is out of place/);
  });
});

describe('PAX records applied to a header', () => {
  function apply(...records: string[]): TarEntry {
    const { paxRecords, ...entry } = readLastEntry(
      new TarWriter().pax(...records).header({
        name: 'a',
        linkName: 'b',
        userName: 'u',
        groupName: 'g',
        uid: 1,
        gid: 2,
        size: 3,
        mtime: 4,
        type: '2',
      }),
    );
    expect(paxRecords).toHaveLength(records.length);
    // The offsets depend on the number of records.
    return {
      ...entry,
      paxRecords: [],
      uncompressedOffset: 0,
      inArchive: { ...entry.inArchive!, headerOffset: 0 },
    };
  }

  test('set the corresponding fields', () => {
    const header = apply(
      paxRecord('path', 'path'),
      paxRecord('linkpath', 'linkpath'),
      paxRecord('uname', 'uname'),
      paxRecord('gname', 'gname'),
      paxRecord('uid', '11'),
      paxRecord('gid', '-12'),
      paxRecord('size', '+13'),
      paxRecord('mtime', '14.5'),
    );
    expect([header.name, header.linkName, header.userName, header.groupName].map(text)).toEqual([
      'path',
      'linkpath',
      'uname',
      'gname',
    ]);
    const { uid, gid, time } = header.inArchive!;
    expect([uid, gid, header.uncompressedSize]).toEqual([11n, -12n, 13n]);
    expect(time).toEqual({ seconds: 14n, nanoseconds: 500_000_000 });
  });

  test('leave the field unchanged if the value is empty', () => {
    const keys = ['path', 'linkpath', 'uname', 'gname', 'uid', 'gid', 'size', 'mtime', 'atime', 'ctime'];
    expect(apply(...keys.map((key) => paxRecord(key, '')))).toEqual(apply());
  });

  test('change nothing if they are atime, ctime or unknown', () => {
    expect(apply(paxRecord('atime', '1.5'), paxRecord('ctime', '-2'), paxRecord('mode', '7'))).toEqual(
      apply(),
    );
  });

  test.each([
    ['uid', '1x'],
    ['uid', '9223372036854775808'],
    ['gid', ' 1'],
    ['size', '1.5'],
    ['mtime', 'x'],
    ['atime', '1.x'],
    ['ctime', '.5'],
  ])('are rejected if invalid: %s=%s', (key, value) => {
    expect(() => apply(paxRecord(key, value))).toThrow(
      new FormatError('tar', `entry "a": its PAX record ${key} is invalid: "${value}"`, 1024),
    );
  });
});
