import { expect, test } from '@jest/globals';
import type { Descriptor } from '../../../lambda-src/core/oci/descriptor.ts';
import type { ImageManifest } from '../../../lambda-src/core/oci/manifest.ts';
import { isAttestationEntry, manifestKindOf } from '../../../lambda-src/core/soci/manifest-kind.ts';

const blob = (mediaType: string): Descriptor => ({ mediaType, digest: `sha256:${'a'.repeat(64)}`, size: 1 });
const imageConfig = blob('application/vnd.oci.image.config.v1+json');
const layer = blob('application/vnd.oci.image.layer.v1.tar+gzip');
const inToto = blob('application/vnd.in-toto+json');
const sociIndex = 'application/vnd.amazon.soci.index.v2+json';

test.each<[string, ImageManifest, string]>([
  ['an OCI image', { config: imageConfig, layers: [layer] }, 'image'],
  [
    'a Docker image',
    { config: blob('application/vnd.docker.container.image.v1+json'), layers: [layer] },
    'image',
  ],
  ['an image without layers', { config: imageConfig, layers: [] }, 'image'],
  [
    'an image that points to its SOCI index',
    { config: imageConfig, layers: [layer], annotations: { 'com.amazon.soci.index-digest': 'sha256:…' } },
    'converted-image',
  ],
  ['a SOCI index', { config: blob(sociIndex), layers: [blob('application/octet-stream')] }, 'soci-index'],
  [
    'a version 1 SOCI index',
    { config: blob('application/vnd.amazon.soci.index.v1+json'), layers: [] },
    'soci-index',
  ],
  [
    'a SOCI index with an artifact type',
    { config: blob('application/vnd.oci.empty.v1+json'), layers: [], artifactType: sociIndex },
    'soci-index',
  ],
  ['a BuildKit attestation', { config: imageConfig, layers: [inToto, inToto] }, 'attestation'],
  [
    'a BuildKit attestation that is an OCI artifact',
    {
      config: blob('application/vnd.oci.empty.v1+json'),
      layers: [inToto],
      artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    },
    'attestation',
  ],
  [
    'a cosign signature with an image config',
    { config: imageConfig, layers: [blob('application/vnd.dev.cosign.simplesigning.v1+json')] },
    'artifact',
  ],
  ['an SBOM by ko', { config: imageConfig, layers: [blob('text/spdx+json')] }, 'artifact'],
  ['an image with one layer of another type', { config: imageConfig, layers: [layer, blob('a/b')] }, 'image'],
  [
    'an image with one layer of in-toto statements',
    { config: imageConfig, layers: [layer, inToto] },
    'image',
  ],
  [
    'a Helm chart',
    {
      config: blob('application/vnd.cncf.helm.config.v1+json'),
      layers: [blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip')],
    },
    'artifact',
  ],
])('recognizes %s by its content', (_name, manifest, kind) => {
  expect(manifestKindOf(manifest)).toBe(kind);
});

test.each<[string, Partial<Descriptor>, boolean]>([
  [
    'with the attestation annotation',
    { annotations: { 'vnd.docker.reference.type': 'attestation-manifest' } },
    true,
  ],
  [
    'with the attestation artifact type',
    { artifactType: 'application/vnd.docker.attestation.manifest.v1+json' },
    true,
  ],
  ['with a different reference type', { annotations: { 'vnd.docker.reference.type': 'x' } }, false],
  ['with neither', {}, false],
])('an entry %s is an attestation: %s', (_name, entry, expected) => {
  expect(isAttestationEntry({ ...blob('application/vnd.oci.image.manifest.v1+json'), ...entry })).toBe(
    expected,
  );
});
