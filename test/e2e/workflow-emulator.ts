// Step Functions on this machine: moto's interpreter, with JSONata from PyPI, for one workflow at a time.
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const packages = ['moto[server,stepfunctions]==5.2.5', 'jsonata-python==0.7.1'];

/** Kept between runs, because an installation takes most of a minute. */
const environmentFolder = join(tmpdir(), 'soci-index-builder-moto-stepfunctions-5.2.5');

const python = join(environmentFolder, 'bin', 'python');

/**
 * Installs the packages from PyPI if they are missing. Returns what prevents that, as a sentence; otherwise undefined.
 */
export function findWorkflowEmulatorFault(): string | undefined {
  const ready = ['-c', 'import jsonata, moto.stepfunctions.parser.asl.parse.asl_parser'];
  if (spawnSync(python, ready).status === 0) return undefined;
  const created = spawnSync('python3', ['-m', 'venv', environmentFolder], { encoding: 'utf8' });
  if (created.error !== undefined) return 'Python 3 is not on the PATH.';
  if (created.status !== 0) return `Python cannot make a virtual environment. ${created.stdout.trim()}`;
  const installed = spawnSync(python, ['-m', 'pip', 'install', '-q', ...packages], { encoding: 'utf8' });
  return installed.status === 0 ? undefined : `pip could not install moto. ${installed.stderr.trim()}`;
}

export interface FinishedWorkflow {
  readonly status: string;
  readonly error: string | null;
  readonly cause: string | null;
}

/** @param url The URL of ECR and Lambda. @throws Error if the interpreter rejects the definition. */
export function runWorkflow(definitionFile: string, url: string): Promise<FinishedWorkflow> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, [join(__dirname, 'workflow_emulator.py'), definitionFile, url], {
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: 'emulated',
        AWS_SECRET_ACCESS_KEY: 'emulated',
        AWS_DEFAULT_REGION: 'eu-west-1',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve(JSON.parse(output.stdout) as FinishedWorkflow);
      else
        reject(
          new Error(`The interpreter exited with code ${String(exitCode)}. ${output.stderr.slice(-2000)}`),
        );
    });
  });
}
