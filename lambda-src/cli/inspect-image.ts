// soci-index inspect IMAGE: the SOCI indexes of an image, with what their zTOCs say.
import type { ContentReader } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { SociIndexVersion } from '../core/soci/soci-index.ts';
import { largestZtocBytes, ztocMediaType } from '../core/ztoc/ztoc.ts';
import { decodeZtoc } from '../core/ztoc/ztoc-decoder.ts';
import { findSociIndexes, type FoundIndex } from '../indexer/find-indexes.ts';
import { shortDigest } from './layer-progress.ts';
import { type ImageAccessOptions, openImage } from './open-image.ts';
import { formatBytes, formatCount } from './quantities.ts';
import { printTable } from './table.ts';

/** What `inspect IMAGE --json` prints. Sizes are bytes. */
interface ImageReport {
  readonly image: string;
  readonly digest: Digest;
  readonly platforms: readonly PlatformReport[];
}

interface PlatformReport {
  readonly platform: string;
  /** Digest of the image's manifest. */
  readonly manifest: Digest;
  readonly layers: number;
  readonly indexes: readonly IndexReport[];
}

interface IndexReport {
  readonly version: SociIndexVersion;
  readonly digest: Digest;
  readonly buildToolIdentifier?: string;
  readonly layers: readonly LayerReport[];
}

interface LayerReport {
  readonly digest: Digest;
  readonly ztoc: {
    readonly digest: Digest;
    readonly size: number;
    readonly spanSize: number;
    readonly spans: number;
    readonly files: number;
  };
  readonly compressedSize: number;
  readonly uncompressedSize: number;
}

/** The report on an image, or on a SOCI index that the name is of, as JSON or for a person. */
export async function inspectImage(
  name: string,
  options: ImageAccessOptions & { readonly json: boolean },
): Promise<string> {
  const image = await openImage(name, options);
  const found = await findSociIndexes(image.store, image.reference);
  if (found.kind === 'none') throw new Error(`${image.name}: there is nothing to inspect (${found.reason})`);
  if (found.kind === 'soci index') {
    const report = await reportIndex(image.store, found.index);
    return options.json
      ? `${JSON.stringify({ image: image.name, ...report })}\n`
      : `${describeIndex(report)}\n`;
  }
  const platforms: PlatformReport[] = [];
  for (const { platform, entry, manifest, indexes } of found.platforms) {
    const reports: IndexReport[] = [];
    for (const index of indexes) reports.push(await reportIndex(image.store, index));
    platforms.push({
      platform: formatPlatform(platform),
      manifest: entry.digest,
      layers: manifest.layers.length,
      indexes: reports,
    });
  }
  const report: ImageReport = { image: image.name, digest: found.digest, platforms };
  return options.json ? `${JSON.stringify(report)}\n` : describeImage(report);
}

async function reportIndex(store: ContentReader, index: FoundIndex): Promise<IndexReport> {
  const layers: LayerReport[] = [];
  for (const { layerDigest, ztoc } of index.layers) {
    const bytes = await readWholeBlob(store, { mediaType: ztocMediaType, ...ztoc }, largestZtocBytes);
    const { spans, spanDigests, contents, compressedSize, uncompressedSize } = decodeZtoc(bytes);
    layers.push({
      digest: layerDigest,
      ztoc: { ...ztoc, spanSize: spans.spanSizeBytes, spans: spanDigests.length, files: contents.length },
      compressedSize,
      uncompressedSize,
    });
  }
  const { version, digest, buildToolIdentifier } = index;
  return { version, digest, ...(buildToolIdentifier !== undefined && { buildToolIdentifier }), layers };
}

function describeImage(report: ImageReport): string {
  const lines = [report.image, `  ${report.digest}`];
  for (const { platform, manifest, layers, indexes } of report.platforms) {
    lines.push('', `${platform}  manifest ${shortDigest(manifest)}, ${formatCount(layers, 'layer')}`);
    if (indexes.length === 0) lines.push('  no SOCI index');
    for (const index of indexes) lines.push(describeIndex(index));
  }
  return `${lines.join('\n')}\n`;
}

function describeIndex({ version, digest, buildToolIdentifier, layers }: IndexReport): string {
  return [
    `  SOCI index ${version} ${digest}, built by ${quoteText(buildToolIdentifier ?? 'nobody who says so')}`,
    printTable(
      ['layer', 'size', 'uncompressed', 'zTOC', 'size', 'spans', 'files'],
      layers.map((layer) => [
        shortDigest(layer.digest),
        formatBytes(layer.compressedSize),
        formatBytes(layer.uncompressedSize),
        shortDigest(layer.ztoc.digest),
        formatBytes(layer.ztoc.size),
        `${layer.ztoc.spans}`,
        `${layer.ztoc.files}`,
      ]),
    ),
  ].join('\n');
}
