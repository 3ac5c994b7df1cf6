// The messages between a pool (ztoc-workers.ts) and its threads (ztoc-worker.ts).
import { FormatError } from '../core/errors.ts';
import type { BuiltZtoc, ZtocJobOptions } from './ztoc-jobs.ts';

/**
 * A request to the thread, which has one job at a time. Requests and answers carry the job's number, because answers for an
 * abandoned job may still arrive.
 */
export type WorkerRequest = { readonly job: number } & RequestKind;

type RequestKind =
  | { readonly kind: 'start'; readonly options: ZtocJobOptions }
  /** The buffer is transferred, and returned after use. */
  | { readonly kind: 'push'; readonly buffer: ArrayBuffer; readonly length: number }
  | { readonly kind: 'finish' }
  | { readonly kind: 'discard' };

export type WorkerAnswer = { readonly job: number } & AnswerKind;

export type AnswerKind =
  | { readonly kind: 'used'; readonly buffer: ArrayBuffer; readonly failure?: WorkerFailure }
  | { readonly kind: 'built'; readonly ztoc: BuiltZtoc }
  | { readonly kind: 'failed'; readonly failure: WorkerFailure };

/** An error as it is sent in a message. An Error object would lose its class. */
export interface WorkerFailure {
  readonly message: string;
  readonly format?: Pick<FormatError, 'format' | 'problem' | 'offset'>;
}

export function packFailure(error: unknown): WorkerFailure {
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
