// Artifacts in ECR that are not images, recognized by the event alone. It spares invocations and decides nothing: what is
// not recognized here, the generator recognizes by the manifest.
import { isAttachedTag } from '../core/oci/attached-tag.ts';
import { sociIndexTypes } from '../core/soci-names.ts';

/** Those that the module's event pattern leaves out, too (event-rule.tf; a test holds the two lists equal). */
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

/** Whether a pushed artifact is certainly no image. */
export function isOtherArtifact(push: { readonly tag?: string; readonly artifactType?: string }): boolean {
  return otherArtifactTypes.has(push.artifactType ?? '') || isAttachedTag(push.tag ?? '');
}
