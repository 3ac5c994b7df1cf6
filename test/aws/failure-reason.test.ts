import { openSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { AwsError } from '../../lambda-src/aws/aws-error.ts';
import { failureReasonOf } from '../../lambda-src/aws/failure-reason.ts';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import type { FailureReason } from '../../lambda-src/core/reasons.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { DeadlineError } from '../../lambda-src/handlers/deadline.ts';
import { TooSlowError } from '../../lambda-src/handlers/hand-over.ts';
import { registryError } from '../helpers/registry-failure.ts';

function refusal(status: number | undefined, transient: boolean): Error {
  return registryError({ transient, ...(status !== undefined && { status }) });
}

function awsError(name: string, httpStatusCode?: number): Error {
  return Object.assign(new Error('no'), { name, $metadata: { ...(httpStatusCode && { httpStatusCode }) } });
}

function openNothing(): unknown {
  try {
    return openSync('/nowhere/to/be/found', 'r');
  } catch (error) {
    return error;
  }
}

const metadata = { message: 'no', $metadata: {} };

describe('failureReasonOf', () => {
  test.each<readonly [string, unknown, FailureReason]>([
    ['a damaged layer', new FormatError('gzip', 'no'), 'layer-damaged'],
    ['a damaged tar', new FormatError('tar', 'no'), 'layer-damaged'],
    ['an invalid manifest', new FormatError('manifest', 'no'), 'manifest-invalid'],
    ['an invalid zTOC', new FormatError('ztoc', 'no'), 'ztoc-invalid'],
    ['a layer with the wrong digest', new ContentMismatchError('sha256:0', 'no'), 'layer-damaged'],
    [
      'a manifest with the wrong digest',
      new ContentMismatchError('sha256:0', 'no', 'manifest-invalid'),
      'manifest-invalid',
    ],
    ['missing content', new NotFoundError('no'), 'not-found'],
    ['invalid settings', new ConfigError(['no']), 'settings-invalid'],
    ['an event', new InvalidEventError(['no']), 'event-invalid'],
    ['a deadline that has passed', new DeadlineError('no'), 'out-of-time'],
    ['a layer that takes too long to read', new TooSlowError('no'), 'too-slow'],
    ['a registry that requires authentication', refusal(401, false), 'access-denied'],
    ['a registry that denies access', refusal(403, false), 'access-denied'],
    ['a registry that denies access temporarily', refusal(403, true), 'registry-unavailable'],
    ['a missing repository', refusal(404, false), 'not-found'],
    ['a registry that throttles', refusal(429, true), 'registry-unavailable'],
    ['a registry that is unavailable', refusal(503, true), 'registry-unavailable'],
    ['a registry with an untrusted certificate', refusal(undefined, false), 'registry-unavailable'],
    ['a registry that rejects a manifest', refusal(400, false), 'registry-error'],
    ['an incomplete AWS response', new AwsError('no'), 'aws-error'],
    ['a missing Lambda function', new ResourceNotFoundException({ ...metadata, Type: 'User' }), 'aws-error'],
    ['an AWS error named AccessDeniedException', awsError('AccessDeniedException', 400), 'access-denied'],
    ['an AWS error named AccessDenied, without a status', awsError('AccessDenied'), 'access-denied'],
    ['an AWS error with status 403', awsError('KmsProblem', 403), 'access-denied'],
    ['throttling', awsError('ThrottlingException', 400), 'aws-error'],
    [
      'missing AWS credentials',
      Object.assign(new Error('no'), { name: 'CredentialsProviderError' }),
      'access-denied',
    ],
    ['a missing file', openNothing(), 'file-error'],
    ['an unexpected error', new TypeError('no'), 'internal-error'],
    ['a thrown value that is not an error', 'no', 'internal-error'],
  ])('returns the reason for %s', (_, error, reason) => {
    expect(failureReasonOf(error)).toBe(reason);
  });
});
