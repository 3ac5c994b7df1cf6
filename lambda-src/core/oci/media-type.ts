// The media types of manifests, configs and layers, and the format of a layer's tar.
import { sociPrefetchType } from '../soci-names.ts';

export const ociIndexType = 'application/vnd.oci.image.index.v1+json';
export const ociManifestType = 'application/vnd.oci.image.manifest.v1+json';
export const ociConfigType = 'application/vnd.oci.image.config.v1+json';
export const dockerManifestListType = 'application/vnd.docker.distribution.manifest.list.v2+json';
export const dockerManifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const dockerConfigType = 'application/vnd.docker.container.image.v1+json';

const ociLayerPrefix = 'application/vnd.oci.image.layer.';
const ociLayerType = 'application/vnd.oci.image.layer.v1.tar';
const ociForeignLayerType = 'application/vnd.oci.image.layer.nondistributable.v1.tar';
/** Docker's layer types have no structured suffix: each compression has its own type. */
const dockerLayerFormats: ReadonlyMap<string, LayerFormat> = new Map<string, LayerFormat>([
  // These two do not indicate the compression; only plain tars are indexed.
  ['application/vnd.docker.image.rootfs.diff.tar', 'uncompressed'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar', 'uncompressed'],
  ['application/vnd.docker.image.rootfs.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
  ['application/vnd.docker.image.rootfs.diff.tar.zstd', 'zstd'],
]);

/** Whether it is the media type of an image manifest, OCI or Docker (schema 2). */
export function isManifestType(mediaType: string): boolean {
  return mediaType === ociManifestType || mediaType === dockerManifestType;
}

/** Whether it is the media type of an image index, or of Docker's manifest list. */
export function isIndexType(mediaType: string): boolean {
  return mediaType === ociIndexType || mediaType === dockerManifestListType;
}

/** Whether it is the media type of a container image's config. Other artifacts with layers are not images. */
export function isImageConfigType(mediaType: string): boolean {
  return mediaType === ociConfigType || mediaType === dockerConfigType;
}

/**
 * The format of a layer.
 *
 * - `gzip`, `uncompressed`: a tar that can have a zTOC
 * - `zstd`: a tar without a zTOC, because zTOCs do not support zstd
 * - `unsupported`: a layer that is encrypted, or in an unknown format
 * - `prefetch`: a prefetch artifact among the layers
 * - `not-a-layer`: something else, for example the chart of a Helm artifact
 */
export type LayerFormat = 'gzip' | 'uncompressed' | 'zstd' | 'unsupported' | 'prefetch' | 'not-a-layer';

/**
 * The format of a layer by its media type, with containerd's rules:
 * https://github.com/containerd/containerd/blob/v2.2.6/core/images/mediatypes.go
 *
 * One difference: containerd uses the alphabetically last suffix, so `+gzip+encrypted` counts as gzip, and an image with
 * such a layer fails as damaged. Encrypted bytes are never a gzip stream; here they are unsupported.
 */
export function layerFormatOf(mediaType: string): LayerFormat {
  if (mediaType === sociPrefetchType) return 'prefetch';

  const [base = '', ...suffixes] = mediaType.split('+');
  const dockerFormat = dockerLayerFormats.get(base);
  if (dockerFormat !== undefined) return suffixes.length === 0 ? dockerFormat : 'unsupported';

  if (!mediaType.startsWith(ociLayerPrefix)) return 'not-a-layer';
  if (mediaType === ociLayerType) return 'uncompressed';
  if (base !== ociLayerType && base !== ociForeignLayerType) return 'unsupported';
  if (suffixes.includes('encrypted')) return 'unsupported';
  const compression = suffixes.sort().at(-1);
  return compression === 'gzip' || compression === 'zstd' ? compression : 'unsupported';
}
