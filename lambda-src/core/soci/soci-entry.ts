// Finds the entries of an image index that claim to be SOCI indexes. Tools that copy images drop the artifact type (skopeo copy
// --all 1.9, buildah manifest), so an annotation counts as a claim, too. Only the config of the manifest shows whether the claim
// is true.
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
 * Digests of the entries that claim to be V2 SOCI indexes. If one manifest serves two platforms, only the first entry of
 * its SOCI index has the annotation. Another entry with the same digest is the same SOCI index.
 */
export function claimedSociDigests({ manifests }: ImageIndex): ReadonlySet<Digest> {
  return new Set(manifests.filter(claimsToBeSociIndex).map(({ digest }) => digest));
}
