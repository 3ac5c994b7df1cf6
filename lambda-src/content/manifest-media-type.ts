// The media type that a manifest's bytes show. It may be left out of them, and then stands only in the descriptor or
// the HTTP header that led to them.
import { JsonObject, parseJson } from '../core/oci/json-document.ts';
import { ociIndexType, ociManifestType } from '../core/oci/media-type.ts';

/**
 * The manifest's own `mediaType`, or undefined.
 *
 * @throws FormatError if the bytes are not JSON.
 */
export function declaredMediaType(bytes: Uint8Array): string | undefined {
  const mediaType = findMember(bytes, 'mediaType');
  return typeof mediaType === 'string' && mediaType !== '' ? mediaType : undefined;
}

/** OCI's type for what the bytes look like: an index has `manifests`. */
export function apparentMediaType(bytes: Uint8Array): string {
  return findMember(bytes, 'manifests') === undefined ? ociManifestType : ociIndexType;
}

function findMember(bytes: Uint8Array, name: string): unknown {
  const document = parseJson(bytes);
  if (!(document instanceof JsonObject)) return undefined;
  return document.members.find(([key]) => key === name)?.[1];
}
