// Runs soci-index, and measures its resource usage.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { commandLinePath } from '../helpers/command-line.ts';

export interface MeasuredCommand {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly cpuSeconds: number;
  readonly peakMemoryMebibytes: number;
}

const reporter = join(__dirname, '..', '..', 'scripts', 'report-usage.cjs');
const reportDescriptor = 3;

export function runMeasured(args: readonly string[]): Promise<MeasuredCommand> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--require', reporter, commandLinePath, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const output = { stdout: '', stderr: '', usage: '' };
    child.stdout!.on('data', (piece: Buffer) => (output.stdout += piece.toString()));
    child.stderr!.on('data', (piece: Buffer) => (output.stderr += piece.toString()));
    child.stdio[reportDescriptor]!.on('data', (piece: Buffer) => (output.usage += piece.toString()));
    child.on('error', reject);
    child.on('close', (exitCode) => {
      const { stdout, stderr, usage } = output;
      const { cpuSeconds, peakMemoryMebibytes } = JSON.parse(usage) as MeasuredCommand;
      resolve({ exitCode, stdout, stderr, cpuSeconds, peakMemoryMebibytes });
    });
  });
}
