import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { isOtherArtifact, otherArtifactTypes } from '../../lambda-src/events/artifact-type.ts';

const imageConfig = 'application/vnd.oci.image.config.v1+json';

describe('isOtherArtifact', () => {
  test.each<readonly [string, { tag?: string; artifactType?: string }, boolean]>([
    ['an image', { artifactType: imageConfig, tag: 'v1' }, false],
    [
      "an image with Docker's config",
      { artifactType: 'application/vnd.docker.container.image.v1+json' },
      false,
    ],
    ['an image index, whose event has no type', { tag: 'v1' }, false],
    [
      'an unknown artifact, which the generator must inspect',
      { artifactType: 'application/vnd.new+json' },
      false,
    ],
    ['a SOCI index of version 1', { artifactType: 'application/vnd.amazon.soci.index.v1+json' }, true],
    ['a SOCI index of version 2', { artifactType: 'application/vnd.amazon.soci.index.v2+json' }, true],
    ['a Notation signature', { artifactType: 'application/vnd.cncf.notary.signature' }, true],
    ['a Helm chart', { artifactType: 'application/vnd.cncf.helm.config.v1+json', tag: '1.2.3' }, true],
    [
      'a cosign signature, whose config looks like that of an image',
      { artifactType: imageConfig, tag: `sha256-${'0a'.repeat(32)}.sig` },
      true,
    ],
    ['a cosign attestation', { tag: `sha256-${'0a'.repeat(32)}.att` }, true],
    ['a referrers list at a fallback tag', { tag: `sha256-${'0a'.repeat(32)}` }, true],
    ['an image whose tag is a short digest', { tag: 'sha256-0a0a' }, false],
    ['an image whose tag only starts like a fallback tag', { tag: `sha256-${'0a'.repeat(32)}-arm64` }, false],
  ])('judges %s', (_, push, isOther) => {
    expect(isOtherArtifact(push)).toBe(isOther);
  });

  test("rejects exactly the artifact types that the module's event pattern excludes", () => {
    const source = readFileSync(join(__dirname, '..', '..', 'event-rule.tf'), 'utf8');
    const list = /other_artifact_types = \[([^\]]*)\]/.exec(source)?.[1] ?? '';
    expect([...list.matchAll(/"([^"]+)"/g)].map(([, type]) => type)).toEqual([...otherArtifactTypes]);
  });
});
