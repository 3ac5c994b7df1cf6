// The help of every command in the bundle is readable, and its examples are valid.
import { beforeAll, describe, expect, test } from '@jest/globals';
import { displayWidth } from '../../lambda-src/terminal/terminal-text.ts';
import { runSociIndex } from '../helpers/command-line.ts';

const widestLine = 100;
const commands = [
  'index',
  'ztoc',
  'inspect',
  'verify',
  'doctor',
  'estimate',
  'backfill',
  'redrive',
  'wait',
  'demo',
  'completion',
] as const;

async function readHelp(...command: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runSociIndex([...command, '--help']);
  expect([exitCode, stderr]).toEqual([0, '']);
  return stdout;
}

/** The words of each example after `soci-index`, split as a shell would. */
function examplesOf(help: string): readonly (readonly string[])[] {
  const text = help.slice(help.lastIndexOf('\nExamples:\n')).replaceAll(/\\\n */g, '');
  return Array.from(text.matchAll(/^ {2}(?:[A-Z]+=\$\()?soci-index (.*?)\)?$/gm), ([, words]) =>
    words!.split(' ').map((word) => word.replace(/^'(.*)'$/, '$1')),
  );
}

test("the program's help lists every command, the exit codes and examples", async () => {
  const help = await readHelp();
  const named = Array.from(help.matchAll(/^ {2}([a-z]+) +(?:[[<]|[a-z])/gm), ([, name]) => name);
  expect(named.toSorted()).toEqual([...commands, 'help'].toSorted());
  for (const code of [/\b0 success/, /\b1 failure/, /\b2\s+invalid usage/, /\b130 interrupted/])
    expect(help).toMatch(code);
  expect(examplesOf(help).length).toBeGreaterThanOrEqual(2);
  for (const line of help.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(widestLine);
});

describe.each(commands)('the help of %s', (command) => {
  let help = '';
  beforeAll(async () => {
    help = await readHelp(command);
  });

  test('states the usage and purpose', () => {
    expect(help).toMatch(new RegExp(`^Usage: soci-index ${command} .*\n\n\\S.{20,}`));
    expect(help).toMatch(/\n {2}-h, --help +show this help\n/);
  });

  test('has no overlong line, and no default for a switch', () => {
    for (const line of help.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(widestLine);
    expect(help).not.toContain('(default: false)');
  });

  test('ends with examples, each with a comment', () => {
    expect(help).toMatch(
      /\nExamples:\n(?: {2}# .+\n {2}(?:[A-Z]+=\$\(|crane .* \| )?soci-index (?:.*\\\n {6})*.*\n)+$/,
    );
    expect(examplesOf(help).length).toBeGreaterThanOrEqual(1);
    for (const [named] of examplesOf(help)) expect(named).toBe(command);
  });

  test('has examples with valid options and values', async () => {
    for (const words of examplesOf(help)) {
      // Only the first error is reported, so the rest of the example is valid.
      const { exitCode, stderr } = await runSociIndex([...words, '--no-such-option']);
      expect([words, exitCode, stderr.split('\n')[0]]).toEqual([
        words,
        2,
        "error: unknown option '--no-such-option'",
      ]);
    }
  });
});

test.each([
  [['index', 'localhost:5000/app', '--platfrom', 'linux/arm64'], /Did you mean --platform\?/],
  [['inspekt', 'x'], /Did you mean inspect\?/],
  [['index'], /missing required argument 'image'/],
  [['ztoc', 'x', '--span-size', 'big'], /Expected a size such as 4MiB/],
  [['demo', 'more'], /too many arguments/],
])('%j exits with 2 and points to the help', async (words, sentence) => {
  const { exitCode, stdout, stderr } = await runSociIndex(words);
  expect([exitCode, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(sentence);
  const isKnown = (commands as readonly string[]).includes(words[0]!);
  const where = isKnown
    ? `(soci-index ${words[0]} --help shows its arguments and options)\n`
    : '(soci-index --help lists the commands)\n';
  expect(stderr.endsWith(where)).toBe(true);
});
