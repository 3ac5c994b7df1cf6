import { describe, expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { DeadlineError } from '../../lambda-src/handlers/deadline.ts';
import { isPermanent } from '../../lambda-src/handlers/failure.ts';
import { TooSlowError } from '../../lambda-src/handlers/hand-over.ts';
import { registryError } from '../helpers/registry-failure.ts';

const digest = digestOf(new Uint8Array());

function refusal(status: number | undefined, transient: boolean): Error {
  return registryError({ transient, ...(status !== undefined && { status }) });
}

describe('a permanent failure, which is not retried', () => {
  test.each<readonly [string, unknown]>([
    ['an invalid event', new InvalidEventError(['no source'])],
    ['a damaged layer', new FormatError('gzip', 'block type 3 is reserved', 7)],
    ['content that does not match its descriptor', new ContentMismatchError(digest, 'has 3 bytes')],
    ['a missing part of the image', new NotFoundError('no blob')],
    ['a layer that takes longer than any invocation', new TooSlowError('no layer could be finished')],
    ['a manifest that the registry rejects', refusal(400, false)],
    ['a request that the registry does not support', refusal(405, false)],
    ['a refusal with the last status of its class', refusal(499, false)],
  ])('is %s', (_, error) => {
    expect(isPermanent(error)).toBe(true);
  });
});

describe('a transient failure, which is retried and then kept', () => {
  test.each<readonly [string, unknown]>([
    ['a throttling registry', refusal(429, true)],
    ['an unavailable registry', refusal(503, true)],
    ['another registry error', refusal(501, false)],
    ['a failure of the registry itself', refusal(500, false)],
    ['a permission that is missing or too new', refusal(403, false)],
    ['a rejected password', refusal(401, false)],
    ['a closed connection', refusal(undefined, true)],
    ['a registry that cannot be reached from this VPC', refusal(undefined, false)],
    ['an invalid setting', new ConfigError(['SOCI_PLATFORMS is not set'])],
    ['a deadline that has passed', new DeadlineError('time is up')],
    ['an AWS error', Object.assign(new Error('no permission'), { name: 'AccessDeniedException' })],
    ['a bug in this program', new TypeError('x is not a function')],
    ['a thrown value that is not an error', 'text'],
  ])('is %s', (_, error) => {
    expect(isPermanent(error)).toBe(false);
  });
});
