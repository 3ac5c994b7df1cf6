// AWS answered a call successfully, but with an unexpected result. Errors that AWS returns are errors of the SDK.
import { ReasonedError } from '../core/errors.ts';

export class AwsError extends ReasonedError {
  override readonly name = 'AwsError';
  readonly reason = 'aws-error';
}
