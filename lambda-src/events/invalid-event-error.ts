// An event that is none of those that the functions are made for.

/** Lists every fault of the event, not only the first. Another attempt would meet the same event. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';

  constructor(readonly faults: readonly string[]) {
    super(`the event is no push of an image to ECR: ${faults.join('; ')}`);
  }
}
