// Fuzzes everything that reads untrusted input (test/fuzz/). To run it by hand for longer (docs/fuzzing.md):
//
//   SOCI_FUZZ_SECONDS=60 SOCI_FUZZ_KEEP=1 npm run test:e2e -- e2e/fuzz.test
//
// This runs each target for 60 seconds, and keeps the inputs that cover something new in test/fuzz/corpus.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { buildFuzzer, corpusFolder, readCorpus, runFuzzer } from '../fuzz/fuzz-run.ts';
import { fuzzTargets, type FuzzTargetName } from '../fuzz/targets.ts';

const seconds = Number(process.env['SOCI_FUZZ_SECONDS'] ?? 5);
/** A new seed every day, so that CI tries different inputs; a finding prints its input. */
const seed = Number(process.env['SOCI_FUZZ_SEED'] ?? Math.floor(Date.now() / 86_400_000));
const keeps = process.env['SOCI_FUZZ_KEEP'] === '1';

/** Includes the fuzzer itself, its corpus and its counters. Inputs have at most 64 KiB. */
const peakMemoryMebibytes = 700;
/** Time limit for any input of 64 KiB, on a busy machine. */
const slowestMilliseconds = 3_000;

const targets = (Object.keys(fuzzTargets) as FuzzTargetName[]).filter((name) => name !== 'planted');

let fuzzer = '';
beforeAll(async () => {
  fuzzer = await buildFuzzer();
});

test('coverage leads the fuzzer to a planted fault behind five correct bytes', async () => {
  const { finding } = await runFuzzer(fuzzer, { target: 'planted', seconds: 60, seed, corpus: [] });
  expect(finding?.problem).toContain('a planted fault');
  expect(Buffer.from(finding!.input, 'base64').toString('latin1')).toMatch(/^BUG!!/);
});

test.each(targets)('%s throws only its own errors, in bounded time and memory', async (target) => {
  const corpus = readCorpus(target);
  const report = await runFuzzer(fuzzer, { target, seconds, seed, corpus });
  const row = [
    target,
    report.executions.toLocaleString('en-US'),
    report.coveredBranches,
    `${report.slowestMilliseconds.toFixed(0)} ms`,
    `${report.peakMemoryMebibytes.toFixed(0)} MiB`,
    `${report.seconds.toFixed(0)} s`,
  ];
  process.stderr.write(`| ${row.join(' | ')} |\n`);
  expect({ seed, finding: report.finding }).toEqual({ seed, finding: undefined });
  expect(report.slowestMilliseconds).toBeLessThan(slowestMilliseconds);
  expect(report.peakMemoryMebibytes).toBeLessThan(peakMemoryMebibytes);
  expect(report.executions).toBeGreaterThan(corpus.length);
  if (keeps)
    writeFileSync(join(corpusFolder, `${target}.json`), `${JSON.stringify(report.corpus, undefined, 1)}\n`);
});
