// The command line as one file: code that a command does not use is text in it, and loaded when needed.
import { execFile } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { inputsOfProgram, startInputsOfProgram } from '../../scripts/built-program.ts';
import { commandLinePath, runSociIndex } from '../helpers/command-line.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();

const packagesOf = (inputs: readonly string[]) =>
  new Set(inputs.flatMap((path) => /node_modules\/([^/]+)\//.exec(path)?.[1] ?? []));

// Otherwise `--version` and `ztoc` would wait until everything is parsed.
test('the file parses no command at the start, and no package except commander, but contains them all', () => {
  const startInputs = startInputsOfProgram(commandLinePath);
  expect(packagesOf(startInputs)).toEqual(new Set(['commander']));
  expect(startInputs.filter((path) => path.endsWith('-command.ts'))).toEqual([]);
  const packages = packagesOf(inputsOfProgram(commandLinePath));
  for (const name of ['commander', '@aws-sdk', '@smithy', 'tar-stream', 'minimatch', 'd3-hierarchy']) {
    expect(packages).toContain(name);
  }
});

test('the file runs alone, in a folder without packages', async () => {
  const path = join(folder, 'soci-index.mjs');
  copyFileSync(commandLinePath, path);
  const { stdout } = await promisify(execFile)(process.execPath, [path, '--version'], { cwd: folder });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

// The startup code recognizes errors from parts that are loaded later, because each error class exists only once.
test('an error from a part that was loaded later ends the command like any other: exit code 2 for invalid usage', async () => {
  const { exitCode, stderr } = await runSociIndex([...['redrive', 'no-queue', '--function', 'soci-filter']]);
  expect(stderr).toMatch(/^soci-index: .*queue "no-queue": expected the URL of an SQS queue/s);
  expect(exitCode).toBe(2);
  expect((await runSociIndex(['inspect', `oci:${folder}`])).stderr).not.toMatch(/\n\s+at /);
});
