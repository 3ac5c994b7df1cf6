import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import {
  buildProgram,
  digestInputs,
  inputsOfProgram,
  type ProgramStamp,
  stampSuffix,
} from '../../scripts/built-program.ts';
import { builtProgram } from '../helpers/built-program.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();

test('the digest of inputs depends on their contents and their names', () => {
  writeFileSync(join(folder, 'a'), 'one');
  writeFileSync(join(folder, 'b'), 'two');
  const before = digestInputs(folder, ['a', 'b']);
  expect(digestInputs(folder, ['a', 'b'])).toBe(before);
  writeFileSync(join(folder, 'b'), 'too');
  expect(digestInputs(folder, ['a', 'b'])).not.toBe(before);
  expect(digestInputs(folder, ['a', 'missing'])).toBeUndefined();
});

test("the inputs of a program include the decoder and the threads' program", () => {
  const inputs = inputsOfProgram(builtProgram('generator.mjs'));
  const paths = ['lambda-src/core/core.wasm', 'lambda-src/threads/ztoc-worker.ts', 'package-lock.json'];
  expect(inputs).toEqual(expect.arrayContaining(paths));
});

// This folder has no bundler, so an attempt to bundle fails.
test('a program is bundled again only if its inputs have changed', () => {
  const path = join(folder, 'build', 'filter.mjs');
  writeFileSync(join(folder, 'input.ts'), 'one');
  mkdirSync(join(folder, 'build'));
  const stamp: ProgramStamp = { inputs: ['input.ts'], digest: digestInputs(folder, ['input.ts'])! };
  writeFileSync(path + stampSuffix, JSON.stringify(stamp));
  expect(buildProgram(folder, 'filter.mjs')).toBe(path);

  writeFileSync(join(folder, 'input.ts'), 'two');
  expect(() => buildProgram(folder, 'filter.mjs')).toThrow(/^cannot bundle filter\.mjs:\n.*Error/s);
});
