import { expect, test } from '@jest/globals';
import { isContentError } from '../../lambda-src/content/content-error.ts';
import {
  ImmutableTagError,
  MissingStoreError,
  NotFoundError,
} from '../../lambda-src/content/content-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';

test.each<readonly [string, unknown, boolean]>([
  ['an invalid format', new FormatError('tar', 'x'), true],
  ['content with another digest', new ContentMismatchError('sha256:ab', 'x'), true],
  ['missing content', new NotFoundError('x'), true],
  ['a missing store', new MissingStoreError('x'), true],
  ['a setting', new ConfigError(['x']), false],
  ['a tag that is taken', new ImmutableTagError('v1'), false],
  ['any other error', new Error('x'), false],
  ['nothing', undefined, false],
])('whether %s is a fault of the content', (_title, error, expected) => {
  expect(isContentError(error)).toBe(expected);
});

test('a tag that is taken is named, with the cause', () => {
  const cause = new Error('409');
  const error = new ImmutableTagError('v1-soci', { cause });
  expect(error).toMatchObject({ tag: 'v1-soci', cause });
  expect(error.message).toContain('v1-soci');
});
