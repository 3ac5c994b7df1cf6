// Third-party tools that are installed or built once and kept between runs, by version.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @throws Error with the command's output if it fails. @returns The command's output. */
function run(command: string, args: readonly string[], options: { cwd?: string; env?: object } = {}): string {
  const { error, status, stdout, stderr } = spawnSync(command, args, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  if (error !== undefined) throw new Error(`${command} is not on the PATH.`, { cause: error });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr.slice(-2000)}`);
  return stdout;
}

/** A folder that `fill` fills once; if `fill` fails, the folder is not kept. */
function keep(name: string, fill: (folder: string) => void): string {
  const kept = join(tmpdir(), `soci-index-builder-${name}`);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(`${kept}-`);
  fill(folder);
  if (!existsSync(kept)) renameSync(folder, kept);
  return kept;
}

/** Why a tool cannot be installed, as a sentence; undefined if it is available. */
export function findToolFault(install: () => unknown): string | undefined {
  try {
    install();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** An unpacked npm package that is not a dependency. @returns Its folder. */
export function unpackNpmPackage(name: string, version: string): string {
  return keep(`${name.replace(/[@/]+/g, '-')}-${version}`, (folder) => {
    const [packed] = JSON.parse(run('npm', ['pack', '--json', `${name}@${version}`], { cwd: folder })) as [
      { readonly filename: string },
    ];
    run('tar', ['-xzf', packed.filename], { cwd: folder });
  });
}

/** A PyPI program in its own virtual environment. @returns Its path. */
export function installPythonProgram(name: string, version: string): string {
  // A virtual environment cannot be moved, because its scripts contain its path.
  const folder = join(tmpdir(), `soci-index-builder-${name}-${version}`);
  const program = join(folder, 'bin', name);
  if (!existsSync(program)) {
    run('python3', ['-m', 'venv', folder]);
    run(join(folder, 'bin', 'python'), ['-m', 'pip', 'install', '-q', `${name}==${version}`]);
  }
  return program;
}

/**
 * A program of a Go module, built in a copy of the module, because a module with replace directives in its go.mod cannot
 * be installed by name.
 *
 * @param command The package of the program: `./cmd/tofu`.
 * @returns Its path.
 */
export function buildGoProgram(name: string, module: string, version: string, command: string): string {
  const folder = keep(`${name}-${version}`, (target) => {
    const { Dir: downloaded } = JSON.parse(
      run('go', ['mod', 'download', '-json', `${module}@${version}`]),
    ) as {
      readonly Dir: string;
    };
    const source = join(target, 'source');
    mkdirSync(source);
    cpSync(downloaded, source, { recursive: true });
    run('chmod', ['-R', 'u+w', source]); // the module cache is read-only, and go build may write go.sum
    run('go', ['build', '-o', join(target, name), command], { cwd: source });
  });
  return join(folder, name);
}

export { run as runProgram };
