import { describe, expect, test } from '@jest/globals';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';

describe('a format error', () => {
  test.each([
    ['gzip', 'layer-damaged'],
    ['tar', 'layer-damaged'],
    ['ztoc', 'ztoc-invalid'],
    ['manifest', 'manifest-invalid'],
    ['archive', 'archive-invalid'],
  ] as const)('of %s has the reason %s', (format, reason) => {
    expect(new FormatError(format, 'it is damaged').reason).toBe(reason);
  });

  test('names the format, the problem and, if known, the byte, which may be the first', () => {
    expect(new FormatError('tar', 'it is damaged').message).toBe('tar: it is damaged');
    expect(new FormatError('tar', 'it is damaged', 0).message).toBe('tar: it is damaged (at byte 0)');
    expect(new FormatError('tar', 'it is damaged', 7)).toMatchObject({
      message: 'tar: it is damaged (at byte 7)',
      format: 'tar',
      problem: 'it is damaged',
      offset: 7,
    });
  });
});

test('a content mismatch names the digest and the problem, and blames a layer unless it is told otherwise', () => {
  const error = new ContentMismatchError('sha256:ab', 'it is longer');
  expect(error.message).toMatch(/sha256:ab: it is longer$/);
  expect(error).toMatchObject({ digest: 'sha256:ab', reason: 'layer-damaged' });
  expect(new ContentMismatchError('sha256:ab', 'x', 'manifest-invalid').reason).toBe('manifest-invalid');
});

test('a configuration error has every fault, each on its own line', () => {
  const error = new ConfigError(['one', 'two']);
  expect(error).toMatchObject({ message: 'one\ntwo', faults: ['one', 'two'], reason: 'settings-invalid' });
});
