// The reason code of any error: our errors have one; those of the AWS SDK and of Node.js are recognized by their fields.
import { types } from 'node:util';
import { ReasonedError } from '../core/errors.ts';
import type { FailureReason } from '../core/reasons.ts';

/** Status codes with which AWS services refuse the caller, not the request. */
const permissionStatuses: ReadonlySet<unknown> = new Set([401, 403]);

/** Error names with the same meaning and status 400. */
const permissionErrors: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'ExpiredTokenException',
  'KMSAccessDeniedException',
  'UnrecognizedClientException',
]);

export function failureReasonOf(error: unknown): FailureReason {
  if (error instanceof ReasonedError) return error.reason;
  // Not `instanceof`: a Node.js error may come from another realm.
  if (!types.isNativeError(error)) return 'internal-error';
  // An error that only adds a file name to its cause.
  if (error.cause instanceof ReasonedError) return error.cause.reason;
  const { $metadata: metadata, syscall } = error as {
    readonly $metadata?: { readonly httpStatusCode?: number };
    readonly syscall?: unknown;
  };
  // Every service error has $metadata: https://github.com/aws/aws-sdk-js-v3/blob/main/supplemental-docs/ERROR_HANDLING.md
  if (metadata !== undefined || error.name === 'CredentialsProviderError') {
    const isRefusal = permissionErrors.has(error.name) || permissionStatuses.has(metadata?.httpStatusCode);
    return isRefusal || metadata === undefined ? 'access-denied' : 'aws-error';
  }
  return typeof syscall === 'string' ? 'file-error' : 'internal-error';
}
