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
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';

function registryError(status: number | undefined, transient: boolean): RegistryError {
  const failure = { method: 'GET', url: new URL('https://r/v2/'), problem: 'no', transient };
  return new RegistryError({ ...failure, ...(status !== undefined && { status }) }, 1);
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

describe('the reason of', () => {
  test.each<readonly [string, unknown, FailureReason]>([
    ['a damaged layer', new FormatError('gzip', 'no'), 'layer-damaged'],
    ['a damaged tar', new FormatError('tar', 'no'), 'layer-damaged'],
    ['an invalid manifest', new FormatError('manifest', 'no'), 'manifest-invalid'],
    ['an invalid zTOC', new FormatError('ztoc', 'no'), 'ztoc-invalid'],
    ['a layer of other bytes', new ContentMismatchError('sha256:0', 'no'), 'layer-damaged'],
    [
      'a manifest of other bytes',
      new ContentMismatchError('sha256:0', 'no', 'manifest-invalid'),
      'manifest-invalid',
    ],
    ['what is not there', new NotFoundError('no'), 'not-found'],
    ['a setting', new ConfigError(['no']), 'settings-invalid'],
    ['an event', new InvalidEventError(['no']), 'event-invalid'],
    ['the end of the time', new DeadlineError('no'), 'out-of-time'],
    ['a layer that takes too long', new TooSlowError('no'), 'too-slow'],
    ['a registry that asks for a password', registryError(401, false), 'access-denied'],
    ['a registry that refuses', registryError(403, false), 'access-denied'],
    ['a registry that refuses for now', registryError(403, true), 'registry-unavailable'],
    ['a registry without a repository', registryError(404, false), 'not-found'],
    ['a registry that is busy', registryError(429, true), 'registry-unavailable'],
    ['a registry that breaks down', registryError(503, true), 'registry-unavailable'],
    ['a registry with an untrusted certificate', registryError(undefined, false), 'registry-unavailable'],
    ['a registry that does not take a manifest', registryError(400, false), 'registry-error'],
    ['an answer of AWS without what was asked', new AwsError('no'), 'aws-error'],
    ['a missing function', new ResourceNotFoundException({ ...metadata, Type: 'User' }), 'aws-error'],
    ['a refusal by name', awsError('AccessDeniedException', 400), 'access-denied'],
    ['a refusal by name alone', awsError('AccessDenied'), 'access-denied'],
    ['a refusal by status', awsError('KmsProblem', 403), 'access-denied'],
    ['throttling', awsError('ThrottlingException', 400), 'aws-error'],
    [
      'no AWS credentials',
      Object.assign(new Error('no'), { name: 'CredentialsProviderError' }),
      'access-denied',
    ],
    ['a file that is not there', openNothing(), 'file-error'],
    ['an error that nobody expects', new TypeError('no'), 'internal-error'],
    ['what is not an error', 'no', 'internal-error'],
  ])('%s', (_, error, reason) => {
    expect(failureReasonOf(error)).toBe(reason);
  });
});
