import { expect, test } from '@jest/globals';
import { findBalancedMemory, modelLambdaCost } from '../../../scripts/bench/cost-model.ts';

/** 8 CPU seconds per GiB, with at most two threads busy. */
const work = { cpuSecondsPerGib: 8, parallelism: 2, overlapsDownload: true };
/** One GiB in 10 seconds. */
const network = 107.3741824;

test.each<[string, number, number, number]>([
  ['a quarter of a processor takes four times its CPU time', 1769 / 4, 32, (32 * 1769) / 4 / 1024],
  ['half a processor takes half the time for the same GB-seconds', 1769 / 2, 16, (16 * 1769) / 2 / 1024],
  ['with a whole processor, the network is slower', 1769, 10, (10 * 1769) / 1024],
  ['more memory is not faster, but more expensive', 3538, 10, (10 * 3538) / 1024],
])('%s', (_, memoryMegabytes, seconds, gbSeconds) => {
  const cost = modelLambdaCost(work, { memoryMegabytes, networkMegabytesPerSecond: network });
  expect(cost.secondsPerGib).toBeCloseTo(seconds, 6);
  expect(cost.gbSecondsPerGib).toBeCloseTo(gbSeconds, 6);
});

test('processors that cannot be kept busy do not help', () => {
  const setting = { memoryMegabytes: 4 * 1769, networkMegabytesPerSecond: 1e9 };
  expect(modelLambdaCost(work, setting).secondsPerGib).toBeCloseTo(4, 6);
});

test('downloading before working takes the sum of both times', () => {
  const setting = { memoryMegabytes: 1769, networkMegabytesPerSecond: network };
  expect(modelLambdaCost({ ...work, overlapsDownload: false }, setting).secondsPerGib).toBeCloseTo(18, 6);
});

test('with the balanced memory, the CPU takes as long as the network', () => {
  const memoryMegabytes = findBalancedMemory(work, network);
  expect(memoryMegabytes).toBeCloseTo(1769 * 0.8, 6);
  const { secondsPerGib } = modelLambdaCost(work, { memoryMegabytes, networkMegabytesPerSecond: network });
  expect(secondsPerGib).toBeCloseTo(10, 6);
});

test('a network that is too fast for two threads has no balanced memory', () => {
  expect(findBalancedMemory(work, 3 * network)).toBe(Infinity);
});
