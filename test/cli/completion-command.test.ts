import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { runSociIndex } from '../helpers/command-line.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

// A process for each run: on a busy machine each takes a second.
jest.setTimeout(60_000);

const script = join(makeTemporaryFolder(), 'completion.bash');

/** What bash offers after these words, of which the last is not finished. */
function complete(...words: readonly string[]): readonly string[] {
  const lines = [
    'source "$0"',
    // Without a terminal there is nothing whose options could be changed.
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

describe('the completion of bash', () => {
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
    // Nothing of its own: file names follow.
    [['index', '--digest-file', ''], []],
    [['index', ''], []],
    [['no-such-command', '--'], []],
  ])('offers after %j %j', (words, expected) => {
    expect(complete(...words)).toEqual(expected);
  });

  test('is bound to the command', () => {
    const { stdout } = spawnSync('bash', ['-c', 'source "$0"; complete -p soci-index', script]);
    expect(stdout.toString()).toBe('complete -o default -F _soci_index soci-index\n');
  });
});

test('a shell that is not known is wrong usage', async () => {
  const { exitCode, stdout, stderr } = await runSociIndex(['completion', 'tcsh']);
  expect([exitCode, stdout, stderr]).toEqual([
    2,
    '',
    expect.stringMatching(/Allowed choices are bash, zsh, fish/),
  ]);
});
