import { describe, expect, test } from '@jest/globals';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { DeadlineError } from '../../lambda-src/handlers/deadline.ts';
import { isPermanent } from '../../lambda-src/handlers/failure.ts';
import { TooSlowError } from '../../lambda-src/handlers/hand-over.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';

const digest = digestOf(new Uint8Array());

function refusal(status: number | undefined, transient: boolean): RegistryError {
  const url = new URL('https://registry.example/v2/team/app/manifests/latest');
  const failure = { method: 'GET', url, problem: 'refused', transient };
  return new RegistryError(status === undefined ? failure : { ...failure, status }, 1);
}

describe('no other attempt is made after', () => {
  test.each<readonly [string, unknown]>([
    ['an event that is not ours', new InvalidEventError(['no source'])],
    ['a damaged layer', new FormatError('gzip', 'block type 3 is reserved', 7)],
    ['content that is not what it is said to be', new ContentMismatchError(digest, 'has 3 bytes')],
    ['a part of the image that is missing', new NotFoundError('no blob')],
    ['a layer for which no invocation is long enough', new TooSlowError('no layer could be finished')],
    ['a manifest that the registry refuses', refusal(400, false)],
    ['something that the registry does not do', refusal(405, false)],
  ])('%s', (_, error) => {
    expect(isPermanent(error)).toBe(true);
  });
});

describe('another attempt is made, and the event kept, after', () => {
  test.each<readonly [string, unknown]>([
    ['a registry that is too busy', refusal(429, true)],
    ['a registry that is down', refusal(503, true)],
    ['a registry that is broken otherwise', refusal(501, false)],
    ['a permission that is missing or too new', refusal(403, false)],
    ['a password that is not taken', refusal(401, false)],
    ['a connection that ended', refusal(undefined, true)],
    ['a registry that cannot be reached in this VPC', refusal(undefined, false)],
    ['an invalid setting', new ConfigError(['SOCI_PLATFORMS is not set'])],
    ['the end of time', new DeadlineError('time is up')],
    ['an answer of AWS', Object.assign(new Error('no permission'), { name: 'AccessDeniedException' })],
    ['a fault of this program', new TypeError('x is not a function')],
    ['anything that was thrown', 'text'],
  ])('%s', (_, error) => {
    expect(isPermanent(error)).toBe(false);
  });
});
