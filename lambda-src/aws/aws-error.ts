// A call to AWS that went through, and brought something else than it should have. What AWS refuses is the SDK's own error.
import { ReasonedError } from '../core/errors.ts';

export class AwsError extends ReasonedError {
  override readonly name = 'AwsError';
  readonly reason = 'aws-error';
}
