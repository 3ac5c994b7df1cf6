// Determines the kind of a manifest from its content. Our own pushes cause events like any other push, and tags and repository
// names are arbitrary, so only the content shows with certainty that there is nothing to do.
import { isImageConfigType, layerFormatOf } from '../oci/media-type.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ImageManifest } from '../oci/manifest.ts';
import { sociIndexVersionOf } from './soci-index.ts';
import { sociIndexDigestAnnotation } from '../soci-names.ts';

/** Annotations on a BuildKit attestation's entry: its type, and the digest of the image's manifest. */
const referenceTypeAnnotation = 'vnd.docker.reference.type';
export const referenceDigestAnnotation = 'vnd.docker.reference.digest';

const inTotoType = 'application/vnd.in-toto+json';
const attestationType = 'application/vnd.docker.attestation.manifest.v1+json';

/**
 * - `image`: a container image
 * - `converted-image`: a container image that names a V2 SOCI index
 * - `soci-index`: a SOCI index
 * - `attestation`: BuildKit's statements about an image, with a config like an image's
 * - `artifact`: anything else, for example a Helm chart; also a signature or bill of materials with an image's config
 *   (cosign, ko): none of its layers has a layer's media type
 */
export type ManifestKind = 'image' | 'converted-image' | 'soci-index' | 'attestation' | 'artifact';

export function manifestKindOf(manifest: ImageManifest): ManifestKind {
  const { config, layers, artifactType, annotations } = manifest;
  if (sociIndexVersionOf(config.mediaType) !== undefined || sociIndexVersionOf(artifactType) !== undefined) {
    return 'soci-index';
  }
  if (artifactType === attestationType) return 'attestation';
  if (layers.length > 0 && layers.every(({ mediaType }) => mediaType === inTotoType)) return 'attestation';
  if (!isImageConfigType(config.mediaType)) return 'artifact';
  if (layers.length > 0 && layers.every(({ mediaType }) => layerFormatOf(mediaType) === 'not-a-layer')) {
    return 'artifact';
  }
  return annotations?.[sociIndexDigestAnnotation] === undefined ? 'image' : 'converted-image';
}

/** Whether BuildKit has marked an entry of an image index as an attestation. */
export function isAttestationEntry({ annotations, artifactType }: Descriptor): boolean {
  return (
    annotations?.[referenceTypeAnnotation] === 'attestation-manifest' || artifactType === attestationType
  );
}
