// An event that the functions cannot use.
import { ReasonedError } from '../core/errors.ts';

/** More of them than ECR could have got wrong are no better than the first, and a log line must stay readable. */
const shownFaults = 10;

/** Lists the faults of the event, not only the first. Another attempt would meet the same event. */
export class InvalidEventError extends ReasonedError {
  override readonly name = 'InvalidEventError';
  readonly reason = 'event-invalid';

  constructor(readonly faults: readonly string[]) {
    const shown = faults.slice(0, shownFaults);
    const unshown = faults.length - shown.length;
    if (unshown > 0) shown.push(`and ${unshown} more`);
    super(`invalid ECR image event: ${shown.join('; ')}`);
  }
}
