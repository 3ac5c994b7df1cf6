// npx tsx scripts/write-program.ts NAME: bundles a program to build/NAME, for built-program.ts.
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import {
  type Bundle,
  bundleAction,
  bundleCommandLine,
  bundleFunction,
  bundleThread,
  functionEntryPoints,
  projectFolder,
  threadEntryPoints,
} from './bundles.ts';
import { digestInputs, type ProgramName, type ProgramStamp, stampSuffix } from './built-program.ts';

const bundlePrograms: Readonly<Record<ProgramName, () => Promise<Bundle>>> = {
  'soci-index.mjs': bundleCommandLine,
  'action.mjs': bundleAction,
  'filter.mjs': () => bundleFunction(functionEntryPoints.filter),
  'generator.mjs': () => bundleFunction(functionEntryPoints.generator),
  'ztoc-worker.js': () => bundleThread(threadEntryPoints['ztoc-worker']),
};

/** These files also determine the content of a bundle. */
const settings = ['scripts/bundles.ts', 'scripts/single-file.ts', 'tsconfig.json', 'package-lock.json'];

/** Replaced atomically, so that readers get either the old or the new file. */
function writeWhole(path: string, content: Uint8Array | string, mode: number): void {
  const written = `${path}.${process.pid}`;
  writeFileSync(written, content, { mode });
  renameSync(written, path);
}

const name = process.argv[2] as ProgramName;
const { code, inputs, startInputs } = await bundlePrograms[name]();
const allInputs = [...inputs, ...settings];
const stamp: ProgramStamp = {
  inputs: allInputs,
  digest: digestInputs(projectFolder, allInputs)!,
  ...(startInputs && { startInputs }),
};
const path = `${projectFolder}build/${name}`;
mkdirSync(`${projectFolder}build/`, { recursive: true });
writeWhole(path, code, 0o755);
writeWhole(path + stampSuffix, JSON.stringify(stamp), 0o644);
