// The outcome of a command for one image, as all commands report it: status, reason and message.
import { failureReasonOf } from '../aws/failure-reason.ts';
import type { Explained, FailureReason } from '../core/reasons.ts';
import { describeError } from './advice.ts';

const explained = new WeakSet();

/** Whether a command has already reported the error. */
export function isExplained(error: unknown): boolean {
  return typeof error === 'object' && error !== null && explained.has(error);
}

/** The reason of a failure, for JSON. */
export function explainFailure(error: unknown): Explained<FailureReason> {
  if (typeof error === 'object' && error !== null) explained.add(error);
  return { reason: failureReasonOf(error), message: describeError(error) };
}

/** One line for people, and a second one if there is a message. */
export function describeEnd({
  image,
  status,
  reason,
  message,
}: {
  readonly image: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}): string {
  const end = reason === undefined ? status : `${status} (${reason})`;
  return `${end}: ${image}\n  ${message ?? ''}`.trimEnd();
}
