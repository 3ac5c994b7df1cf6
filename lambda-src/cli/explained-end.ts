// How a command ended with an image, as far as all commands say it alike: its status, with reason and message.
import { failureReasonOf } from '../aws/failure-reason.ts';
import type { Explained, FailureReason } from '../core/reasons.ts';
import { describeError } from './advice.ts';

/** Why it failed, for JSON. */
export function explainFailure(error: unknown): Explained<FailureReason> {
  return { reason: failureReasonOf(error), message: describeError(error) };
}

/** A line for people, and a second one where there is a reason. */
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
  return reason === undefined
    ? `${status}: ${image}`
    : `${status} (${reason}): ${image}\n  ${message ?? ''}`.trimEnd();
}
