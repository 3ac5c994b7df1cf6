// Builds the fuzzer and runs it for one target, in its own process.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { FuzzReport, FuzzRequest } from './fuzzer.ts';
import { instrument } from './instrumentation.ts';
import type { FuzzTargetName } from './targets.ts';

const projectFolder = join(__dirname, '..', '..');

/** One file per target: a list of inputs, in base64. */
export const corpusFolder = join(__dirname, 'corpus');

/** Limit for JavaScript's heap. Buffers are allocated outside it; the report has the memory of the whole process. */
const heapMebibytes = 512;

/** The kept inputs of a target. */
export function readCorpus(target: FuzzTargetName): readonly string[] {
  const path = join(corpusFolder, `${target}.json`);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as string[]) : [];
}

/** @returns The path of the fuzzer with its counters. */
export async function buildFuzzer(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: projectFolder,
    entryPoints: ['test/fuzz/fuzzer.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    loader: { '.wasm': 'binary' },
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    write: false,
    logLevel: 'warning',
  });
  const path = join(projectFolder, 'build', 'fuzzer.mjs');
  mkdirSync(join(projectFolder, 'build'), { recursive: true });
  writeFileSync(path, instrument(outputFiles[0]!.text));
  return path;
}

/** Runs one target. The report may have a finding. If the process dies, the promise is rejected. */
export function runFuzzer(path: string, request: FuzzRequest): Promise<FuzzReport> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`--max-old-space-size=${heapMebibytes}`, path], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '' };
    child.stdout.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      if (exitCode === 0) resolve(JSON.parse(output.stdout) as FuzzReport);
      else
        reject(new Error(`the fuzzer of ${request.target} exited with code ${exitCode}: ${output.stderr}`));
    });
    child.stdin.end(JSON.stringify(request));
  });
}
