// Artifacts in ECR that are not images, recognized from the event alone. This only saves invocations: the generator
// recognizes the rest from the manifest.
import { isAttachedTag } from '../core/oci/attached-tag.ts';
import { sociIndexTypes } from '../core/soci-names.ts';

/** The module's event pattern excludes these as well (event-rule.tf; a test keeps both lists equal). */
export const otherArtifactTypes: ReadonlySet<string> = new Set([
  sociIndexTypes.V1,
  sociIndexTypes.V2,
  'application/vnd.cncf.helm.config.v1+json',
  'application/vnd.cncf.notary.signature',
  'application/vnd.cyclonedx+json',
  'application/vnd.dev.cosign.artifact.sig.v1+json',
  'application/vnd.dev.sigstore.bundle.v0.3+json',
  'application/vnd.in-toto+json',
  'application/spdx+json',
]);

/** Whether a pushed artifact is certainly not an image. */
export function isOtherArtifact(push: { readonly tag?: string; readonly artifactType?: string }): boolean {
  return otherArtifactTypes.has(push.artifactType ?? '') || isAttachedTag(push.tag ?? '');
}
