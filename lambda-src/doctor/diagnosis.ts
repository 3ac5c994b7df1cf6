// Diagnoses whether a runtime would lazy-load an image and, if not, why. Reads JSON only.
import type { Digest, Platform } from '../core/oci/descriptor.ts';
import { formatPlatform, loadsLazily } from '../core/oci/platform.ts';
import { isTag } from '../core/oci/reference.ts';
import { type DescriptorSkipReason, explain } from '../core/reasons.ts';
import { sumSizes } from '../core/sum-of.ts';
import type { ImageFilter } from '../events/image-filters.ts';
import { adviseIndexedImage, adviseMending, type ImageContext } from './cures.ts';
import { type ExaminedImage, type ExaminedPlatform, examineImage } from './examined-image.ts';
import type { ExaminedStore } from './examined-indexes.ts';
import { type FilterReport, matchFilters } from './filter-match.ts';
import { type Finding, makeFinding, type Severity } from './finding.ts';
import {
  diagnoseAttestations,
  diagnoseEntries,
  diagnoseMediaTypes,
  diagnosePlatforms,
  diagnoseRequirements,
  diagnoseSignatures,
  diagnoseSourceTag,
  diagnoseTargetTag,
} from './image-findings.ts';
import { formatName, type ImageName, referenceOf, sourceTagOf } from './image-name.ts';
import { diagnoseLayers } from './layer-findings.ts';
import { diagnoseIndexes, diagnoseUnknownReferrers } from './index-findings.ts';
import { diagnoseNoIndex } from './no-index-findings.ts';
import { findUsableIndex, namesAnIndex } from './usable-index.ts';
import { diagnoseFault, diagnosePlace, diagnoseReference } from './reference-findings.ts';
import { namesSociIndex, readRelatedTag, type RelatedTag } from './related-tag.ts';
import { type Runtime, runtimesFor } from './runtime.ts';
import { decideVerdict, type Verdict } from './verdict.ts';

export interface DiagnosisOptions {
  /** The runtimes to check. */
  readonly runtimes: readonly Runtime[];
  /** @default all platforms of the image */
  readonly platforms?: readonly Platform[];
  /** A layer with fewer stored bytes is not indexed. */
  readonly minimumLayerSizeBytes: number;
  /** The suffix of an indexed image's tag. If it is empty, both tags are the same. */
  readonly tagSuffix: string;
  readonly filter?: { readonly filters: readonly ImageFilter[]; readonly repository: string };
}

export interface LayerDiagnosis {
  readonly digest: Digest;
  /** Stored bytes. */
  readonly size: number;
  /** `indexable`: the layer has no usable zTOC, but would get one. */
  readonly status: 'lazy' | 'indexable' | 'skipped';
  /** Why it is skipped. */
  readonly reason?: DescriptorSkipReason | 'not-linux';
  readonly message?: string;
}

export interface PlatformDiagnosis {
  readonly platform: string;
  readonly manifest: Digest;
  /** The SOCI index that a runtime would use. */
  readonly index?: { readonly version: string; readonly digest: Digest };
  /** Stored bytes of its layers. */
  readonly bytes: number;
  /** Stored bytes of the layers that have a zTOC now, and of those that would have one after indexing. */
  readonly lazyBytes: number;
  readonly indexableBytes: number;
  readonly layers: readonly LayerDiagnosis[];
}

export interface Diagnosis {
  readonly image: string;
  /** Digest of the reference's target. Absent if there is no target. */
  readonly digest?: Digest;
  /** For each requested runtime. */
  readonly lazy: Readonly<Partial<Record<Runtime, Verdict>>>;
  /** Problems first. */
  readonly findings: readonly Finding[];
  readonly platforms: readonly PlatformDiagnosis[];
  readonly filter?: FilterReport;
}

/** Diagnoses an image. @throws What the store throws, unless something is missing or damaged. */
export async function diagnoseImage(
  store: ExaminedStore,
  name: ImageName,
  options: DiagnosisOptions,
): Promise<Diagnosis> {
  const { platforms: wanted, minimumLayerSizeBytes, tagSuffix } = options;
  const image = await examineImage(store, referenceOf(name), wanted, minimumLayerSizeBytes);
  const filter = options.filter && matchFilter(options.filter, name, tagSuffix);
  const common = [...diagnosePlace(name), ...(filter ? diagnoseFilter(filter) : [])];
  if (image.kind === 'none') {
    const sourceTag = sourceTagOf(name.tag, tagSuffix);
    const isLost = image.fault.kind === 'not found' && name.digest === undefined && sourceTag !== undefined;
    const source = isLost ? await readRelatedTag(store, sourceTag) : undefined;
    const findings = [diagnoseFault(image.fault, name, source), ...common];
    const digest = image.digest === undefined ? {} : { digest: image.digest };
    return conclude(
      { image: formatName(name), ...digest, findings, platforms: [], filter },
      [],
      options.runtimes,
    );
  }

  const related = await readRelatedTags(store, name, tagSuffix);
  const context = { name, image, source: sourceOf(name, image, tagSuffix), targetTag: related.targetTag };
  const hasIndex = image.platforms.some((platform) => findUsableIndex(platform) !== undefined);
  const twin = image.platforms.some((platform) => adviseIndexedImage(context, platform) !== undefined);
  const deployable = hasIndex ? image.digest : twin ? related.targetTag?.digest : undefined;
  const findings = [
    ...diagnosePlatforms(image),
    ...image.platforms.flatMap((platform) => diagnosePlatform(platform, context)),
    ...image.platforms.flatMap(diagnoseLayers),
    ...diagnoseTargetTag(name, related.targetTag, tagSuffix, hasIndex),
    ...diagnoseSourceTag(image, name, related.sourceTag),
    ...(await diagnoseSignaturesOfBoth(store, image, name, related)),
    ...diagnoseAttestations(image),
    ...diagnoseEntries(image, adviseMending(context)),
    ...common,
    ...diagnoseMediaTypes(image),
    ...diagnoseReference(name, image.digest, image.mediaType, deployable),
  ];
  const platforms = image.platforms.map(diagnoseContents);
  return conclude(
    { image: formatName(name), digest: image.digest, findings, platforms, filter },
    [...image.platforms.map(({ platform }) => platform), ...image.missing],
    options.runtimes,
  );
}

/** Findings about the platform's index. Empty for a platform that no runtime can lazy-load. */
function diagnosePlatform(platform: ExaminedPlatform, context: ImageContext): readonly Finding[] {
  const runtimes = runtimesFor(platform.platform);
  if (runtimes.length === 0) return [];
  const scope = { platform: formatPlatform(platform.platform), runtimes };
  return [
    ...(namesAnIndex(platform)
      ? diagnoseIndexes(platform, context, scope)
      : [diagnoseNoIndex(platform, context, scope)]),
    ...diagnoseUnknownReferrers(platform, scope),
  ];
}

/** The image to index. Undefined if this one was made from another, unknown image. */
function sourceOf(name: ImageName, { platforms }: ExaminedImage, tagSuffix: string): ImageName | undefined {
  const tag = sourceTagOf(name.tag, tagSuffix);
  if (tag !== undefined) return { repository: name.repository, place: name.place, tag };
  return platforms.some(namesSociIndex) ? undefined : name;
}

interface RelatedTags {
  readonly targetTag: RelatedTag | undefined;
  readonly sourceTag: RelatedTag | undefined;
}

/** The other tag of the pair of a source and its V2 image. */
async function readRelatedTags(
  store: ExaminedStore,
  { tag }: ImageName,
  tagSuffix: string,
): Promise<RelatedTags> {
  const source = sourceTagOf(tag, tagSuffix);
  const suffixed = source === undefined && tag !== undefined ? `${tag}${tagSuffix}` : undefined;
  const isOther = suffixed !== undefined && suffixed !== tag && isTag(suffixed);
  return {
    targetTag: isOther ? await readRelatedTag(store, suffixed) : undefined,
    sourceTag: source === undefined ? undefined : await readRelatedTag(store, source),
  };
}

async function diagnoseSignaturesOfBoth(
  store: ExaminedStore,
  { digest }: ExaminedImage,
  name: ImageName,
  { targetTag, sourceTag }: RelatedTags,
): Promise<readonly Finding[]> {
  if (sourceTag !== undefined) return diagnoseSignatures(store, sourceTag.digest, digest, name);
  if (targetTag?.platforms.some(namesSociIndex) !== true) return [];
  return diagnoseSignatures(store, digest, targetTag.digest, { ...name, tag: targetTag.tag });
}

/** Matches the tag of the source, because that is the tag that is pushed. */
function matchFilter(
  { filters, repository }: NonNullable<DiagnosisOptions['filter']>,
  { tag }: ImageName,
  tagSuffix: string,
): FilterReport {
  return matchFilters(filters, repository, sourceTagOf(tag, tagSuffix) ?? tag);
}

function diagnoseFilter({ image, matches, filters }: FilterReport): readonly Finding[] {
  if (matches !== null) return [];
  const misses = filters.map(({ filter, message }) => `${filter}: ${message ?? ''}`);
  return [
    makeFinding(
      'no-filter-matches',
      `No filter matches ${image} (${misses.join('; ')}).`,
      'Add a filter to repository_image_tag_filters; otherwise the image is not indexed when it is pushed. With V2, a push without a tag is never indexed.',
    ),
  ];
}

function diagnoseContents(platform: ExaminedPlatform): PlatformDiagnosis {
  // Regardless of its index, no runtime lazy-loads an image of another operating system.
  const isLinux = loadsLazily(platform.platform);
  const usable = isLinux ? findUsableIndex(platform) : undefined;
  const covered = new Set(usable?.layers.map(({ layerDigest }) => layerDigest));
  const layers = platform.layers.map((choice): LayerDiagnosis => {
    const { digest, size } = choice.layer;
    if (covered.has(digest)) return { digest, size, status: 'lazy' };
    if (!isLinux) return { digest, size, status: 'skipped', ...explain('not-linux') };
    if (choice.kind === 'index') return { digest, size, status: 'indexable' };
    return { digest, size, status: 'skipped', ...explain(choice.reason) };
  });
  return {
    platform: formatPlatform(platform.platform),
    manifest: platform.entry.digest,
    ...(usable && { index: { version: usable.version, digest: usable.digest } }),
    bytes: sumSizes(layers),
    lazyBytes: sumSizes(layers.filter(({ status }) => status === 'lazy')),
    indexableBytes: sumSizes(layers.filter(({ status }) => status !== 'skipped')),
    layers,
  };
}

const severityOrder: readonly Severity[] = ['problem', 'advice', 'info'];

/** Removes findings that do not concern the requested runtimes, and decides each verdict. */
function conclude(
  { filter, ...facts }: Omit<Diagnosis, 'lazy' | 'filter'> & { readonly filter: FilterReport | undefined },
  platforms: readonly Platform[],
  asked: readonly Runtime[],
): Diagnosis {
  const { image, digest } = facts;
  const verdicts = asked.map((runtime) => {
    const possible = platforms.filter((platform) => runtimesFor(platform).includes(runtime));
    return [runtime, decideVerdict(runtime, possible.map(formatPlatform), facts.findings)] as const;
  });
  // A runtime's other requirements do not matter if it cannot use the image.
  const capable = verdicts.flatMap(([runtime, verdict]) => (verdict === 'no' ? [] : [runtime]));
  const findings = [...facts.findings, ...capable.map(diagnoseRequirements)]
    .map((finding) => ({
      ...finding,
      runtimes: finding.runtimes.filter((runtime) => asked.includes(runtime)),
    }))
    .filter(({ runtimes }) => runtimes.length > 0)
    .toSorted((a, b) => severityOrder.indexOf(a.severity) - severityOrder.indexOf(b.severity));
  return {
    image,
    ...(digest !== undefined && { digest }),
    lazy: Object.fromEntries(verdicts),
    findings,
    platforms: facts.platforms,
    ...(filter && { filter }),
  };
}
