// Tags that are made of another image's digest.

/**
 * `sha256-….sig` and the like, as cosign attaches what it makes, whose config looks like an image's; and without an ending
 * the list of referrers in registries that have no API for it.
 * https://github.com/sigstore/cosign/blob/v2.4.1/specs/SIGNATURE_SPEC.md#tag-based-discovery
 * https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
 */
const attachedTagPattern = /^sha256-[0-9a-f]{64}(?:\.[a-z]+)?$/;

/** Whether what a tag points to is certainly no image, but something about the image whose digest it spells. */
export function isAttachedTag(tag: string): boolean {
  return attachedTagPattern.test(tag);
}
