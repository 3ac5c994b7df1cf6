// AWS on loopback for Terraform: moto's server, started for one test file.
import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const motoVersion = '5.2.5';

/** Kept between runs, because an installation takes most of a minute. */
const environmentFolder = join(tmpdir(), `soci-index-builder-moto-${motoVersion}`);

const python = join(environmentFolder, 'bin', 'python');

/** Installs moto from PyPI if it is missing. Returns what prevents that, as a sentence; otherwise undefined. */
export function findEmulatorFault(): string | undefined {
  if (spawnSync(python, ['-c', 'import moto.server']).status === 0) return undefined;
  const created = spawnSync('python3', ['-m', 'venv', environmentFolder], { encoding: 'utf8' });
  if (created.error !== undefined) return 'Python 3 is not on the PATH.';
  if (created.status !== 0) return `Python cannot make a virtual environment. ${created.stdout.trim()}`;
  const installed = spawnSync(python, ['-m', 'pip', 'install', '-q', `moto[server]==${motoVersion}`], {
    encoding: 'utf8',
  });
  return installed.status === 0 ? undefined : `pip could not install moto. ${installed.stderr.trim()}`;
}

export interface AwsEmulator {
  readonly url: string;
  stop(): void;
}

export function startAwsEmulator(): Promise<AwsEmulator> {
  const server = spawn(python, [join(__dirname, 'aws_emulator.py'), '-H', '127.0.0.1', '-p', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return new Promise((resolve, reject) => {
    let words = '';
    server.stderr.on('data', (piece: Buffer) => {
      words += piece.toString();
      const url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(words)?.[1];
      if (url !== undefined) resolve({ url, stop: () => server.kill() });
    });
    server.on('close', (exitCode) => {
      reject(new Error(`The emulator exited with code ${String(exitCode)}. ${words.slice(-2000)}`));
    });
  });
}
