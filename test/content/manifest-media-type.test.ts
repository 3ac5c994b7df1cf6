import { expect, test } from '@jest/globals';
import { apparentMediaType, declaredMediaType } from '../../lambda-src/content/manifest-media-type.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { ociTypes } from '../helpers/images.ts';
import { bytesOf } from './sample-content.ts';

test.each([
  ['{"schemaVersion":2,"mediaType":"application/a","manifests":[]}', 'application/a', ociTypes.index],
  ['{"schemaVersion":2,"manifests":[]}', undefined, ociTypes.index],
  ['{"schemaVersion":2,"layers":[]}', undefined, ociTypes.manifest],
  ['{"mediaType":""}', undefined, ociTypes.manifest],
  ['{"mediaType":7}', undefined, ociTypes.manifest],
  ['[]', undefined, ociTypes.manifest],
])('the manifest %s declares the type %s, and appears to have %s', (text, declared, apparent) => {
  expect(declaredMediaType(bytesOf(text))).toBe(declared);
  expect(apparentMediaType(bytesOf(text))).toBe(apparent);
});

test('a manifest that is not JSON has no type', () => {
  expect(() => declaredMediaType(bytesOf('{'))).toThrow(FormatError);
});
