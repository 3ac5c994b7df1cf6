// A pool of threads that build zTOCs. They inflate layers while the main thread downloads them and checks digests.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import {
  unpackFailure,
  type WorkerAnswer,
  type WorkerFailure,
  type WorkerRequest,
} from './worker-messages.ts';
import {
  type BuiltZtoc,
  startOwnJob,
  type ZtocJob,
  type ZtocJobOptions,
  type ZtocJobs,
} from './ztoc-jobs.ts';

/**
 * Size of the buffers that are transferred: large enough to need few messages, small enough to fit into the processor's
 * cache.
 */
const bufferBytes = 1024 * 1024;
/**
 * Number of buffers of one job in transit: enough that neither thread has to wait if both share a processor for a while.
 * With 3, a layer takes 2 % longer; with 12, it is no faster.
 */
const buffersPerJob = 6;

/** A thread takes some 50 ms of CPU to start. Fewer bytes than this are inflated faster without one. */
const threadPaysFromBytes = 32 * 1024 * 1024;

export class ZtocWorkers implements ZtocJobs {
  readonly #program: string;

  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  /**
   * Buffers of earlier jobs, to be reused. Otherwise, each layer would leave large buffers behind for the garbage
   * collector.
   */
  readonly #idleBuffers: ArrayBuffer[] = [];
  #startedJobs = 0;

  /**
   * @param program The code of each thread: ztoc-worker.ts, bundled as text.
   * @param size Maximum number of jobs in parallel. Threads are started on first use.
   */
  constructor(
    program: string,
    readonly size: number = availableParallelism(),
  ) {
    this.#program = program;
  }

  start(options: ZtocJobOptions, bytesInAll = Infinity): ZtocJob {
    if (this.#all.size === 0 && bytesInAll < threadPaysFromBytes) return startOwnJob(options);
    const worker = this.#idle.pop() ?? this.#startWorker();
    return new WorkerJob(worker, ++this.#startedJobs, options, this.#idleBuffers, () => {
      if (this.#all.has(worker)) this.#idle.push(worker);
    });
  }

  /** Stops all threads. */
  async close(): Promise<void> {
    const workers = [...this.#all];
    this.#all.clear();
    this.#idle.length = 0;
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  #startWorker(): Worker {
    const worker = new Worker(this.#program, { eval: true });
    this.#all.add(worker);
    // When a thread exits, its job is notified; an idle thread is only removed. After an error, a thread takes a moment to
    // exit, and no other job may get it in the meantime.
    const forget = () => {
      this.#all.delete(worker);
      const place = this.#idle.indexOf(worker);
      if (place >= 0) this.#idle.splice(place, 1);
    };
    worker.on('error', forget).on('exit', forget);
    return worker;
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

class WorkerJob implements ZtocJob {
  readonly #worker: Worker;
  readonly #job: number;
  readonly #idleBuffers: ArrayBuffer[];
  readonly #giveBack: () => void;

  #filling: Uint8Array | undefined;
  #filledBytes = 0;
  /** Number of the job's buffers that are not in transit. */
  #freeBuffers = buffersPerJob;
  #error: Error | undefined;
  #built: BuiltZtoc | undefined;
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(
    worker: Worker,
    job: number,
    options: ZtocJobOptions,
    idleBuffers: ArrayBuffer[],
    giveBack: () => void,
  ) {
    this.#worker = worker;
    this.#job = job;
    this.#idleBuffers = idleBuffers;
    this.#giveBack = giveBack;

    worker.on('message', this.#onMessage).on('error', this.#onError).on('exit', this.#onExit);
    this.#send({ kind: 'start', options });
  }

  async push(layerBytes: Uint8Array): Promise<void> {
    let next = 0;
    while (next < layerBytes.length) {
      this.#filling ??= await this.#takeBuffer();
      const piece = layerBytes.subarray(next, next + this.#filling.length - this.#filledBytes);
      this.#filling.set(piece, this.#filledBytes);
      this.#filledBytes += piece.length;
      next += piece.length;
      if (this.#filledBytes === this.#filling.length) this.#handOver();
    }
  }

  async finish(): Promise<BuiltZtoc> {
    if (this.#filledBytes > 0) this.#handOver();
    this.#send({ kind: 'finish' });
    while (this.#built === undefined) await this.#nextMessage();
    return this.#built;
  }

  discard(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#worker.off('message', this.#onMessage).off('error', this.#onError).off('exit', this.#onExit);
    this.#send({ kind: 'discard' });
    this.#giveBack();
  }

  readonly #onMessage = (answer: WorkerAnswer) => {
    if (answer.job !== this.#job) return;
    if (answer.kind === 'used') {
      this.#freeBuffers++;
      this.#idleBuffers.push(answer.buffer);
    }
    if (answer.kind === 'built') this.#built = answer.ztoc;
    else if (answer.failure !== undefined) this.#fail(answer.failure);
    this.#wake?.();
  };

  readonly #onError = (error: unknown) => {
    this.#error ??= error instanceof Error ? error : new Error(String(error));
    this.#wake?.();
  };

  readonly #onExit = () => {
    this.#onError(new Error('the thread that builds the zTOC has exited'));
  };

  #fail(failure: WorkerFailure): void {
    this.#error ??= unpackFailure(failure);
  }

  async #takeBuffer(): Promise<Uint8Array> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      if (this.#freeBuffers > 0) {
        this.#freeBuffers--;
        return new Uint8Array(this.#idleBuffers.pop() ?? new ArrayBuffer(bufferBytes));
      }
      await this.#nextMessage();
    }
  }

  /** @throws The job's error, now or when it occurs. */
  async #nextMessage(): Promise<void> {
    if (this.#error === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#error !== undefined) throw this.#error;
  }

  #handOver(): void {
    const buffer = this.#filling!.buffer as ArrayBuffer;
    this.#send({ kind: 'push', buffer, length: this.#filledBytes }, [buffer]);
    this.#filling = undefined;
    this.#filledBytes = 0;
  }

  #send(request: DistributiveOmit<WorkerRequest, 'job'>, transfer: ArrayBuffer[] = []): void {
    this.#worker.postMessage({ job: this.#job, ...request } satisfies WorkerRequest, transfer);
  }
}
