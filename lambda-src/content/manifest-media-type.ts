// The media type of a manifest, from its bytes. It may be absent there; then only the descriptor or the HTTP header
// contains it.
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

/** OCI's type, guessed from the content: an index has `manifests`. */
export function apparentMediaType(bytes: Uint8Array): string {
  return findMember(bytes, 'manifests') === undefined ? ociManifestType : ociIndexType;
}

function findMember(bytes: Uint8Array, name: string): unknown {
  const document = parseJson(bytes);
  if (!(document instanceof JsonObject)) return undefined;
  return document.members.find(([key]) => key === name)?.[1];
}
