// The SOCI indexes that a runtime finds for an image's platform, and whether everything that refers to them agrees.
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import type { ImageIndex } from '../core/oci/manifest.ts';
import { ociManifestType } from '../core/oci/media-type.ts';
import { formatPlatform, matchesPlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import {
  type EmbeddedIndex,
  flawOf,
  type FoundIndex,
  type PlatformSociIndexes,
  type PresentIndex,
} from '../image/soci-indexes.ts';
import type { SourceImage } from '../image/source-image.ts';
import { Findings } from './findings.ts';
import {
  type SociIndexVersion,
  sociIndexTypes,
  sociIndexDigestAnnotation,
  imageManifestDigestAnnotation,
} from '../core/soci-names.ts';
import type { PlatformImage } from '../core/soci/platform-choice.ts';

/** A SOCI index that something refers to. */
export interface NamedIndex {
  readonly platform: PlatformImage;
  readonly version: SociIndexVersion;
  /** Undefined if the image names something that is not an index. */
  readonly digest: Digest | undefined;
  /** Undefined if it cannot be read, which is reported as a problem. */
  readonly index: PresentIndex | undefined;
  readonly findings: Findings;
}

/**
 * The SOCI indexes of a platform to verify, V2 first. Other entries in its list of referrers cause a warning.
 *
 * @param image The image index; undefined if the reference is to a single manifest, whose image index is unknown.
 */
export function nameIndexes(
  image: ImageIndex | undefined,
  platform: PlatformImage,
  { v1, v2 }: PlatformSociIndexes,
  warnings: Findings,
): readonly NamedIndex[] {
  warnOfOtherReferrers(platform, v1, warnings);
  const referring = v1.indexes.map((index): NamedIndex => {
    return { platform, version: 'V1', digest: index.digest, index, findings: new Findings() };
  });
  return v2 === undefined ? referring : [nameEmbedded(image, platform, v2), ...referring];
}

function warnOfOtherReferrers(
  { platform, entry }: PlatformImage,
  { listed, unread, problem }: PlatformSociIndexes['v1'],
  warnings: Findings,
): void {
  const name = formatPlatform(platform);
  if (problem !== undefined) {
    warnings.addWarning(
      `${name}: V1 indexes are not checked, because the referrers could not be listed: ${problem}`,
    );
  }
  for (const found of listed) {
    const flaw = found.kind === 'present' ? flawOfSubject(found, entry.digest) : flawOf(found);
    if (flaw === undefined) continue;
    warnings.addWarning(
      `${name}: ${found.digest} is listed as a referrer, but is not a SOCI index of this image: ${flaw}`,
    );
  }
  if (unread > 0) {
    warnings.addWarning(
      `${name}: only the first ${listed.length} referrers were read; ${unread} more were not`,
    );
  }
}

function flawOfSubject({ subject }: PresentIndex, digest: Digest): string | undefined {
  return subject?.digest === digest ? undefined : `its subject is ${subject?.digest ?? 'missing'}`;
}

/** The V2 index. If no manifest names it, no runtime finds it, which is reported as a problem. */
function nameEmbedded(
  image: ImageIndex | undefined,
  platform: PlatformImage,
  embedded: EmbeddedIndex,
): NamedIndex {
  const findings = new Findings();
  const { named, found } = embedded;
  const base = { platform, version: 'V2' as const, digest: found?.digest, findings };
  if (named === undefined) {
    findings.addProblem(
      `the image's manifest ${platform.entry.digest} does not name it (${sociIndexDigestAnnotation}), so no runtime finds it`,
    );
  }
  if (found === undefined) {
    findings.addProblem(
      `the image's manifest names ${quoteText(named ?? '')} as its SOCI index, which is not a digest`,
    );
    return { ...base, index: undefined };
  }
  if (found.kind !== 'present') {
    findings.addProblem(`the image names ${found.digest} as its SOCI index, but ${flawOf(found)}`);
  }
  if (image !== undefined && named !== undefined) checkEntries(embedded, platform, found, findings);
  return { ...base, index: found.kind === 'present' ? found : undefined };
}

/** The V2 SOCI indexes in an image index that no manifest names. */
export function findUnnamedIndexes(
  { sociEntries, sociDigests }: SourceImage,
  named: readonly NamedIndex[],
): readonly Descriptor[] {
  const digests = new Set(named.map(({ digest }) => digest));
  return sociEntries.flatMap(({ entry }) =>
    sociDigests.has(entry.digest) && !digests.has(entry.digest) ? [entry] : [],
  );
}

/** Checks the entry of a SOCI index in the image index. */
function checkEntries(
  { entries }: EmbeddedIndex,
  { entry: image, platform }: PlatformImage,
  found: FoundIndex,
  findings: Findings,
): void {
  const isFor = (entry: Descriptor): boolean =>
    entry.platform !== undefined && matchesPlatform(entry.platform, image.platform ?? platform);
  const entry = entries.find(isFor) ?? entries[0];
  if (entry === undefined) {
    findings.addProblem(
      `the image index has no entry for it, so it is lost when the image is copied or its registry is cleaned up`,
    );
    return;
  }
  if (!isFor(entry)) {
    const said = entry.platform === undefined ? 'no platform' : formatPlatform(entry.platform);
    findings.addProblem(
      `its entry in the image index is for ${said}; the manifest that names it is for ${formatPlatform(image.platform ?? platform)}`,
    );
  }
  if (entry.artifactType === undefined || entry.artifactType === '') {
    findings.addWarning(
      'its entry in the image index has no artifact type: skopeo copy --all 1.9 and buildah manifest drop it. Runtimes do not need it; soci-index index restores it',
    );
  } else if (entry.artifactType !== sociIndexTypes.V2) {
    findings.addProblem(
      `its entry in the image index has the artifact type ${quoteText(entry.artifactType)}, not ${quoteText(sociIndexTypes.V2)}`,
    );
  }
  if (entry.mediaType !== ociManifestType) {
    findings.addProblem(`its entry in the image index has the media type ${quoteText(entry.mediaType)}`);
  }
  if (found.kind === 'present' && entry.size !== found.bytes.length) {
    findings.addProblem(
      `its size in the image index is recorded as ${entry.size} bytes; it is ${found.bytes.length}`,
    );
  }
  // If one manifest serves two platforms, only one entry of its SOCI index names it.
  const owners = entries.flatMap(({ annotations }) => annotations?.[imageManifestDigestAnnotation] ?? []);
  if (owners.length === 0) {
    findings.addWarning(
      `its entry in the image index does not name its manifest (${imageManifestDigestAnnotation})`,
    );
  } else if (!owners.includes(image.digest)) {
    findings.addProblem(
      `its entry in the image index names the manifest ${quoteText(owners[0]!)}, but it belongs to ${image.digest}`,
    );
  }
}
