import { afterEach, describe, expect, test } from '@jest/globals';
import { printTable } from '../../lambda-src/terminal/table.ts';

const head = ['layer', 'size', 'name'];
const rows = [
  ['sha256:0123456789ab', '1.0 MiB', 'usr/lib/libc.so.6'],
  ['sha256:cdef', '12 B', '文件'],
];

describe('a table', () => {
  test('has columns as wide as their content, with numbers aligned right', () => {
    expect(printTable(head, rows).split('\n')).toEqual([
      '  layer                   size  name',
      '  sha256:0123456789ab  1.0 MiB  usr/lib/libc.so.6',
      '  sha256:cdef             12 B  文件',
    ]);
  });

  test('cuts the longest cells if the table is too wide', () => {
    expect(printTable(head, rows, 2, 40).split('\n')).toEqual([
      '  layer             size  name',
      '  sha256:01234…  1.0 MiB  usr/lib/libc.…',
      '  sha256:cdef       12 B  文件',
    ]);
  });

  test('becomes paragraphs without empty cells if cutting is not enough', () => {
    expect(
      printTable(
        head,
        [
          ['sha256:0123456789ab', '', 'a'],
          ['b', '1', 'c'],
        ],
        2,
        20,
      ).split('\n'),
    ).toEqual(['  layer: sha256:012…', '  name: a', '', '  layer: b', '  size: 1', '  name: c']);
  });

  test('aligns wide characters', () => {
    expect(
      printTable(
        ['name', 'x'],
        [
          ['文件', 'a'],
          ['ab', 'b'],
        ],
      ).split('\n'),
    ).toEqual(['  name  x', '  文件  a', '  ab    b']);
  });

  test('hides control characters', () => {
    expect(printTable(['name'], [['\u001b[2Jgone\n']])).toBe('  name\n  ?[2Jgone?');
  });

  test('may have rows with fewer cells than columns', () => {
    const rows = [['x', '7', 'y'], ['z']];
    expect(printTable(['a', 'size', 'b', 'c'], rows).split('\n')).toEqual([
      '  a  size  b  c',
      '  x     7  y',
      '  z',
    ]);
  });

  test('shows the number of omitted rows', () => {
    expect(printTable(['name'], [['a']], 3)).toMatch(/\n {2}… and 2 more \(--json shows all\)$/);
    expect(printTable(['name'], [['a']], 1)).not.toContain('more');
  });
});

describe('the width of a table without a given one', () => {
  const columns = process.env['COLUMNS'];
  afterEach(() => {
    if (columns === undefined) delete process.env['COLUMNS'];
    else process.env['COLUMNS'] = columns;
  });

  const longRow = [['x'.repeat(300)]];

  test('is that of COLUMNS', () => {
    process.env['COLUMNS'] = '40';
    expect(printTable(['name'], longRow)).toBe(`  name\n  ${'x'.repeat(37)}…`);
    process.env['COLUMNS'] = '1';
    expect(printTable(['name'], longRow)).not.toContain('x');
    process.env['COLUMNS'] = '400';
    expect(printTable(['name'], longRow)).toBe(`  name\n  ${'x'.repeat(300)}`);
  });

  test.each(['0', '-5', '40.5', 'wide', ''])(
    'is not that of COLUMNS=%j, which is not a valid width',
    (text) => {
      process.env['COLUMNS'] = text;
      const { isTTY } = process.stdout;
      process.stdout.isTTY = false;
      try {
        expect(printTable(['name'], longRow)).toBe(`  name\n  ${'x'.repeat(300)}`);
      } finally {
        process.stdout.isTTY = isTTY;
      }
    },
  );

  test('is that of the terminal that standard output is, if it is known', () => {
    delete process.env['COLUMNS'];
    const { isTTY, columns: width } = process.stdout;
    process.stdout.isTTY = true;
    try {
      process.stdout.columns = 40;
      expect(printTable(['name'], longRow)).toBe(`  name\n  ${'x'.repeat(37)}…`);
      process.stdout.columns = 0;
      expect(printTable(['name'], longRow)).toBe(`  name\n  ${'x'.repeat(300)}`);
    } finally {
      process.stdout.isTTY = isTTY;
      process.stdout.columns = width;
    }
  });
});

describe('a narrow table', () => {
  test('has cells of at least twelve columns', () => {
    const cells = [['a'.repeat(20), 'b'.repeat(14)]];
    expect(printTable(['x', 'y'], cells, 1, 28)).toBe(
      `  x             y\n  ${'a'.repeat(11)}…  ${'b'.repeat(11)}…`,
    );
    expect(printTable(['x', 'y'], cells, 1, 27)).toBe(`  x: ${'a'.repeat(20)}\n  y: ${'b'.repeat(14)}`);
  });
});

test('a column is aligned right only if it has a number in every filled cell', () => {
  const rows = [
    ['7', '', '1,234.5', '45 %', '1.0 GiB', '12 B', 'x'],
    ['12', '', '', '7 %', '1.0 EiB', '7', '1'],
  ];
  expect(printTable(['count', 'empty', 'n', 'share', 'size', 'bytes', 'other'], rows).split('\n')).toEqual([
    '  count  empty        n  share  size     bytes  other',
    '      7         1,234.5   45 %  1.0 GiB   12 B  x',
    '     12                    7 %  1.0 EiB      7  1',
  ]);
});
