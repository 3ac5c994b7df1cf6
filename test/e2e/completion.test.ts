// Tests the completion scripts in the shells themselves.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { runSociIndex } from '../helpers/command-line.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { runTool, testWith } from './registry-tools.ts';

const folder = makeTemporaryFolder();

async function writeScript(shell: string): Promise<string> {
  const path = join(folder, `completion.${shell}`);
  writeFileSync(path, (await runSociIndex(['completion', shell])).stdout);
  return path;
}

testWith('fish', 'apt-get install fish')('fish completes commands, options and their values', async () => {
  const script = await writeScript('fish');
  const complete = async (line: string) => {
    const offered = await runTool('fish', ['--no-config', '-c', `source ${script}; complete -C "${line}"`], {
      environment: { HOME: folder },
    });
    return offered.split('\n').flatMap((word) => word.split('\t')[0]! || []);
  };
  expect(await complete('soci-index in')).toEqual(['index', 'inspect']);
  expect(await complete('soci-index index --index-version ')).toEqual(['v1', 'v2']);
  expect(await complete('soci-index index --qu')).toEqual(['--quiet']);
  expect(await complete('soci-index completion ')).toEqual(['bash', 'fish', 'zsh']);
  expect(await complete('soci-index verify --qu')).toEqual([]);
});

testWith('zsh', 'apt-get install zsh')('zsh completes commands, options and their values', async () => {
  const script = await writeScript('zsh');
  const harness = join(folder, 'harness.zsh');
  // Types a line and a tab into a shell in its own terminal, and waits for the expected text.
  writeFileSync(
    harness,
    [
      'zmodload zsh/zpty',
      'zpty shell zsh -f -i',
      'zpty -w shell "autoload -Uz compinit; compinit -u -D; source $1; print READY-\\$((1+1))"',
      'zpty -r shell seen "*READY-2*"',
      'zpty -w -n shell "$2"$\'\\t\'',
      'zpty -r shell seen "*$3*"',
    ].join('\n'),
  );
  for (const [typed, appears] of [
    ['soci-index compl', 'etion'],
    ['soci-index index --index-version=v', 'v1*v2'],
    ['soci-index index --dig', 'est-file'],
    ['soci-index completion f', 'ish'],
  ]) {
    await runTool('timeout', ['120', 'zsh', '-f', harness, script, typed!, appears!]);
  }
});
