// How a command ended with an image, as far as all commands say it alike: its status, with reason and message.
import { failureReasonOf } from '../aws/failure-reason.ts';
import type { Explained, FailureReason } from '../core/reasons.ts';
import { describeError } from './advice.ts';

/** Why it failed, for JSON. */
export function explainFailure(error: unknown): Explained<FailureReason> {
  return { reason: failureReasonOf(error), message: describeError(error) };
}

/** A line for people, and a second one if there is more to say. */
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
