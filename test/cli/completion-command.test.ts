import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runSociIndex } from '../helpers/command-line.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

// Each run starts a process, which can take a second on a busy machine.
jest.setTimeout(60_000);

const script = join(makeTemporaryFolder(), 'completion.bash');

/** The completions that bash offers for these words, of which the last is incomplete. */
function complete(...words: readonly string[]): readonly string[] {
  const lines = [
    'source "$0"',
    // Outside an interactive shell, `compopt` has no completion to modify.
    'compopt() { :; }',
    'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))',
    '_soci_index; printf "%s\\n" "${COMPREPLY[@]}"',
  ];
  const { stdout, stderr } = spawnSync('bash', ['-c', lines.join('\n'), script, 'soci-index', ...words]);
  expect(stderr.toString()).toBe('');
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

describe('bash completion', () => {
  beforeAll(async () => {
    const { exitCode, stdout, stderr } = await runSociIndex(['completion', 'bash']);
    expect([exitCode, stderr]).toEqual([0, '']);
    writeFileSync(script, stdout);
  });

  test.each([
    [['in'], ['index', 'inspect']],
    [['--ver'], ['--version']],
    [
      ['index', '--index-version', ''],
      ['v1', 'v2'],
    ],
    [['index', '--index-version', '=', 'v1'], ['v1']],
    [
      ['index', '--index-version', '='],
      ['v1', 'v2'],
    ],
    [['index', '--qu'], ['--quiet']],
    [['wait', '--tim'], ['--timeout']],
    [['index', '--tim'], []],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    // No words are offered, so bash completes file names.
    [['index', '--digest-file', ''], []],
    [['index', ''], []],
    [['no-such-command', '--'], []],
  ])('after %j offers %j', (words, expected) => {
    expect(complete(...words)).toEqual(expected);
  });

  test('is registered for the command', () => {
    const { stdout } = spawnSync('bash', ['-c', 'source "$0"; complete -p soci-index', script]);
    expect(stdout.toString()).toBe('complete -o default -F _soci_index soci-index\n');
  });
});

test('rejects an unknown shell as invalid usage', async () => {
  const { exitCode, stdout, stderr } = await runSociIndex(['completion', 'tcsh']);
  expect([exitCode, stdout, stderr]).toEqual([
    2,
    '',
    expect.stringMatching(/Allowed choices are bash, zsh, fish/),
  ]);
});
