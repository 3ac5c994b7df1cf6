// Indexes whole images in registries that fail at random. The long run is test/e2e/reliability-faults.test.ts.
import { expect, test } from '@jest/globals';
import { runSeed, type SeededRun } from './seeded-run.ts';

const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const runs: SeededRun[] = [];

test.each(seeds)(
  'an image gets exactly the right index, or an error that names what failed (seed %d)',
  async (seed) => {
    runs.push(await runSeed(seed));
  },
);

test('both outcomes occur: the right index and a named failure', () => {
  const ends = runs.map(({ end }) => end);
  expect(new Set(ends)).toEqual(new Set(['same index', 'named failure']));
});
