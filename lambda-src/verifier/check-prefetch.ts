// Checks the prefetch artifacts of a SOCI index against its zTOCs. A wrong one cannot make a container read wrong bytes:
// the snapshotter logs it and continues, and the start is slower than it could be.
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { parseManifest } from '../core/oci/manifest.ts';
import { sociPrefetchType, ztocMediaType } from '../core/soci-names.ts';
import { type ListedPrefetch, maximumPrefetchBytes, parsePrefetchArtifact } from '../core/soci/prefetch.ts';
import type { PresentIndex } from '../image/soci-indexes.ts';
import type { Findings } from './findings.ts';

/**
 * @param spanCountOf Number of spans in a layer's zTOC in this index; undefined if it could not be read.
 * @throws What the store throws, unless an artifact is missing or damaged.
 */
export async function checkPrefetch(
  store: ContentReader,
  index: PresentIndex,
  spanCountOf: (layer: Digest) => number | undefined,
  findings: Findings,
  signal?: AbortSignal,
): Promise<void> {
  const { prefetch, layers } = index;
  if (prefetch === undefined) return;
  const seen = new Set<Digest>();
  for (const artifact of prefetch) {
    const { layerDigest, digest } = artifact;
    const problem =
      layerDigest === undefined
        ? 'it names no layer'
        : layers.every((layer) => layer.layerDigest !== layerDigest)
          ? `it is for the layer ${layerDigest}, which has no zTOC in this index`
          : await findProblem(store, artifact, spanCountOf(layerDigest), signal);
    if (problem !== undefined) findings.addProblem(`prefetch artifact ${digest}: ${problem}`);
    if (layerDigest === undefined) continue;
    if (seen.has(layerDigest)) {
      findings.addWarning(
        `prefetch artifact ${digest}: the layer ${layerDigest} has another one, which runtimes use`,
      );
    }
    seen.add(layerDigest);
  }
  const types = parseManifest(index.bytes).layers.map(({ mediaType }) => mediaType);
  if (types.indexOf(sociPrefetchType) < types.lastIndexOf(ztocMediaType)) {
    findings.addWarning('its prefetch artifacts are not listed after all zTOCs');
  }
}

async function findProblem(
  store: ContentReader,
  { digest, size }: ListedPrefetch,
  spanCount: number | undefined,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (size > maximumPrefetchBytes) return `it has ${size} bytes; the maximum is ${maximumPrefetchBytes}`;
  try {
    const target = { mediaType: sociPrefetchType, digest, size };
    const ranges = parsePrefetchArtifact(await readWholeBlob(store, target, maximumPrefetchBytes, signal));
    if (spanCount === undefined) return undefined;
    const outside = ranges.find(({ end }) => end >= spanCount);
    return (
      outside &&
      `it lists the spans ${outside.start} to ${outside.end}, but the layer's last span is ${spanCount - 1}`
    );
  } catch (error) {
    if (error instanceof NotFoundError) return 'it is missing';
    if (error instanceof ContentMismatchError) return error.message;
    if (error instanceof FormatError) return error.problem;
    throw error;
  }
}
