import { expect, test } from '@jest/globals';
import { drawChart } from '../../../scripts/bench/chart.ts';

const group = {
  title: 'Wall time',
  unit: 's',
  bars: [
    { label: 'ours', value: 1, ours: true },
    { label: 'theirs', value: 4, ours: false },
    { label: '<&>', value: 2, ours: false },
  ],
};

function barsOf(svg: string): readonly (readonly [string, number, number])[] {
  return [...svg.matchAll(/<rect class="(\w+)" x="\d+" y="(\d+)" width="([\d.]+)"/g)].map(
    ([, kind, y, width]) => [kind!, Number(y), Number(width)] as const,
  );
}

test('bars are proportional to their values within their group', () => {
  const svg = drawChart('title', 'description', [group, { ...group, bars: group.bars.slice(0, 1) }], 'light');
  const bars = barsOf(svg);
  const longest = bars[1]![2];
  expect(bars.map(([kind, , width]) => [kind, width / longest])).toEqual([
    ['ours', 0.25],
    ['other', 1],
    ['other', 0.5],
    ['ours', 1],
  ]);
});

test('bars do not overlap, and all are inside the picture', () => {
  const svg = drawChart('title', 'description', [group, group], 'light');
  const rows = barsOf(svg).map(([, y]) => y);
  expect(new Set(rows).size).toBe(6);
  for (const [index, y] of rows.entries())
    if (index > 0) expect(y - rows[index - 1]!).toBeGreaterThanOrEqual(18);
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg)!.map(Number);
  expect(rows.at(-1)! + 18).toBeLessThanOrEqual(height!);
  for (const [, , length] of barsOf(svg)) expect(262 + length + 80).toBeLessThanOrEqual(width!);
});

test('labels are escaped', () => {
  const svg = drawChart('a < b', 'c & d', [group], 'light');
  expect(svg).toContain('>&lt;&amp;&gt;</text>');
  expect(svg).toContain('<title id="title">a &lt; b</title>');
  expect(svg).toContain('c &amp; d');
});

test('the dark version differs only in its colors', () => {
  const [light, dark] = (['light', 'dark'] as const).map((scheme) =>
    drawChart('title', 'description', [group], scheme),
  );
  const withoutStyle = (svg = '') => svg.replace(/<style>[^]*<\/style>/, '');
  expect(dark).not.toBe(light);
  expect(withoutStyle(dark)).toBe(withoutStyle(light));
});
