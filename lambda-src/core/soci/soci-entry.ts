// Which entries of an image index may be SOCI indexes, as far as the image index tells. Tools that copy images drop the
// artifact type (skopeo copy --all 1.9, buildah manifest), so that an annotation is as good a claim. Whether it is true, the
// config of the manifest tells.
import type { Descriptor, Digest } from '../oci/descriptor.ts';
import type { ImageIndex } from '../oci/manifest.ts';
import { sociIndexVersionOf } from './soci-index.ts';
import { imageManifestDigestAnnotation } from '../soci-names.ts';

export function claimsToBeSociIndex({ artifactType, annotations }: Descriptor): boolean {
  return (
    sociIndexVersionOf(artifactType) === 'V2' || annotations?.[imageManifestDigestAnnotation] !== undefined
  );
}

/**
 * Digests of the entries that claim to be SOCI indexes V2. If one manifest serves two platforms, only the first entry of
 * its SOCI index has the annotation: another entry with the same digest is the same SOCI index.
 */
export function claimedSociDigests({ manifests }: ImageIndex): ReadonlySet<Digest> {
  return new Set(manifests.filter(claimsToBeSociIndex).map(({ digest }) => digest));
}
