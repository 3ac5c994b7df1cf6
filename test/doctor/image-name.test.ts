import { expect, test } from '@jest/globals';
import { indexCommandOf, referenceOf, sourceTagOf } from '../../lambda-src/doctor/image-name.ts';

test.each([
  ['v1-soci', '-soci', 'v1'],
  ['v1', '-soci', undefined],
  ['-soci', '-soci', undefined],
  ['v1-soci-soci', '-soci', 'v1-soci'],
  ['v1', '', undefined],
  [undefined, '-soci', undefined],
])('the tag %s with the suffix "%s" has the source tag %s', (tag, suffix, source) => {
  expect(sourceTagOf(tag, suffix)).toBe(source);
});

test('an archive is indexed into another archive, a layout in place', () => {
  const archive = { place: 'archive', repository: 'oci-archive:a.tar', tag: 'v1' } as const;
  expect(indexCommandOf(archive)).toMatch(/^soci-index index oci-archive:a\.tar:v1 --output oci-archive:/);
  const layout = { place: 'layout', repository: 'oci:a', tag: 'v1' } as const;
  expect(indexCommandOf(layout)).toBe('soci-index index oci:a:v1');
});

test('the digest is read before the tag, and latest without either', () => {
  const name = { place: 'ecr', repository: 'app' } as const;
  const digest = `sha256:${'0'.repeat(64)}` as const;
  expect(referenceOf({ ...name, tag: 'v1', digest })).toBe(digest);
  expect(referenceOf({ ...name, tag: 'v1' })).toBe('v1');
  expect(referenceOf(name)).toBe('latest');
});
