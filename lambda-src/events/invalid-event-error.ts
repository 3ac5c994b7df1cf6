// An event that the functions cannot process.
import { ReasonedError } from '../core/errors.ts';

/** More faults would not help the reader, and a log line must stay readable. */
const shownFaults = 10;

/** Lists all faults of the event, not only the first. A retry would not help. */
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
