// Selects the layers of an image that get a zTOC, with reasons for the others.
import type { Descriptor } from '../oci/descriptor.ts';
import { layerFormatOf } from '../oci/media-type.ts';
import type { DescriptorSkipReason } from '../reasons.ts';

export type LayerChoice =
  | { readonly kind: 'index'; readonly layer: Descriptor; readonly compression: 'gzip' | 'uncompressed' }
  | { readonly kind: 'skip'; readonly layer: Descriptor; readonly reason: DescriptorSkipReason };

/**
 * One choice for each layer, in the image's order, including repeated layers.
 *
 * The reference refuses an image that lists anything other than layers. Here, such an entry is skipped, so that the other
 * layers can be indexed. The checks are in the reference's order, so that the reasons are the same.
 *
 * @param minimumLayerSizeBytes Stored, compressed bytes. A smaller layer is faster to download than to look up; 0 selects
 *   every layer.
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
