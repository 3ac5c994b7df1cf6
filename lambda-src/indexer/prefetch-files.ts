// Determines which files of an image to prefetch: those of a given list, or those that the image's label names.
import { isContentError } from '../content/content-error.ts';
import type { ContentReader } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { maximumConfigBytes, parseConfigLabel } from '../core/oci/image-config.ts';
import type { ImageManifest } from '../core/oci/manifest.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import { parsePrefetchLabel, prefetchLabel } from '../core/soci/prefetch-label.ts';

/** One list for every platform, or each platform's label. */
export type PrefetchSource = readonly string[] | 'label';

export interface PrefetchFiles {
  readonly files: readonly string[];
  readonly warnings: readonly string[];
}

interface ImageToPrefetch {
  readonly platform: Platform;
  readonly manifest: ImageManifest;
  /** The config, if it was read already. */
  readonly config: Uint8Array | undefined;
}

/** @throws Any error from the store. A missing or damaged config only causes a warning. */
export async function readPrefetchFiles(
  store: ContentReader,
  { platform, manifest, config }: ImageToPrefetch,
  source: PrefetchSource | undefined,
  signal: AbortSignal | undefined,
): Promise<PrefetchFiles> {
  if (source !== 'label') return { files: source ?? [], warnings: [] };
  const warn = (problem: string) => `${formatPlatform(platform)}: label ${prefetchLabel}: ${problem}`;
  let label: string | undefined;
  try {
    label = parseConfigLabel(
      config ?? (await readWholeBlob(store, manifest.config, maximumConfigBytes, signal)),
      prefetchLabel,
    );
  } catch (error) {
    if (!isContentError(error)) throw error;
    const problem = `the image's config cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    return { files: [], warnings: [warn(problem)] };
  }
  if (label === undefined) return { files: [], warnings: [] };
  const { files, problems } = parsePrefetchLabel(label);
  return { files, warnings: problems.map(warn) };
}
