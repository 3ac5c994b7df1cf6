// Finds missing parts of an index: a runtime lazy-loads nothing if anything that the index names is missing. Each part
// costs one HEAD request; nothing is read.
import type { ContentReader } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { type ImageIndex, parseManifest } from '../core/oci/manifest.ts';
import { claimedSociDigests } from '../core/soci/soci-entry.ts';
import type { FoundIndex, PresentIndex, SociEntry } from './soci-indexes.ts';
import { describeEntry } from './source-image.ts';

/**
 * - `manifest`: an entry of the image index that is not a SOCI index
 * - `soci-index`: the manifest of a SOCI index, missing or damaged
 * - `config`, `ztoc`, `prefetch`: a blob that a SOCI index names
 */
export interface Gap {
  readonly kind: 'manifest' | 'soci-index' | 'config' | 'ztoc' | 'prefetch';
  readonly digest: Digest;
  /** `the zTOC sha256:…` */
  readonly name: string;
  /** The SOCI index itself, or the one that the part belongs to. */
  readonly sociIndex?: Digest;
}

/** Maximum number of requests in parallel. */
const questionsAtOnce = 8;

/** Missing parts of a V2 image: manifests, SOCI indexes, and what these name. Layers are not checked. */
export async function findImageGaps(
  store: ContentReader,
  index: ImageIndex,
  sociEntries: readonly SociEntry[],
  signal?: AbortSignal,
): Promise<readonly Gap[]> {
  const claimed = claimedSociDigests(index);
  const manifests = index.manifests
    .filter(({ digest }) => !claimed.has(digest))
    .map((entry) => ({ kind: 'manifest' as const, digest: entry.digest, name: describeEntry(entry) }));
  return [
    ...(await keepMissing(store, manifests, signal)),
    ...(await findIndexGaps(
      store,
      sociEntries.map(({ found }) => found),
      signal,
    )),
  ];
}

/** Missing parts of SOCI indexes: manifests, configs, zTOCs and prefetch artifacts. */
export async function findIndexGaps(
  store: ContentReader,
  indexes: readonly FoundIndex[],
  signal?: AbortSignal,
): Promise<readonly Gap[]> {
  const absent = indexes.flatMap((found): readonly Gap[] => {
    if (found.kind !== 'missing' && found.kind !== 'damaged') return [];
    const { digest } = found;
    return [{ kind: 'soci-index', digest, name: `the SOCI index ${digest}`, sociIndex: digest }];
  });
  const parts = indexes.flatMap((found) => (found.kind === 'present' ? partsOf(found) : []));
  return [...absent, ...(await keepMissing(store, parts, signal))];
}

/** The blobs that a SOCI index names. */
function partsOf(index: PresentIndex): readonly Gap[] {
  const sociIndex = index.digest;
  const config = parseManifest(index.bytes).config.digest;
  return [
    {
      kind: 'config',
      digest: config,
      name: `the config ${config} of the SOCI index ${sociIndex}`,
      sociIndex,
    },
    ...index.layers.map(({ ztoc: { digest } }) => {
      return { kind: 'ztoc' as const, digest, name: `the zTOC ${digest}`, sociIndex };
    }),
    ...(index.prefetch ?? []).map(({ digest }) => {
      return { kind: 'prefetch' as const, digest, name: `the prefetch artifact ${digest}`, sociIndex };
    }),
  ];
}

async function keepMissing(
  store: ContentReader,
  parts: readonly Gap[],
  signal: AbortSignal | undefined,
): Promise<readonly Gap[]> {
  const queue = [...new Map(parts.map((part) => [part.digest, part])).values()];
  const missing = new Set<Digest>();
  for (
    let some = queue.splice(0, questionsAtOnce);
    some.length > 0;
    some = queue.splice(0, questionsAtOnce)
  ) {
    const answers = await Promise.all(
      some.map(({ kind, digest }) =>
        kind === 'manifest'
          ? store.resolve(digest, signal).then((found) => found !== undefined)
          : store.hasBlob(digest, signal),
      ),
    );
    for (const [position, { digest }] of some.entries()) if (answers[position] === false) missing.add(digest);
  }
  // If several SOCI indexes share a missing zTOC, each of them has a gap.
  return parts.filter(({ digest }) => missing.has(digest));
}

/** A sentence without a full stop that says what is missing and what to do. */
export function describeGap({ name }: Gap): string {
  return `${name} is missing; run soci-index index to create it again`;
}
