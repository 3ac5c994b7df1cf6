import type { ContentWriter } from '../../lambda-src/content/content-store.ts';
import type { EncodedManifest } from '../../lambda-src/core/oci/manifest.ts';
import {
  encodeSociIndex,
  sociConfigBytes,
  sociConfigOf,
  type SociIndex,
} from '../../lambda-src/core/soci/soci-index.ts';
import type { Blob } from './images.ts';

export interface SociIndexParts extends Omit<SociIndex, 'layers'> {
  /** Each layer with the zTOC that the index lists for it, right or wrong. */
  readonly layers: readonly { readonly layer: Blob; readonly ztoc: Blob }[];
  /** What the index says about every zTOC. @default nothing */
  readonly spanSizeBytes?: number;
}

/** Pushes a SOCI index made by hand, with its config and zTOCs. */
export async function pushSociIndex(
  store: ContentWriter,
  { layers, spanSizeBytes, ...rest }: SociIndexParts,
): Promise<EncodedManifest> {
  await store.pushBlob(sociConfigOf(rest.version), sociConfigBytes);
  for (const { ztoc } of layers) await store.pushBlob(ztoc.descriptor, ztoc.bytes);
  const index = encodeSociIndex({
    ...rest,
    layers: layers.map(({ layer, ztoc }) => ({
      layerDigest: layer.descriptor.digest,
      layerMediaType: layer.descriptor.mediaType,
      ztoc: ztoc.descriptor,
      ...(spanSizeBytes !== undefined && { spanSizeBytes }),
    })),
  });
  await store.pushManifest(index);
  return index;
}
