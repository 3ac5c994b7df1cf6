// Runs Terraform on a copy of the module, so that a test leaves nothing behind in the checkout.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Finished } from './command-line.ts';

const projectFolder = join(__dirname, '..', '..');

/** A zip archive without entries: 22 bytes, the record that ends every archive. */
const emptyZip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);

/**
 * Copies the module, its examples and its tests to `folder`. Writes an empty zip for a function that has not been built
 * yet, because Terraform only hashes and uploads it.
 */
export function copyModule(folder: string): void {
  for (const file of readdirSync(projectFolder).filter((name) => name.endsWith('.tf'))) {
    cpSync(join(projectFolder, file), join(folder, file));
  }
  for (const part of ['modules', 'examples', join('test', 'terraform')]) {
    cpSync(join(projectFolder, part), join(folder, part), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (path) => !path.includes('.terraform'),
    });
  }
  mkdirSync(join(folder, 'dist'));
  for (const zip of ['dist/filter.zip', 'dist/generator.zip']) {
    const built = join(projectFolder, zip);
    if (existsSync(built)) cpSync(built, join(folder, zip));
    else writeFileSync(join(folder, zip), emptyZip);
  }
}

/**
 * Variables such as `TF_CLI_CONFIG_FILE` come from the caller's environment. On a host without access to the registry,
 * this one names a mirror of the providers.
 */
function makeEnvironment(environment: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return { ...process.env, TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1', ...environment };
}

/** What prevents Terraform from working in `folder`, as a sentence; undefined if it is initialized and ready. */
export function findTerraformFault(folder: string): string | undefined {
  const init = spawnSync(
    'terraform',
    ['init', '-no-color', '-backend=false', '-test-directory=test/terraform'],
    {
      cwd: folder,
      env: makeEnvironment({}),
      encoding: 'utf8',
    },
  );
  if (init.error !== undefined) return `Terraform cannot be run (${init.error.message}). Put it on the PATH.`;
  if (init.status === 0) return undefined;
  return `Terraform's providers cannot be installed; TF_CLI_CONFIG_FILE may name a mirror. ${init.stderr.trim()}`;
}

/**
 * @param onLine Receives each line of stdout as it arrives, for output that is too large to keep; `stdout` is then empty.
 */
export function runTerraform(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  onLine?: (line: string) => void,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn('terraform', args, {
      cwd: folder,
      env: makeEnvironment(environment),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let pieces: Buffer[] = [];
    const takeLine = () => {
      onLine?.(Buffer.concat(pieces).toString());
      pieces = [];
    };
    child.stdout.on('data', (piece: Buffer) => {
      let rest = piece;
      if (onLine !== undefined) {
        for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
          pieces.push(rest.subarray(0, end));
          takeLine();
          rest = rest.subarray(end + 1);
        }
      }
      pieces.push(rest);
    });
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      resolve({ exitCode, stdout: Buffer.concat(pieces).toString(), stderr });
    });
  });
}
