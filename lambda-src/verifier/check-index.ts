// Checks the manifest of a SOCI index against its image: its form, its config, and the layers that it names.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import { readWholeBlob } from '../content/read-whole.ts';
import { ContentMismatchError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import {
  encodeManifest,
  type ImageManifest,
  maximumManifestBytes,
  parseManifest,
} from '../core/oci/manifest.ts';
import { layerFormatOf } from '../core/oci/media-type.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { sociConfigOf } from '../core/soci/soci-index.ts';
import type { PresentIndex } from '../image/soci-indexes.ts';
import type { Findings } from './findings.ts';
import { type SociIndexVersion, ztocMediaType } from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

/**
 * Checks everything except the zTOCs themselves.
 *
 * @param version The version as which the index is listed.
 * @throws What the store throws, unless the config is missing or damaged.
 */
export async function checkIndex(
  store: ContentReader,
  index: PresentIndex,
  version: SociIndexVersion,
  platform: PlatformImage,
  findings: Findings,
  signal?: AbortSignal,
): Promise<void> {
  const manifest = parseManifest(index.bytes);
  if (encodeManifest(manifest).digest !== index.digest) {
    findings.addWarning(
      'its manifest is encoded differently from what the SOCI tools write, so its digest differs',
    );
  }
  if (index.version !== version) {
    findings.addProblem(`its version is ${index.version}, but it is listed as ${version}`);
  }
  checkSubject(index, platform.entry, findings);
  checkLayerTypes(manifest, findings);
  checkLayers(index, platform.manifest.layers, findings);
  await checkConfig(store, manifest.config, index.version, findings, signal);
}

function checkSubject({ version, subject }: PresentIndex, image: Descriptor, findings: Findings): void {
  if (version === 'V2') {
    if (subject !== undefined) findings.addProblem('its version is V2, but it has a subject');
    return;
  }
  if (subject?.digest !== image.digest) {
    findings.addProblem(
      `its subject is ${subject?.digest ?? 'missing'}; expected the manifest ${image.digest}`,
    );
    return;
  }
  if (subject.mediaType !== image.mediaType || subject.size !== image.size) {
    findings.addProblem(
      `its subject is recorded as ${quoteText(subject.mediaType)} with ${subject.size} bytes; the manifest is ${quoteText(image.mediaType)} with ${image.size}`,
    );
  }
}

/** The SOCI snapshotter ignores layers with a media type other than that of a zTOC. */
function checkLayerTypes({ layers }: ImageManifest, findings: Findings): void {
  for (const { mediaType, digest } of layers) {
    if (mediaType === ztocMediaType || layerFormatOf(mediaType) === 'prefetch') continue;
    findings.addProblem(
      `${digest} has the media type ${quoteText(mediaType)}; runtimes accept only ${quoteText(ztocMediaType)} for a zTOC`,
    );
  }
}

function checkLayers({ layers }: PresentIndex, imageLayers: readonly Descriptor[], findings: Findings): void {
  const ztocs = new Map<Digest, Digest>();
  for (const { layerDigest, layerMediaType, ztoc } of layers) {
    const layer = imageLayers.find(({ digest }) => digest === layerDigest);
    if (layer === undefined) {
      findings.addProblem(`zTOC ${ztoc.digest} is for the layer ${layerDigest}, which is not in the image`);
      continue;
    }
    if (layerMediaType !== layer.mediaType) {
      findings.addProblem(
        `zTOC ${ztoc.digest}: the media type of its layer is recorded as ${quoteText(layerMediaType)}; it is ${quoteText(layer.mediaType)}`,
      );
    }
    const other = ztocs.get(layerDigest) ?? ztoc.digest;
    if (other !== ztoc.digest) {
      findings.addProblem(`it has two zTOCs for the layer ${layerDigest}: ${other} and ${ztoc.digest}`);
    }
    ztocs.set(layerDigest, other);
  }
  const named = layers.map(({ layerDigest }) => layerDigest).filter((digest) => ztocs.has(digest));
  const ordered = imageLayers.map(({ digest }) => digest).filter((digest) => ztocs.has(digest));
  if (named.join() !== ordered.join()) {
    findings.addWarning('its zTOCs are not listed once each, in layer order');
  }
}

/**
 * Runtimes do not read the config, but a registry may delete an index whose config is missing, or refuse a copy of it.
 */
async function checkConfig(
  store: ContentReader,
  config: Descriptor,
  version: SociIndexVersion,
  findings: Findings,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (config.digest !== sociConfigOf(version).digest) {
    findings.addWarning(`its config ${config.digest} is not {}, which the SOCI tools write`);
  }
  try {
    await readWholeBlob(store, config, maximumManifestBytes, signal);
  } catch (error) {
    if (error instanceof NotFoundError) findings.addProblem(`its config ${config.digest} is missing`);
    else if (error instanceof ContentMismatchError) findings.addProblem(`its config: ${error.message}`);
    else throw error;
  }
}
