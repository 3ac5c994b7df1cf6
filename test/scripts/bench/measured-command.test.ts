import { expect, test } from '@jest/globals';
import {
  measureCommand,
  measuredNode,
  medianOf,
  readChildTimes,
} from '../../../scripts/bench/measured-command.ts';

test.each([
  ['dash', 'process 7\n0m0.010000s 0m0.020000s\n1m2.250000s 0m0.500000s\n', 62.75],
  ['bash', 'process 7\n0m0.001s 0m0.002s\n0m1.250s 2m0.250s\n', 121.5],
  [
    'a shell after the output of a Node program',
    'process 7\n{"cpuSeconds":9}0m0.01s 0m0.02s\n0m0.50s 0m0.25s\n',
    0.75,
  ],
])('reads the times of the children as printed by %s', (_, report, seconds) => {
  expect(readChildTimes(report)).toBeCloseTo(seconds, 6);
});

test('rejects a report without times', () => {
  expect(() => readChildTimes('process 7\n')).toThrow("the shell's times");
});

test('a program that is busy for half a second takes at least that long', async () => {
  const program = `
    const used = () => process.cpuUsage().user + process.cpuUsage().system;
    const end = used() + 5e5;
    while (used() < end);
    console.log('done');`;
  let output = '';
  const measured = await measureCommand([...measuredNode, '--eval', program], (text) => (output += text));
  expect(measured.cpuSeconds).toBeGreaterThan(0.45);
  expect(measured.wallSeconds).toBeGreaterThan(0.45);
  expect(output).toBe('done\n');
});

test('a brief peak of 200 MiB at the end of a program is measured', async () => {
  const program = 'setTimeout(() => Buffer.alloc(200 * 1024 * 1024, 1), 50)';
  const { peakMemoryMebibytes } = await measureCommand([...measuredNode, '--eval', program]);
  expect(peakMemoryMebibytes).toBeGreaterThan(200);
  expect(peakMemoryMebibytes).toBeLessThan(400);
});

test("the time of a program's child processes is counted", async () => {
  const program = `const used = () => process.cpuUsage().user; while (used() < 2e5);`;
  const { cpuSeconds } = await measureCommand(['sh', '-c', `"${process.execPath}" -e "${program}"; true`]);
  expect(cpuSeconds).toBeGreaterThan(0.15);
});

test('a command that fails is not measured, and its output is quoted', async () => {
  await expect(measureCommand(['sh', '-c', 'echo no such thing >&2; exit 3'])).rejects.toThrow(
    /exit 3 ended with 3:\nno such thing/,
  );
});

test('each figure has its own median, which for memory covers only the runs that report it', () => {
  expect(
    medianOf([
      { cpuSeconds: 1, wallSeconds: 30, peakMemoryMebibytes: undefined },
      { cpuSeconds: 3, wallSeconds: 10, peakMemoryMebibytes: 7 },
      { cpuSeconds: 2, wallSeconds: 20, peakMemoryMebibytes: 7 },
    ]),
  ).toEqual({ cpuSeconds: 2, wallSeconds: 20, peakMemoryMebibytes: 7 });
});
