// Runs the entry point of the GitHub Action as the runner does: with inputs in the environment, and files for outputs and
// the summary. Finds commands in the printed text by the runner's own rules:
// https://github.com/actions/runner/blob/v2.328.0/src/Runner.Common/ActionCommand.cs and
// Runner.Worker/ActionCommandManager.cs
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram } from '../helpers/built-program.ts';

export interface RunnerCommand {
  readonly name: string;
  readonly properties: string;
  readonly data: string;
}

export interface Step {
  readonly exitCode: number | null;
  readonly log: string;
  /** The commands that the runner would have executed. */
  readonly commands: readonly RunnerCommand[];
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
}

/**
 * @param inputs Values by input name, as in action.yml.
 * @param folder Where the job's home and the runner's files are created; contains the Docker config.
 * @param node A Node.js other than the one that runs the tests.
 */
export async function runStep(
  inputs: Readonly<Record<string, string>>,
  folder: string,
  node: string = process.execPath,
): Promise<Step> {
  // As in a checkout of the action, both bundles are in one folder.
  const home = mkdtempSync(join(folder, 'job-'));
  for (const name of ['soci-index.mjs', 'action.mjs'] as const) cpSync(builtProgram(name), join(home, name));
  const [outputFile, summaryFile] = [join(home, 'output'), join(home, 'summary')];
  for (const file of [outputFile, summaryFile]) writeFileSync(file, '');
  const names = readInputNames();
  const child = spawn(node, [join(home, 'action.mjs')], {
    cwd: home,
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      DOCKER_CONFIG: folder,
      GITHUB_ACTIONS: 'true',
      GITHUB_OUTPUT: outputFile,
      GITHUB_STEP_SUMMARY: summaryFile,
      // The runner sets every input, and keeps hyphens.
      ...Object.fromEntries(names.map((name) => [`INPUT_${name.toUpperCase()}`, inputs[name] ?? ''])),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece: Buffer) => (log += piece.toString()));
  }
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return {
    exitCode,
    log,
    commands: findCommands(log),
    outputs: parseOutputs(readFileSync(outputFile, 'utf8')),
    summary: readFileSync(summaryFile, 'utf8'),
  };
}

/** Reads the input names from action.yml, where only they are indented by two spaces below `inputs:`. */
export function readInputNames(): readonly string[] {
  const text = readFileSync(join(__dirname, '..', '..', 'action.yml'), 'utf8');
  const inputs = text.slice(text.indexOf('\ninputs:\n'), text.indexOf('\noutputs:\n'));
  return Array.from(inputs.matchAll(/^ {2}([a-z-]+):$/gm), ([, name]) => name!);
}

/**
 * Finds the commands that a runner executes: `::name …::data` at the start of a line, and the older `##[name …]data`
 * anywhere in a line.
 */
function findCommands(log: string): readonly RunnerCommand[] {
  const commands: RunnerCommand[] = [];
  let resumeWord: string | undefined;
  for (const line of log.split(/\r\n|\r|\n/)) {
    const [, name, properties = '', data = ''] =
      /^\s*::([^\s:]+)(?:\s([^]*?))?::(.*)$/.exec(line) ??
      /##\[([^\s\]]+)(?:\s([^\]]*))?\](.*)$/.exec(line) ??
      [];
    if (name === undefined) continue;
    if (resumeWord !== undefined) {
      if (name === resumeWord) resumeWord = undefined;
      continue;
    }
    if (name === 'stop-commands') resumeWord = data;
    else commands.push({ name, properties, data });
  }
  if (resumeWord !== undefined) throw new Error('the step suspended commands and did not resume them');
  return commands;
}

/** Parses the runner's format: `name<<DELIMITER`, lines, `DELIMITER`. */
function parseOutputs(text: string): Readonly<Record<string, string>> {
  const outputs: Record<string, string> = {};
  const lines = text.split('\n');
  for (let at = 0; at < lines.length - 1;) {
    const [, name, delimiter] = /^([^=]+?)<<(.+)$/.exec(lines[at]!) ?? [];
    const end = delimiter === undefined ? -1 : lines.indexOf(delimiter, at + 1);
    if (name === undefined || end < 0) throw new Error(`not an output: ${lines[at]!}`);
    if (name in outputs) throw new Error(`the output ${name} is set twice`);
    outputs[name] = lines.slice(at + 1, end).join('\n');
    at = end + 1;
  }
  return outputs;
}
