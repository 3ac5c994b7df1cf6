// The names and numbers by which SOCI's tools know each other's work: media types, annotations, and the defaults of the
// reference that everybody has come to expect. Each is spelled here alone.
// https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md

export type SociIndexVersion = 'V1' | 'V2';

/** The media type of the config, which is what tells a SOCI index from an image; also the `artifactType` of entries. */
export const sociIndexTypes: Readonly<Record<SociIndexVersion, string>> = {
  V1: 'application/vnd.amazon.soci.index.v1+json',
  V2: 'application/vnd.amazon.soci.index.v2+json',
};

/** The media type of a zTOC blob in a SOCI index. */
export const ztocMediaType = 'application/octet-stream';

/** The media type of a prefetch artifact in a SOCI index. */
export const sociPrefetchType = 'application/vnd.amazon.soci.prefetch.v1+json';

/** On an image's manifest: the digest of its SOCI index, version 2. */
export const sociIndexDigestAnnotation = 'com.amazon.soci.index-digest';

/** On a SOCI index's entry: the digest of the image's manifest that it belongs to. */
export const imageManifestDigestAnnotation = 'com.amazon.soci.image-manifest-digest';

/** On a zTOC: the digest of its layer. */
export const layerDigestAnnotation = 'com.amazon.soci.image-layer-digest';

/** On a zTOC: the media type of its layer. */
export const layerMediaTypeAnnotation = 'com.amazon.soci.image-layer-mediaType';

/** On a zTOC: uncompressed bytes between its checkpoints. */
export const spanSizeAnnotation = 'com.amazon.soci.span-size';

/** On a SOCI index: who built it. */
export const buildToolAnnotation = 'com.amazon.soci.build-tool-identifier';

/** What follows the image's tag in the tag of the indexed image. */
export const defaultTagSuffix = '-soci';

/** Default of `soci create`: a smaller layer is faster to download than to load lazily. Bytes as the layer is stored. */
export const defaultMinimumLayerSizeBytes = 10 * 1024 * 1024;

/** Default of `soci create`. A checkpoint carries 32 KiB, so that a zTOC is about 0.8 % of the layer's tar. */
export const defaultSpanSizeBytes = 4 * 1024 * 1024;

/**
 * Written into every zTOC and SOCI index, and so part of their digests: it is not a version of this program, and changes
 * only when the bytes of zTOCs would.
 */
export const defaultBuildToolIdentifier = 'soci_index_builder v1';
