// Names and numbers that SOCI tools share: media types, annotations, and the reference's defaults. Each is defined only
// here.
// https://github.com/awslabs/soci-snapshotter/blob/main/docs/soci-index-manifest-v2.md

export type SociIndexVersion = 'V1' | 'V2';

/**
 * The media type of the config, which distinguishes a SOCI index from an image. It is also the `artifactType` of entries.
 */
export const sociIndexTypes: Readonly<Record<SociIndexVersion, string>> = {
  V1: 'application/vnd.amazon.soci.index.v1+json',
  V2: 'application/vnd.amazon.soci.index.v2+json',
};

/** The media type of a zTOC blob in a SOCI index. */
export const ztocMediaType = 'application/octet-stream';

/** The media type of a prefetch artifact in a SOCI index. */
export const sociPrefetchType = 'application/vnd.amazon.soci.prefetch.v1+json';

/** On an image's manifest: the digest of its V2 SOCI index. */
export const sociIndexDigestAnnotation = 'com.amazon.soci.index-digest';

/** On a SOCI index's entry: the digest of its image's manifest. */
export const imageManifestDigestAnnotation = 'com.amazon.soci.image-manifest-digest';

/** On a zTOC: the digest of its layer. */
export const layerDigestAnnotation = 'com.amazon.soci.image-layer-digest';

/** On a zTOC: the media type of its layer. */
export const layerMediaTypeAnnotation = 'com.amazon.soci.image-layer-mediaType';

/** On a zTOC: uncompressed bytes between its checkpoints. */
export const spanSizeAnnotation = 'com.amazon.soci.span-size';

/** On a SOCI index: its build tool. */
export const buildToolAnnotation = 'com.amazon.soci.build-tool-identifier';

/** The suffix that is added to an image's tag for the indexed image. */
export const defaultTagSuffix = '-soci';

/** Default of `soci create`, in stored bytes. A smaller layer is faster to download than to look up. */
export const defaultMinimumLayerSizeBytes = 10 * 1024 * 1024;

/**
 * Default of `soci create`. A checkpoint takes 32 KiB, so a zTOC has about 0.8 % of the size of the layer's tar.
 */
export const defaultSpanSizeBytes = 4 * 1024 * 1024;

/**
 * Part of every zTOC and SOCI index, and therefore of their digests. It is not this program's version, and changes only if the
 * bytes of zTOCs change.
 */
export const defaultBuildToolIdentifier = 'soci_index_builder v1';
