import { expect, test } from '@jest/globals';
import { readLinks } from '../../lambda-src/content/referrer.ts';
import { encodeIndex, encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { bytesOf, describeBlob, sampleImage } from './sample-content.ts';

const subject = describeBlob(bytesOf('subject'), 'application/vnd.oci.image.manifest.v1+json');
const config = describeBlob(bytesOf('{}'), 'application/vnd.example.config');

test.each([
  ['its own, if present', { config, artifactType: 'application/vnd.example' }, 'application/vnd.example'],
  ['that of its config, if it has none', { config }, 'application/vnd.example.config'],
])('the artifact type of an image manifest is %s', (_title, fields, expected) => {
  const links = readLinks(encodeManifest({ ...fields, layers: [], subject }));
  expect([links.referrer.artifactType, links.subject, links.entries]).toEqual([expected, subject, []]);
});

test('an index has entries, and an artifact type only if it states one', () => {
  const entry = describeBlob(sampleImage('one').manifest.bytes, 'application/vnd.oci.image.manifest.v1+json');
  const links = readLinks(encodeIndex({ manifests: [entry], annotations: { a: 'b' } }));
  expect(links.entries).toEqual([entry]);
  expect([links.subject, 'artifactType' in links.referrer, links.referrer.annotations]).toEqual([
    undefined,
    false,
    { a: 'b' },
  ]);
});
