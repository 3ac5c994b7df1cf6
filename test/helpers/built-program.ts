// The programs of this project as their users run them: bundled in build/, and current.
import { join } from 'node:path';
import { buildProgram, type ProgramName } from '../../scripts/built-program.ts';

/** @returns The program's path. */
export function builtProgram(name: ProgramName): string {
  return buildProgram(join(__dirname, '..', '..'), name);
}
