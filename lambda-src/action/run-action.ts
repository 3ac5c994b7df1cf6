// The GitHub Action: runs `soci-index index` with the inputs of the step, and reports the result to the runner. Text from
// an image or a registry cannot become a workflow command, another output, or HTML in the summary.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { IndexReport } from '../cli/index-command.ts';
import { ConfigError } from '../core/errors.ts';
import { isDigest } from '../core/oci/descriptor.ts';
import { formatReference, otherReference, parseReference } from '../core/oci/reference.ts';
import { hideUnprintable } from '../core/printable-text.ts';
import { type Environment, type Inputs, readInputs } from './inputs.ts';
import { formatSummary } from './job-summary.ts';
import { workflowCommand } from './workflow-command.ts';

/** GitHub shows ten annotations of each kind, and drops the rest. */
const maximumAnnotations = 10;

/** GitHub accepts outputs of at most 1 MiB. */
const maximumOutputBytes = 1_000_000;

interface CommandResult {
  readonly exitCode: number | null;
  /** The command's JSON; undefined if it printed none. */
  readonly report: IndexReport | undefined;
  readonly digest: string | undefined;
  /** Its error message and advice, without progress. */
  readonly complaints: readonly string[];
}

/**
 * @param commandPath The command line's bundle.
 * @returns The exit code of the step: 1 if the image could not be indexed, or an input is invalid.
 */
export async function runAction(environment: Environment, commandPath: string): Promise<number> {
  let inputs: Inputs;
  try {
    inputs = readInputs(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    print(workflowCommand('error', error.message, 'soci-index: invalid input'));
    return 1;
  }
  const { exitCode, report, digest, complaints } = await runCommand(inputs, commandPath);
  if (report === undefined) {
    const title = exitCode === 2 ? 'soci-index: invalid input' : 'soci-index failed';
    print(workflowCommand('error', complaints.join('\n') || `exit code ${String(exitCode)}`, title));
    return 1;
  }
  const reference = digest === undefined ? undefined : nameByDigest(report.output ?? report.image, digest);
  writeOutputs(environment, { status: report.status, digest, reference, json: JSON.stringify(report) });
  annotate(report, complaints);
  appendTo(environment['GITHUB_STEP_SUMMARY'], formatSummary(report, reference));
  return report.status === 'failed' ? 1 : 0;
}

async function runCommand({ image, options }: Inputs, commandPath: string): Promise<CommandResult> {
  const folder = mkdtempSync(join(tmpdir(), 'soci-index-action-'));
  const digestFile = join(folder, 'digest');
  print(workflowCommand('group', `soci-index index ${image}`));
  // Until this token appears, the runner ignores workflow commands in the output.
  const resumeWord = randomUUID();
  print(workflowCommand('stop-commands', resumeWord));
  try {
    const words = ['index', '--json', `--digest-file=${digestFile}`, ...options, '--', image];
    const child = spawn(process.execPath, [commandPath, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    const interrupt = (signal: NodeJS.Signals) => child.kill(signal);
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
    const complaints: string[] = [];
    const closed = new Promise<number | null>((resolve, reject) => {
      child.on('error', reject).on('close', resolve);
    });
    const lines = createInterface({ input: child.stderr, crlfDelay: Infinity });
    lines.on('line', (line) => {
      print(`${hideUnprintable(line)}\n`);
      if (complaints.length > 0 || line.startsWith('soci-index: ') || line.startsWith('error: '))
        complaints.push(line);
    });
    const [stdout, exitCode] = await Promise.all([text(child.stdout), closed]);
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    const report = stdout === '' ? undefined : (JSON.parse(stdout) as IndexReport);
    const digest = existsSync(digestFile) ? readFileSync(digestFile, 'utf8') : undefined;
    return { exitCode, report, digest, complaints };
  } finally {
    print(`::${resumeWord}::\n`);
    print(workflowCommand('endgroup'));
    rmSync(folder, { recursive: true, force: true });
  }
}

function nameByDigest(image: string, digest: string): string | undefined {
  if (!isDigest(digest)) return undefined;
  return formatReference(otherReference(parseReference(image), { digest }));
}

function writeOutputs(environment: Environment, outputs: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(outputs)) {
    if (value === undefined) continue;
    if (Buffer.byteLength(value) > maximumOutputBytes) {
      print(workflowCommand('warning', `the output ${name} is too large for GitHub and was left out`));
      continue;
    }
    // Random, so that a value cannot contain the delimiter and start another output.
    const delimiter = `end-${randomUUID()}`;
    appendTo(environment['GITHUB_OUTPUT'], `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
  }
}

function annotate(report: IndexReport, complaints: readonly string[]): void {
  const { status, message = '', image } = report;
  if (status === 'failed') {
    print(workflowCommand('error', complaints.join('\n') || message, 'soci-index failed'));
    return;
  }
  const warnings = [...report.warnings];
  if (status === 'skipped') warnings.unshift(`${image} was not indexed: ${message}`);
  if (status === 'superseded')
    warnings.unshift(`${image}: ${message}. There is nothing to deploy from this step`);
  const shown = warnings.length > maximumAnnotations ? warnings.slice(0, maximumAnnotations - 1) : warnings;
  for (const warning of shown) print(workflowCommand('warning', warning, `soci-index: ${status}`));
  if (shown.length < warnings.length) {
    print(
      workflowCommand(
        'warning',
        `${warnings.length - shown.length} more warnings are in the log`,
        'soci-index',
      ),
    );
  }
}

/** @param file Not set outside of GitHub Actions. */
function appendTo(file: string | undefined, content: string): void {
  if (file !== undefined && file !== '') appendFileSync(file, content);
}

function print(line: string): void {
  process.stdout.write(line);
}
