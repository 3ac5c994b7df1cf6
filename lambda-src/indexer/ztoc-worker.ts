// A thread that builds zTOCs, one after the other, for ztoc-workers.ts. It runs the bundle that it was started from,
// whose entry calls `serveZtocJobs` first thing.
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { FormatError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import type { ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { type SpanStart, SpanStartRecorder } from './span-starts.ts';
import { type BuiltZtoc, startOwnJob, type ZtocJob } from './ztoc-jobs.ts';

/** Tells a worker that it is one of ours. */
export const ztocWorkerRole = 'soci-ztoc-worker';

/**
 * To the worker, which has one job at a time. The number of the job comes back with every answer: where a job is given
 * up, answers to it may still be on their way.
 */
export type WorkerRequest = { readonly job: number } & RequestKind;

type RequestKind =
  /** `reportSpans`: the digests of spans are made where the job comes from, of the buffers that come back. */
  | { readonly kind: 'start'; readonly options: ZtocOptions; readonly reportSpans: boolean }
  /** The buffer is handed over, and comes back when it has been used. */
  | { readonly kind: 'push'; readonly buffer: ArrayBuffer; readonly length: number }
  /** With the digests of the spans, if they were reported. */
  | { readonly kind: 'finish'; readonly spanDigests?: readonly Digest[] }
  | { readonly kind: 'discard' };

export type WorkerAnswer = { readonly job: number } & AnswerKind;

type AnswerKind =
  | {
      readonly kind: 'used';
      readonly buffer: ArrayBuffer;
      readonly length: number;
      /** The spans that begin in the buffer's bytes. */
      readonly spanStarts?: readonly SpanStart[];
      readonly failure?: WorkerFailure;
    }
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
  let job: RunningJob | undefined;
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

interface RunningJob {
  readonly ztoc: ZtocJob;
  readonly spans: SpanStartRecorder | undefined;
}

async function serve(
  request: WorkerRequest,
  job: RunningJob | undefined,
  answer: (answer: AnswerKind, transfer?: ArrayBuffer[]) => void,
): Promise<RunningJob | undefined> {
  switch (request.kind) {
    case 'start': {
      const spans = request.reportSpans ? new SpanStartRecorder() : undefined;
      return { ztoc: startOwnJob(request.options, spans), spans };
    }
    case 'push': {
      const { buffer, length } = request;
      try {
        await job?.ztoc.push(new Uint8Array(buffer, 0, length));
        const spanStarts = job?.spans?.takeStarts();
        answer({ kind: 'used', buffer, length, ...(spanStarts && { spanStarts }) }, [buffer]);
      } catch (error) {
        answer({ kind: 'used', buffer, length, failure: packFailure(error) }, [buffer]);
      }
      return job;
    }
    case 'finish':
      try {
        if (request.spanDigests !== undefined) job!.spans!.receiveDigests(request.spanDigests);
        const ztoc = await job!.ztoc.finish();
        // The buffer that it was written in goes along, with what it has too much.
        answer({ kind: 'built', ztoc }, [ztoc.bytes.buffer as ArrayBuffer]);
      } catch (error) {
        answer({ kind: 'failed', failure: packFailure(error) });
      }
      return job;
    case 'discard':
      job?.ztoc.discard();
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
