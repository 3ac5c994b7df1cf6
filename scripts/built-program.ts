// Programs as tests run them, in build/: bundled when a test asks for one, and again only when what it is made of has
// changed. No lock: two test files that ask for it at the same time both bundle it, into the same bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ProgramName = 'soci-index.mjs' | 'action.mjs' | 'filter.mjs' | 'generator.mjs' | 'ztoc-worker.js';

/** Beside a program: what it was made of, and what that was. */
export interface ProgramStamp {
  readonly inputs: readonly string[];
  readonly digest: string;
  /** What is parsed at every start; undefined if that is all. */
  readonly startInputs?: readonly string[];
}

export const stampSuffix = '.stamp.json';

/** @returns undefined if one of the files is missing. */
export function digestInputs(projectFolder: string, inputs: readonly string[]): string | undefined {
  const hash = createHash('sha256');
  try {
    for (const input of inputs) hash.update(`${input}\0`).update(readFileSync(join(projectFolder, input)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** @returns The path of a program that its present sources give. */
export function buildProgram(projectFolder: string, name: ProgramName): string {
  const path = join(projectFolder, 'build', name);
  if (isCurrent(projectFolder, path)) return path;
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join('scripts', 'write-program.ts'), name],
    { cwd: projectFolder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`cannot bundle ${name}:\n${stderr}`);
  return path;
}

/** @returns What a program in build/ was made of: paths in the project folder. */
export function inputsOfProgram(path: string): readonly string[] {
  return readStamp(path)!.inputs;
}

/** @returns What of it is parsed at every start. */
export function startInputsOfProgram(path: string): readonly string[] {
  const { inputs, startInputs = inputs } = readStamp(path)!;
  return startInputs;
}

function readStamp(path: string): ProgramStamp | undefined {
  try {
    return JSON.parse(readFileSync(path + stampSuffix, 'utf8')) as ProgramStamp;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function isCurrent(projectFolder: string, path: string): boolean {
  const stamp = readStamp(path);
  return stamp !== undefined && digestInputs(projectFolder, stamp.inputs) === stamp.digest;
}
