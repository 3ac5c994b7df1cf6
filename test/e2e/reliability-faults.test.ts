// The long run of test/reliability/random-faults.test.ts; docs/reliability.md has its figures.
import { expect, test } from '@jest/globals';
import { runSeed, type SeededRun } from '../reliability/seeded-run.ts';

/** Seeds beyond those of the fast run. */
const firstSeed = 1000;
const seedCount = 400;
/** Most of the time is spent waiting for timeouts. */
const lanes = 3;

/** Every kind of fault, so that none can silently disappear from the matrix. */
const kinds = [
  '401',
  '403',
  '404',
  '416',
  '429',
  '429 with Retry-After',
  '500',
  '502',
  '503 with Retry-After',
  '504',
  'corrupt',
  'drop',
  'ignore-range',
  'late',
  'longer',
  'redirect to a dead host',
  'reset',
  'reset-request',
  'shorter',
  'stall',
  'truncate',
  'unannounced',
];

test(`${seedCount} runs end in exactly the right index, or in an error that names what failed`, async () => {
  const runs: SeededRun[] = [];
  let next = firstSeed;
  const work = async (): Promise<void> => {
    while (next < firstSeed + seedCount) runs.push(await runSeed(next++));
  };
  await Promise.all(Array.from({ length: lanes }, work));

  const counts = new Map<string, number>();
  for (const { faults } of runs) {
    for (const [kind, count] of faults) counts.set(kind, (counts.get(kind) ?? 0) + count);
  }
  const met = [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const failures = runs.filter(({ end }) => end === 'named failure');
  const exhausted = failures.filter(({ message }) => message?.endsWith('(attempt 6)') === true);
  const total = met.reduce((sum, [, count]) => sum + count, 0);
  process.stderr.write(
    `${runs.length} runs met ${total} faults; ${failures.length} ended in an error that names what failed, ${exhausted.length} of ` +
      `them after six attempts at one request\n` +
      `${met.map(([kind, count]) => `  ${kind}: ${count}`).join('\n')}\n`,
  );
  expect(met.map(([kind]) => kind)).toEqual(kinds);
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.length).toBeLessThan(seedCount / 2);
});
