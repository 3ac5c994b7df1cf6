// Runs one command and measures it. It can be any program, not only Node.
import { spawn } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { median } from './statistics.ts';

export interface Measurement {
  /** User and system time of the command and of all processes that it started and waited for. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Peak memory of its largest process. Undefined without /proc, unless the command is Node. */
  readonly peakMemoryMebibytes: number | undefined;
}

/**
 * Interval at which a command's peak memory is read. The kernel records the peak, so only the last interval can be missed.
 */
const pollMilliseconds = 20;

/**
 * Loaded before a Node program, to report its own peak memory when it exits. (npm runs this in the project's folder.)
 */
export const measuredNode: readonly string[] = [
  process.execPath,
  '--require',
  resolve('scripts', 'report-usage.cjs'),
];

/**
 * The shell starts the command, prints its process ID, and reports the times of its children. (Node reports only its own
 * times.)
 * Background commands of a shell lose standard input unless it is redirected explicitly.
 */
const shellScript = `
  "$@" <&0 & child=$!
  echo "process $child" >&3
  wait "$child"; status=$?
  times >&3
  exit "$status"`;

/** @throws Error with the command's own message if it fails. */
export async function measureCommand(
  command: readonly string[],
  onOutput: (text: string) => void = () => {},
): Promise<Measurement> {
  const startedAt = performance.now();
  const child = spawn('sh', ['-c', shellScript, 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let report = '';
  let words = '';
  let polledKibibytes = 0;
  child.stdout!.on('data', (piece: Buffer) => {
    onOutput(piece.toString());
  });
  child.stderr!.on('data', (piece: Buffer) => (words = (words + piece.toString()).slice(-2000)));
  child.stdio[3]!.on('data', (piece: Buffer) => (report += piece.toString()));
  const poll = setInterval(() => {
    const processId = /^process (\d+)/.exec(report)?.[1];
    if (processId !== undefined) polledKibibytes = Math.max(polledKibibytes, readPeak(processId));
  }, pollMilliseconds);
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  clearInterval(poll);
  const wallSeconds = (performance.now() - startedAt) / 1000;
  if (exitCode !== 0) throw new Error(`${command.join(' ')} ended with ${String(exitCode)}:\n${words}`);
  const own = /"peakMemoryMebibytes":([\d.]+)/.exec(report)?.[1];
  const peak = own === undefined ? polledKibibytes / 1024 : Number(own);
  return {
    cpuSeconds: readChildTimes(report),
    wallSeconds,
    peakMemoryMebibytes: peak === 0 ? undefined : peak,
  };
}

/**
 * @param report Ends with the output of `times`: user and system time of the shell and, on the next line, of its
 *   children, as `0m1.25s 0m0.25s`.
 */
export function readChildTimes(report: string): number {
  const match = /(\d+)m([\d.]+)s (\d+)m([\d.]+)s\s*$/.exec(report);
  if (match === null) throw new Error(`Expected the shell's times, got ${JSON.stringify(report)}`);
  const [userMinutes, userSeconds, systemMinutes, systemSeconds] = match.slice(1).map(Number);
  return (userMinutes! + systemMinutes!) * 60 + userSeconds! + systemSeconds!;
}

/** Peak memory in KiB of the largest process among a process and its descendants; 0 if all have ended. */
function readPeak(processId: string): number {
  try {
    const folder = `/proc/${processId}`;
    const own = Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`${folder}/status`, 'utf8'))?.[1] ?? 0);
    const children = readFileSync(`${folder}/task/${processId}/children`, 'utf8').match(/\d+/g) ?? [];
    return Math.max(own, ...children.map(readPeak));
  } catch {
    return 0;
  }
}

export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The median of each figure. */
export function medianOf(measurements: readonly Measurement[]): Measurement {
  const peaks = measurements.flatMap(({ peakMemoryMebibytes }) => peakMemoryMebibytes ?? []);
  return {
    cpuSeconds: median(measurements.map(({ cpuSeconds }) => cpuSeconds)),
    wallSeconds: median(measurements.map(({ wallSeconds }) => wallSeconds)),
    peakMemoryMebibytes: peaks.length === 0 ? undefined : median(peaks),
  };
}
