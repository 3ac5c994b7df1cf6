// A thread that builds zTOCs, one after the other, for ztoc-workers.ts. It runs the bundle that it was started from,
// whose entry calls `serveZtocJobs` first thing.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../core/errors.ts';
import type { ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { type BuiltZtoc, ownThread, type ZtocJob } from './ztoc-jobs.ts';

/** Tells a worker that it is one of ours. */
export const ztocWorkerRole = 'soci-ztoc-worker';

/**
 * To the worker, which has one job at a time. The number of the job comes back with every answer: where a job is given
 * up, answers to it may still be on their way.
 */
export type WorkerRequest = { readonly job: number } & RequestKind;

type RequestKind =
  | { readonly kind: 'start'; readonly options: ZtocOptions }
  /** The buffer is handed over, and comes back when it has been used. */
  | { readonly kind: 'push'; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'discard' };

export type WorkerAnswer = { readonly job: number } & AnswerKind;

type AnswerKind =
  | { readonly kind: 'used'; readonly buffer: ArrayBuffer; readonly failure?: WorkerFailure }
  | { readonly kind: 'built'; readonly ztoc: BuiltZtoc }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure };

/** An error on its way between threads, which would lose its class. */
export interface WorkerFailure {
  readonly message: string;
  readonly format?: Pick<FormatError, 'format' | 'problem' | 'offset'>;
}

/** In a worker of ours: serves, and returns true. Elsewhere: returns false. */
export function serveZtocJobs(): boolean {
  if (isMainThread || parentPort === null || workerData !== ztocWorkerRole) return false;
  const port = parentPort;
  let job: ZtocJob | undefined;
  // Requests are worked off in order: each waits for the one before.
  let previous = Promise.resolve();
  port.on('message', (request: WorkerRequest) => {
    previous = previous.then(async () => {
      job = await serve(request, job, (answer, transfer = []) => {
        const message: WorkerAnswer = { job: request.job, ...answer };
        port.postMessage(message, transfer);
      });
    });
  });
  return true;
}

async function serve(
  request: WorkerRequest,
  job: ZtocJob | undefined,
  answer: (answer: AnswerKind, transfer?: ArrayBuffer[]) => void,
): Promise<ZtocJob | undefined> {
  switch (request.kind) {
    case 'start':
      return ownThread.start(request.options);
    case 'push': {
      const { buffer, length } = request;
      try {
        await job?.push(new Uint8Array(buffer, 0, length));
        answer({ kind: 'used', buffer }, [buffer]);
      } catch (error) {
        answer({ kind: 'used', buffer, failure: packFailure(error) }, [buffer]);
      }
      return job;
    }
    case 'finish':
      try {
        const ztoc = await job!.finish();
        // The buffer that it was written in goes along, with what it has too much.
        answer({ kind: 'built', ztoc }, [ztoc.bytes.buffer as ArrayBuffer]);
      } catch (error) {
        answer({ kind: 'failed', failure: packFailure(error) });
      }
      return job;
    case 'discard':
      job?.discard();
      return undefined;
  }
}

function packFailure(error: unknown): WorkerFailure {
  if (error instanceof FormatError) {
    const { format, problem, offset } = error;
    return { message: error.message, format: { format, problem, ...(offset !== undefined && { offset }) } };
  }
  return { message: error instanceof Error ? error.message : String(error) };
}

export function unpackFailure({ message, format }: WorkerFailure): Error {
  return format === undefined
    ? new Error(message)
    : new FormatError(format.format, format.problem, format.offset);
}
