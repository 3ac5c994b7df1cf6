// The prefetch artifacts of a platform's SOCI index, built from its layers' zTOCs.
import type { ContentReader } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import {
  assignFiles,
  type FoundFiles,
  makePrefetchArtifact,
  type PrefetchArtifact,
  PrefetchSearch,
} from '../core/soci/prefetch.ts';
import type { HeldZtocs } from './layer-entries.ts';

interface LayerWithZtoc {
  readonly layerDigest: Digest;
  readonly ztoc: { readonly digest: Digest; readonly size: number };
}

export interface PrefetchedLayers {
  /** In the order of the layers. */
  readonly artifacts: readonly PrefetchArtifact[];
  /** Sentences about files that were not found in any zTOC. */
  readonly warnings: readonly string[];
}

/** Number of files and layers named in a warning; the others are counted. */
const maximumNames = 10;

/**
 * @param layers Layers with a zTOC, bottom first. One zTOC is in memory at a time.
 * @param others Layers without one, which may contain a file.
 * @throws Any error from the store or `decodeZtoc`.
 */
export async function prefetchLayers(
  store: ContentReader,
  held: HeldZtocs,
  files: readonly string[],
  layers: readonly LayerWithZtoc[],
  others: readonly Digest[],
  signal: AbortSignal | undefined,
): Promise<PrefetchedLayers> {
  const search = new PrefetchSearch(files);
  const { paths } = search;
  const found: (FoundFiles & { readonly layerDigest: Digest })[] = [];
  const wanted = new Set(paths);
  for (const { layerDigest, ztoc } of layers.toReversed()) {
    if (wanted.size === 0) break;
    const inLayer = search.findIn(await held.read(store, ztoc, signal));
    found.push({ layerDigest, ...inLayer });
    for (const path of inLayer.exact.keys()) wanted.delete(path);
  }
  const { ranges, missing } = assignFiles(paths, found);
  // An image may contain a layer twice.
  const digests = [...new Set(layers.map(({ layerDigest }) => layerDigest))];
  const artifacts = digests.flatMap((digest) => {
    const spans = ranges.get(digest);
    return spans === undefined ? [] : [makePrefetchArtifact(digest, spans)];
  });
  return { artifacts, warnings: describeMissing(missing, others) };
}

function describeMissing(missing: readonly string[], others: readonly Digest[]): readonly string[] {
  const where = others.length === 0 ? '' : `; it may be in a layer without a zTOC: ${listDigests(others)}`;
  const named = missing
    .slice(0, maximumNames)
    .map((path) => `the file to prefetch ${quoteText(`/${path}`)} was not found in any zTOC${where}`);
  const more = missing.length - named.length;
  return more === 0 ? named : [...named, `${more} more files to prefetch were not found in any zTOC`];
}

function listDigests(digests: readonly Digest[]): string {
  const shown = digests.slice(0, maximumNames).join(', ');
  const more = digests.length - maximumNames;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
