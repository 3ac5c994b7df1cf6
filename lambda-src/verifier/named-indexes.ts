// Which SOCI indexes a runtime takes for those of an image's platform, and whether all that refers to them agrees.
import type { ContentReader } from '../content/content-store.ts';
import { type Descriptor, type Digest, isDigest } from '../core/oci/descriptor.ts';
import type { ImageIndex } from '../core/oci/manifest.ts';
import { ociManifestType } from '../core/oci/media-type.ts';
import { formatPlatform, matchesPlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { findPlatformSociIndex, imageManifestDigestAnnotation } from '../core/soci/conversion.ts';
import { sociIndexDigestAnnotation } from '../core/soci/manifest-kind.ts';
import { type SociIndexVersion, sociIndexTypes, sociIndexVersionOf } from '../core/soci/soci-index.ts';
import { type FoundIndex, readSociIndex, tryReadReferrers } from '../indexer/find-indexes.ts';
import type { PlatformImage } from '../indexer/source-image.ts';
import { Findings } from './findings.ts';

/** A SOCI index that something refers to. */
export interface NamedIndex {
  readonly platform: PlatformImage;
  readonly version: SociIndexVersion;
  /** Undefined where the image names something else for it. */
  readonly digest: Digest | undefined;
  /** Undefined where it cannot be read, which is then a problem. */
  readonly index: FoundIndex | undefined;
  readonly findings: Findings;
}

/**
 * The V1 SOCI indexes of a platform: those that refer to its manifest. Whatever else its list of referrers names becomes
 * a warning.
 */
export async function findReferringIndexes(
  store: ContentReader,
  platform: PlatformImage,
  warnings: Findings,
  signal?: AbortSignal,
): Promise<readonly NamedIndex[]> {
  const { indexes, passedOver, problem } = await tryReadReferrers(store, platform.entry.digest, signal);
  if (problem !== undefined) {
    warnings.addWarning(
      `${formatPlatform(platform.platform)}: its referrers cannot be listed, so V1 indexes are not looked at: ${problem}`,
    );
  }
  for (const { digest, reason } of passedOver) {
    warnings.addWarning(
      `${formatPlatform(platform.platform)}: ${digest}, which is listed as a referrer, is no SOCI index of this image: ${reason}`,
    );
  }
  return indexes.map((index) => ({
    platform,
    version: 'V1',
    digest: index.digest,
    index,
    findings: new Findings(),
  }));
}

/**
 * The V2 SOCI index of a platform: the one that its manifest names by an annotation. One that only lies beside the image
 * in its index is found by no runtime, and returned with that as its problem.
 *
 * @param image The image's index, or undefined where the reference was that of a single manifest, and its index is unknown.
 */
export async function findAnnotatedIndex(
  store: ContentReader,
  image: ImageIndex | undefined,
  platform: PlatformImage,
  signal?: AbortSignal,
): Promise<NamedIndex | undefined> {
  const findings = new Findings();
  const named = platform.manifest.annotations?.[sociIndexDigestAnnotation];
  const beside = image && findPlatformSociIndex(image, platform.platform);
  if (named === undefined && beside !== undefined) {
    findings.addProblem(
      `the image's manifest ${platform.entry.digest} does not name it (${sociIndexDigestAnnotation}): no runtime finds it`,
    );
  }
  if (named !== undefined && !isDigest(named)) {
    findings.addProblem(`the image's manifest names ${quoteText(named)} as its digest, which is none`);
  }
  const digest = isDigest(named) ? named : beside?.digest;
  if (digest === undefined) {
    return named === undefined ? undefined : { platform, version: 'V2', digest, index: undefined, findings };
  }
  const read = await readSociIndex(store, { digest }, signal);
  const index = 'reason' in read ? undefined : read;
  if ('reason' in read) {
    findings.addProblem(`the image names ${digest} as its SOCI index, but ${read.reason}`);
  }
  if (image !== undefined && isDigest(named)) checkEntries(image, platform, named, index, findings);
  return { platform, version: 'V2', digest, index, findings };
}

/** The SOCI indexes V2 in an image's index that none of its manifests names. */
export function findUnnamedIndexes(image: ImageIndex, named: readonly NamedIndex[]): readonly Descriptor[] {
  const digests = new Set(named.map(({ digest }) => digest));
  return image.manifests.filter(
    ({ artifactType, digest }) => sociIndexVersionOf(artifactType) === 'V2' && !digests.has(digest),
  );
}

/** What the image's index says of the SOCI index that a manifest of it names. */
function checkEntries(
  { manifests }: ImageIndex,
  { entry: image, platform }: PlatformImage,
  digest: Digest,
  index: FoundIndex | undefined,
  findings: Findings,
): void {
  const entries = manifests.filter((entry) => entry.digest === digest);
  const isFor = (entry: Descriptor): boolean =>
    entry.platform !== undefined && matchesPlatform(entry.platform, image.platform ?? platform);
  const entry = entries.find(isFor) ?? entries[0];
  if (entry === undefined) {
    findings.addProblem(
      `the image index has no entry for it: whatever copies the image, or cleans up its registry, loses it`,
    );
    return;
  }
  if (!isFor(entry)) {
    const said = entry.platform === undefined ? 'no platform' : formatPlatform(entry.platform);
    findings.addProblem(
      `its entry in the image index is for ${said}; the manifest that names it is for ${formatPlatform(image.platform ?? platform)}`,
    );
  }
  if (entry.artifactType !== sociIndexTypes.V2) {
    findings.addProblem(
      `its entry in the image index has the artifact type ${quoteText(entry.artifactType ?? '')}, not ${quoteText(sociIndexTypes.V2)}`,
    );
  }
  if (entry.mediaType !== ociManifestType) {
    findings.addProblem(`its entry in the image index has the media type ${quoteText(entry.mediaType)}`);
  }
  if (index !== undefined && entry.size !== index.bytes.length) {
    findings.addProblem(
      `its entry in the image index says that it has ${entry.size} bytes; it has ${index.bytes.length}`,
    );
  }
  // One manifest may serve two platforms; then only one entry of its SOCI index names it.
  const owners = entries.flatMap(({ annotations }) => annotations?.[imageManifestDigestAnnotation] ?? []);
  if (owners.length === 0) {
    findings.addWarning(
      `its entry in the image index does not name its manifest (${imageManifestDigestAnnotation})`,
    );
  } else if (!owners.includes(image.digest)) {
    findings.addProblem(
      `its entry in the image index says that it belongs to the manifest ${quoteText(owners[0]!)}; it is named by ${image.digest}`,
    );
  }
}
