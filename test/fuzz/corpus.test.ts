// Runs every input that the fuzzer has kept, without the fuzzer, so that fixed bugs stay fixed. It takes a second.
import { expect, test } from '@jest/globals';
import { readCorpus } from './fuzz-run.ts';
import { fuzzTargets, type FuzzTargetName } from './targets.ts';

const targets = (Object.keys(fuzzTargets) as FuzzTargetName[]).filter((name) => name !== 'planted');

test.each(targets)('the kept inputs of %s cause no unexpected error', async (name) => {
  const inputs = readCorpus(name);
  expect(inputs.length).toBeGreaterThan(0);
  for (const input of inputs) await fuzzTargets[name].run(new Uint8Array(Buffer.from(input, 'base64')));
});
