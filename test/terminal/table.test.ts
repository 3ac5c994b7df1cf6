import { describe, expect, test } from '@jest/globals';
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

  test('shows the number of omitted rows', () => {
    expect(printTable(['name'], [['a']], 3)).toMatch(/\n {2}… and 2 more \(--json shows all\)$/);
    expect(printTable(['name'], [['a']], 1)).not.toContain('more');
  });
});
