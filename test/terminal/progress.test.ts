import { describe, expect, test } from '@jest/globals';
import { describeProgress, drawBar, formatRate, Transfer } from '../../lambda-src/terminal/progress.ts';
import { displayWidth } from '../../lambda-src/terminal/terminal-text.ts';

const mebibyte = 1024 * 1024;

describe('the progress line of a layer', () => {
  test.each([
    [100, 'sha256:0123456789ab  ████████░░░░░░░░░░░░░░░░░░░░░░   25 %  10.0 MiB of 40.0 MiB      5.0 MiB/s'],
    [80, 'sha256:0123456789ab  ████░░░░░░░░░░░   25 %  10.0 MiB of 40.0 MiB      5.0 MiB/s'],
    [72, 'sha256:0123456789ab  █████░░░░░░░░░░░░░   25 %  10.0 MiB of 40.0 MiB'],
    [50, 'sha256:01234567…  ██████░░░░░░░░░░░░░░░░░░░   25 %'],
    [30, 'sha256:01…  ███░░░░░░░░   25 %'],
    [12, '25 % sha256…'],
    [5, '25 %…'],
  ])('fits into %i columns', (columns, line) => {
    const transfer = new Transfer('sha256:0123456789ab', 40 * mebibyte, 1000);
    transfer.add(4 * mebibyte);
    transfer.add(6 * mebibyte);
    const described = transfer.describe(columns, 3000);
    expect(displayWidth(described)).toBeLessThanOrEqual(columns);
    expect(described).toBe(line);
  });

  test('never exceeds the width, whatever its label', () => {
    for (const label of ['a', 'x'.repeat(300), '文件名'.repeat(40), 'a\u001b[2Jb\n']) {
      for (let columns = 1; columns <= 140; columns++) {
        const line = describeProgress(label, 1023.9 * mebibyte, 1023.9 * mebibyte, ['1023.9 MiB/s'], columns);
        expect(displayWidth(line)).toBeLessThanOrEqual(columns);

        expect(line).not.toMatch(/[\u0000-\u001f]/);
      }
    }
  });

  test('restarts at 0 for a second read', () => {
    const transfer = new Transfer('layer', 100, 0);
    transfer.add(100);
    expect(transfer.doneBytes).toBe(100);
    transfer.add(40);
    expect([transfer.doneBytes, transfer.readBytes]).toEqual([40, 140]);
    transfer.add(60);
    expect(transfer.doneBytes).toBe(100);
  });

  test('counts the bytes of each read, from none to all', () => {
    const done = (totalBytes: number, ...pieces: readonly number[]) => {
      const transfer = new Transfer('layer', totalBytes, 0);
      for (const bytes of pieces) transfer.add(bytes);
      return transfer.doneBytes;
    };
    expect([
      done(100),
      done(100, 99),
      done(100, 100),
      done(100, 100, 1),
      done(100, 200),
      done(100, 201),
    ]).toEqual([0, 99, 100, 1, 100, 1]);
    expect([done(1, 1), done(1, 2), done(0), done(0, 5)]).toEqual([1, 1, 0, 5]);
  });

  test('shows an empty layer as complete', () => {
    expect(new Transfer('layer', 0, 0).describe(80, 1)).toContain('100 %');
  });
});

test('shows 100 % only when everything is done', () => {
  expect(describeProgress('layer', 9999, 10_000, [], 80)).toContain(' 99 %');
  expect(describeProgress('layer', 10_000, 10_000, [], 80)).toContain('100 %');
});

test('shows at most 100 %', () => {
  expect(describeProgress('layer', 3, 2, [], 80)).toContain('100 %');
});

test('shows a bar of eight cells or none', () => {
  expect(describeProgress('a', 1, 1, [], 18)).toBe('a  ████████  100 %');
  expect(describeProgress('a', 1, 1, [], 17)).toBe('100 % a');
});

test('shows only words that are not empty', () => {
  expect(describeProgress('a', 1, 1, ['', 'b', '', 'c'], 80)).toBe(
    `a  ${'█'.repeat(30)}  100 %  1 B of 1 B                b  c`,
  );
});

test.each([
  [0, '░░░░'],
  [0.5, '██░░'],
  [1, '████'],
])('draws a bar of %d', (share, bar) => {
  expect(drawBar(share, 4)).toBe(bar);
});

test('shows a rate only after half a second', () => {
  expect([formatRate(1024, 499), formatRate(1024, 500)]).toEqual(['', '2.0 KiB/s']);
  expect(formatRate(1023, 1000)).toBe('1023 B/s');
});
