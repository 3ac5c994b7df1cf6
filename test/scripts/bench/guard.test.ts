import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { judge } from '../../../scripts/bench/guard.ts';

const record = { cpu: 1, wall: 0.8 };

test.each<[string, number, number, number, readonly RegExp[]]>([
  ['the recorded values', 1, 0.8, 120, []],
  ['faster', 0.5, 0.4, 120, []],
  ['slightly less than a fifth worse', 1.19, 0.95, 160, []],
  ['more than a fifth worse in CPU time', 1.21, 0.8, 120, [/^cpu time is 1\.21 times .* limit is 1\.20/]],
  ['more than a fifth worse in wall time', 1, 0.97, 120, [/^wall time is 0\.97 times .* limit is 0\.96/]],
  ['too large', 1, 0.8, 161, [/^peak memory is 161 MiB/]],
  ['worse in every respect', 2, 2, 500, [/^cpu/, /^wall/, /^peak/]],
])('judges %s', (_, cpu, wall, peakMebibytes, expected) => {
  const faults = judge({ ratios: { cpu, wall }, peakMebibytes, disturbance: 1.1 }, record, 2);
  expect(faults).toHaveLength(expected.length);
  expected.forEach((pattern, index) => {
    expect(faults[index]).toMatch(pattern);
  });
});

test('with one processor, does not judge the wall time, which two processors shorten', () => {
  const measured = { ratios: { cpu: 1, wall: 1.1 }, peakMebibytes: 100, disturbance: 1 };
  expect(judge(measured, record, 2)).toHaveLength(1);
  expect(judge(measured, record, 1)).toEqual([]);
});

test('on a busy machine, judges only the CPU time', () => {
  const measured = { ratios: { cpu: 1.5, wall: 1.5 }, peakMebibytes: 100 };
  expect(judge({ ...measured, disturbance: 1.15 }, record, 2)).toHaveLength(2);
  expect(judge({ ...measured, disturbance: 1.16 }, record, 2)).toEqual([expect.stringMatching(/^cpu/)]);
});

test('the record has both ratios', () => {
  const path = join(__dirname, '..', '..', '..', 'scripts', 'bench', 'record.json');
  const { cpu, wall } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, number>;
  expect(cpu).toBeGreaterThan(0.3);
  expect(cpu).toBeLessThan(1.5);
  expect(wall).toBeGreaterThan(0.3);
  expect(wall).toBeLessThan(1.5);
});
