// The SOCI index: a manifest with the zTOCs of an image's layers and its prefetch artifacts. Version 1 refers to its image
// by `subject` and is found as a referrer; version 2 is part of the image index, and the image's manifest refers to it.
import { FormatError } from '../errors.ts';
import { digestOf, isDigest, type Descriptor, type Digest } from '../oci/descriptor.ts';
import { encodeManifest, parseManifest, type EncodedManifest } from '../oci/manifest.ts';
import { quoteText } from '../oci/quotation.ts';
import { type ListedPrefetch, prefetchDescriptorOf } from './prefetch.ts';
import {
  type SociIndexVersion,
  sociIndexTypes,
  sociPrefetchType,
  ztocMediaType,
  layerDigestAnnotation,
  layerMediaTypeAnnotation,
  spanSizeAnnotation,
  buildToolAnnotation,
} from '../soci-names.ts';

/** The config's bytes, `{}`. Runtimes do not read it, but registries require it. */
export const sociConfigBytes: Uint8Array = new TextEncoder().encode('{}');

/** A layer of an image, with its zTOC. */
export interface IndexedLayer {
  readonly layerDigest: Digest;
  readonly layerMediaType: string;
  readonly ztoc: { readonly digest: Digest; readonly size: number };
  /** Uncompressed bytes between checkpoints. Absent in indexes made before snapshotter 0.12. */
  readonly spanSizeBytes?: number;
}

export interface SociIndex {
  readonly version: SociIndexVersion;
  /** In the order of the image's layers. */
  readonly layers: readonly IndexedLayer[];
  /** In the order of the image's layers. Absent if empty. */
  readonly prefetch?: readonly ListedPrefetch[];
  /** The image's manifest, in version 1. */
  readonly subject?: Descriptor;
  readonly buildToolIdentifier?: string;
}

/** The version of a SOCI index, from an artifact type or a config's media type; undefined for anything else. */
export function sociIndexVersionOf(artifactType: string | undefined): SociIndexVersion | undefined {
  if (artifactType === sociIndexTypes.V1) return 'V1';
  return artifactType === sociIndexTypes.V2 ? 'V2' : undefined;
}

/** The config of a SOCI index of this version; its bytes are `sociConfigBytes`. */
export function sociConfigOf(version: SociIndexVersion): Descriptor {
  return {
    mediaType: sociIndexTypes[version],
    digest: digestOf(sociConfigBytes),
    size: sociConfigBytes.length,
  };
}

/** Encodes the manifest of a SOCI index. Only media type, digest and size of the subject are written. */
export function encodeSociIndex(index: SociIndex): EncodedManifest {
  const { subject } = index;
  return encodeManifest({
    config: sociConfigOf(index.version),
    layers: [...index.layers.map(ztocDescriptorOf), ...(index.prefetch ?? []).map(prefetchDescriptorOf)],
    ...(subject && {
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    }),
    ...(index.buildToolIdentifier !== undefined && {
      annotations: { [buildToolAnnotation]: index.buildToolIdentifier },
    }),
  });
}

/**
 * Parses a SOCI index. Entries that are neither zTOCs nor prefetch artifacts are ignored.
 *
 * @throws FormatError if the bytes are not a manifest, or not that of a SOCI index.
 */
export function parseSociIndex(bytes: Uint8Array): SociIndex {
  const manifest = parseManifest(bytes);
  const version = sociIndexVersionOf(manifest.config.mediaType);
  if (version === undefined) {
    throw new FormatError(
      'manifest',
      `manifest ${digestOf(bytes)}: not a SOCI index, its config is ${quoteText(manifest.config.mediaType)}`,
    );
  }
  const buildToolIdentifier = manifest.annotations?.[buildToolAnnotation];
  const prefetch = manifest.layers
    .filter(({ mediaType }) => mediaType === sociPrefetchType)
    .map(readPrefetch);
  return {
    version,
    layers: manifest.layers
      .filter(({ mediaType }) => mediaType === ztocMediaType)
      .map((ztoc) => readZtoc(ztoc, bytes)),
    ...(prefetch.length > 0 && { prefetch }),
    ...(manifest.subject && { subject: manifest.subject }),
    ...(buildToolIdentifier !== undefined && { buildToolIdentifier }),
  };
}

function ztocDescriptorOf({ layerDigest, layerMediaType, ztoc, spanSizeBytes }: IndexedLayer): Descriptor {
  return {
    mediaType: ztocMediaType,
    digest: ztoc.digest,
    size: ztoc.size,
    annotations: {
      [layerDigestAnnotation]: layerDigest,
      [layerMediaTypeAnnotation]: layerMediaType,
      ...(spanSizeBytes !== undefined && { [spanSizeAnnotation]: String(spanSizeBytes) }),
    },
  };
}

function readPrefetch({ digest, size, annotations = {} }: Descriptor): ListedPrefetch {
  const layerDigest = annotations[layerDigestAnnotation];
  return { layerDigest: isDigest(layerDigest) ? layerDigest : undefined, digest, size };
}

function readZtoc({ digest, size, annotations = {} }: Descriptor, bytes: Uint8Array): IndexedLayer {
  const layerDigest = annotations[layerDigestAnnotation];
  const spanSizeBytes = annotations[spanSizeAnnotation];
  if (!isDigest(layerDigest)) {
    throw new FormatError(
      'manifest',
      `SOCI index ${digestOf(bytes)}: zTOC ${digest} has no digest of a layer in ${layerDigestAnnotation}`,
    );
  }
  if (
    spanSizeBytes !== undefined &&
    (!/^[0-9]+$/.test(spanSizeBytes) || !Number.isSafeInteger(Number(spanSizeBytes)))
  ) {
    throw new FormatError(
      'manifest',
      `SOCI index ${digestOf(bytes)}: zTOC ${digest} has the span size ${quoteText(spanSizeBytes)}`,
    );
  }
  return {
    layerDigest,
    layerMediaType: annotations[layerMediaTypeAnnotation] ?? '',
    ztoc: { digest, size },
    ...(spanSizeBytes !== undefined && { spanSizeBytes: Number(spanSizeBytes) }),
  };
}
