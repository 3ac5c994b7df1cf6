// A coverage-guided fuzzer. It keeps an input if a branch runs for the first time, or a new number of times, and makes
// further inputs from it. It is bundled, given counters (instrumentation.ts), and run in its own process by fuzz-run.ts.
//
// Why our own: Jazzer.js, the only such tool maintained on npm, ships a compiled libFuzzer that needs glibc 2.38, which
// is newer than Debian 12's, and cannot be compiled without the network.
//
// A worker thread does the work while the main thread watches its progress, so that an input on which a target hangs is
// found, too.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createRandom, type Random } from '../helpers/random.ts';
import { countersName } from './instrumentation-name.ts';
import { maximumInputBytes, mutate } from './mutation.ts';
import { fuzzTargets, type FuzzTarget, type FuzzTargetName } from './targets.ts';

/** The request to the process, as JSON on standard input. */
export interface FuzzRequest {
  readonly target: FuzzTargetName;
  readonly seconds: number;
  readonly seed: number;
  /** Inputs in base64. */
  readonly corpus: readonly string[];
}

/** The response of the process, as JSON on standard output. */
export interface FuzzReport {
  readonly executions: number;
  readonly seconds: number;
  /** Number of branches that ran, in the target and everything bundled with it. */
  readonly coveredBranches: number;
  /** The longest time that one input took. */
  readonly slowestMilliseconds: number;
  readonly peakMemoryMebibytes: number;
  /** A few inputs, in base64, that together cover the same branches. */
  readonly corpus: readonly string[];
  readonly finding?: { readonly problem: string; readonly input: string };
}

type PartialReport = Omit<FuzzReport, 'seconds' | 'peakMemoryMebibytes'>;

/** Far longer than any input of the maximum size takes. */
const hangMilliseconds = 10_000;

/** Size limit of the inputs that are kept for later runs. */
const maximumKeptBytes = 4_096;

interface WorkerJob extends FuzzRequest {
  /** The input in progress: its length in four bytes, then its bytes. */
  readonly current: SharedArrayBuffer;
}

const lengthBytes = 4;

async function watch(request: FuzzRequest): Promise<FuzzReport> {
  const startedAt = performance.now();
  const current = new SharedArrayBuffer(lengthBytes + maximumInputBytes);
  const job: WorkerJob = { ...request, current };
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  let executions = 0;
  const partial = await new Promise<PartialReport>((resolve) => {
    const readInput = (): string => {
      const length = new DataView(current).getUint32(0);
      return Buffer.from(new Uint8Array(current, lengthBytes, length)).toString('base64');
    };
    const giveUp = (problem: string): void => {
      const nothing = { executions, coveredBranches: 0, slowestMilliseconds: hangMilliseconds, corpus: [] };
      resolve({ ...nothing, finding: { problem, input: readInput() } });
    };
    const patience = setTimeout(() => {
      giveUp(`no result within ${hangMilliseconds / 1000} seconds`);
    }, hangMilliseconds);
    worker.on('message', (message: number | PartialReport) => {
      patience.refresh();
      if (typeof message === 'number') executions = message;
      else {
        clearTimeout(patience);
        resolve(message);
      }
    });
    worker.on('error', (error) => {
      giveUp(`the thread ended: ${String(error)}`);
    });
  });
  await worker.terminate();
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...partial, seconds, peakMemoryMebibytes: process.resourceUsage().maxRSS / 1024 };
}

class Fuzzing {
  readonly #target: FuzzTarget;
  readonly #counters: Uint8Array;
  /** For each branch, how often it has run in one input, as a bit set of powers of two. */
  readonly #seen: Uint8Array;
  readonly #corpus: Uint8Array[] = [];
  #executions = 0;
  #slowestMilliseconds = 0;

  constructor(readonly job: WorkerJob) {
    this.#target = fuzzTargets[job.target];
    this.#counters = (globalThis as unknown as Record<string, Uint8Array>)[countersName]!;
    this.#seen = new Uint8Array(this.#counters.length);
  }

  async run(report: (executions: number) => void): Promise<PartialReport> {
    const random = createRandom(this.job.seed);
    const dictionary = this.#target.dictionary.map((word) => Buffer.from(word, 'latin1'));
    const endsAt = performance.now() + this.job.seconds * 1000;
    const seeds = [
      new Uint8Array(0),
      ...this.job.corpus.map((text) => new Uint8Array(Buffer.from(text, 'base64'))),
    ];
    let reportedAt = 0;
    for (let next = 0; next < seeds.length || performance.now() < endsAt; next++) {
      let input = seeds[next];
      if (input === undefined) {
        input = mutate(random, this.#choose(random), { corpus: this.#corpus, dictionary }).slice();
        if (random.below(8) > 0) this.#target.repair?.(input);
      }
      try {
        await this.#execute(input);
      } catch (error) {
        const problem = error instanceof Error ? (error.stack ?? error.message) : String(error);
        return { ...this.#describe(), finding: { problem, input: Buffer.from(input).toString('base64') } };
      }
      if (this.#countNewBranches() || next < seeds.length) this.#corpus.push(input);
      if (performance.now() - reportedAt > 500) {
        reportedAt = performance.now();
        report(this.#executions);
      }
    }
    return { ...this.#describe(), corpus: await this.#distil() };
  }

  /** Prefers recent inputs. */
  #choose(random: Random): Uint8Array {
    const { length } = this.#corpus;
    const isRecent = random.below(3) === 0;
    return this.#corpus[isRecent ? length - 1 - random.below(Math.min(length, 16)) : random.below(length)]!;
  }

  async #execute(input: Uint8Array): Promise<void> {
    new DataView(this.job.current).setUint32(0, input.length);
    new Uint8Array(this.job.current).set(input, lengthBytes);
    this.#counters.fill(0);
    const startedAt = performance.now();
    await this.#target.run(input);
    this.#executions++;
    this.#slowestMilliseconds = Math.max(this.#slowestMilliseconds, performance.now() - startedAt);
  }

  #countNewBranches(): boolean {
    let isNew = false;
    for (let branch = 0; branch < this.#counters.length; branch++) {
      const count = this.#counters[branch]!;
      if (count === 0) continue;
      const bit = 1 << (31 - Math.clz32(count));
      if ((this.#seen[branch]! & bit) === 0) {
        this.#seen[branch]! |= bit;
        isNew = true;
      }
    }
    return isNew;
  }

  /** Chooses the smallest inputs that together run every branch, one by one. */
  async #distil(): Promise<readonly string[]> {
    const covered = new Uint8Array(this.#counters.length);
    const kept: string[] = [];
    for (const input of this.#corpus.toSorted((a, b) => a.length - b.length)) {
      if (input.length > maximumKeptBytes) break;
      await this.#execute(input);
      const adds = this.#counters.some((count, branch) => count > 0 && covered[branch] === 0);
      if (!adds) continue;
      this.#counters.forEach((count, branch) => {
        if (count > 0) covered[branch] = 1;
      });
      kept.push(Buffer.from(input).toString('base64'));
    }
    return kept;
  }

  #describe(): PartialReport {
    return {
      executions: this.#executions,
      coveredBranches: this.#seen.reduce((total, bits) => total + (bits === 0 ? 0 : 1), 0),
      slowestMilliseconds: this.#slowestMilliseconds,
      corpus: [],
    };
  }
}

async function readStandardInput(): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of process.stdin as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

if (isMainThread) {
  const report = await watch(JSON.parse(await readStandardInput()) as FuzzRequest);
  process.stdout.write(`${JSON.stringify(report)}\n`);
} else {
  const fuzzing = new Fuzzing(workerData as WorkerJob);
  const report = await fuzzing.run((executions) => {
    parentPort!.postMessage(executions);
  });
  parentPort!.postMessage(report);
}
