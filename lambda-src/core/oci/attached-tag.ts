// Tags derived from another image's digest.

/**
 * `sha256-….sig` and similar tags, at which cosign stores artifacts with configs like those of images. Without a suffix, such
 * a tag points to the list of referrers in registries without the referrers API.
 * https://github.com/sigstore/cosign/blob/v2.4.1/specs/SIGNATURE_SPEC.md#tag-based-discovery
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
const attachedTagPattern = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/;

/** Whether a tag certainly points to an attachment of an image, not to an image. */
export function isAttachedTag(tag: string): boolean {
  return attachedTagPattern.test(tag);
}
