// How a manifest is listed among its subject's referrers.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { parseIndex, parseManifest } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { type ContentReader, StoreError, type StoredManifest } from './content-store.ts';

/** The fields of a manifest by which a store later finds it and the manifests that it lists. */
export interface ManifestLinks {
  readonly subject: Descriptor | undefined;
  /** The entries of an index. An image's manifest has none. */
  readonly entries: readonly Descriptor[];
  /**
   * The manifest with its annotations and artifact type. For an image without an artifact type, this is the config's media
   * type.
   */
  readonly referrer: Descriptor;
}

/** @throws FormatError if the bytes are not a valid index or image manifest, depending on the media type. */
export function readLinks({ mediaType, digest, bytes }: StoredManifest): ManifestLinks {
  const isIndex = isIndexType(mediaType);
  const document = isIndex ? parseIndex(bytes) : parseManifest(bytes);
  const ownType = document.artifactType;
  const artifactType = 'config' in document ? (ownType ?? document.config.mediaType) : ownType;
  const { annotations } = document;
  return {
    subject: document.subject,
    entries: 'manifests' in document ? document.manifests : [],
    referrer: dropUndefined({ mediaType, digest, size: bytes.length, annotations, artifactType }),
  };
}

/** The referrers of one artifact type, or all of them. */
export function filterReferrers(
  referrers: readonly Descriptor[],
  artifactType: string | undefined,
): readonly Descriptor[] {
  return artifactType === undefined
    ? referrers
    : referrers.filter((referrer) => referrer.artifactType === artifactType);
}

/**
 * The referrers of a manifest, for a command that only reads: if the store cannot list them, the list is empty and
 * `problem` gives the reason. A V2 image needs no referrers.
 */
export async function tryListReferrers(
  store: ContentReader,
  subject: Digest,
  artifactType?: string,
  signal?: AbortSignal,
): Promise<{ readonly referrers: readonly Descriptor[]; readonly problem?: string }> {
  try {
    return { referrers: await store.listReferrers(subject, artifactType, signal) };
  } catch (error) {
    const isListing =
      error instanceof StoreError || error instanceof FormatError || error instanceof ContentMismatchError;
    if (isListing) return { referrers: [], problem: error.message };
    throw error;
  }
}
