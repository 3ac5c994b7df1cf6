// Builds programs for tests in build/. A program is bundled when a test needs it, and again only if an input has changed. No
// lock is needed: if two test files bundle it at the same time, they get the same bytes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export type ProgramName = 'soci-index.mjs' | 'action.mjs' | 'filter.mjs' | 'generator.mjs' | 'ztoc-worker.js';

/** Stored beside a program: its inputs, and their digest. */
export interface ProgramStamp {
  readonly inputs: readonly string[];
  readonly digest: string;
  /** Inputs that are parsed at every start; undefined if that is all of them. */
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

/** @returns The path of the program built from the current sources. */
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

/** @returns The inputs of a program in build/: paths in the project folder. */
export function inputsOfProgram(path: string): readonly string[] {
  return readStamp(path)!.inputs;
}

/** @returns Its inputs that are parsed at every start. */
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
