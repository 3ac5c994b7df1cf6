// Which layers of an image get a zTOC, and why the others do not.
import type { Descriptor } from '../oci/descriptor.ts';
import { layerFormatOf } from '../oci/media-type.ts';
import type { DescriptorSkipReason } from '../reasons.ts';

export type LayerChoice =
  | { readonly kind: 'index'; readonly layer: Descriptor; readonly compression: 'gzip' | 'uncompressed' }
  | { readonly kind: 'skip'; readonly layer: Descriptor; readonly reason: DescriptorSkipReason };

/**
 * One choice for each layer, in the image's order; a layer that comes twice is chosen twice.
 *
 * The reference refuses an image in which anything is not a layer by its media type. Here that one is skipped, so that the
 * others are still of use. The order of the tests is the reference's, so that the same reasons come out.
 *
 * @param minimumLayerSizeBytes Bytes of the layer as it is stored, compressed. A smaller layer is faster to download than
 *   indexed; 0 takes every layer.
 */
export function selectLayers(layers: readonly Descriptor[], minimumLayerSizeBytes: number): LayerChoice[] {
  return layers.map((layer) => selectLayer(layer, minimumLayerSizeBytes));
}

function selectLayer(layer: Descriptor, minimumLayerSizeBytes: number): LayerChoice {
  const format = layerFormatOf(layer.mediaType);
  if (format === 'prefetch') return { kind: 'skip', layer, reason: 'prefetch-artifact' };
  if (format === 'not-a-layer') return { kind: 'skip', layer, reason: 'not-a-layer' };
  if (layer.size < minimumLayerSizeBytes) return { kind: 'skip', layer, reason: 'too-small' };
  if (format === 'zstd') return { kind: 'skip', layer, reason: 'zstd' };
  if (format === 'unsupported') return { kind: 'skip', layer, reason: 'unsupported-media-type' };
  return { kind: 'index', layer, compression: format };
}
