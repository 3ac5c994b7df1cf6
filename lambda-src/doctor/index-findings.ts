// Findings about a platform's SOCI index: what prevents its use, and notes about a working one.
import { isIndexType } from '../core/oci/media-type.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { type FoundIndex, flawOf, type PresentIndex } from '../image/soci-indexes.ts';
import type { ExaminedPlatform } from './examined-image.ts';
import { type Finding, type FindingScope, makeFinding } from './finding.ts';
import { nameWithTag } from './image-name.ts';
import { adviseIndexedImage, adviseIndexing, adviseMending, type ImageContext } from './cures.ts';
import { findIndexedTwin } from './related-tag.ts';
import { type Runtime, snapshotterRuntimes } from './runtime.ts';
import {
  coversALayer,
  findUsableIndex,
  hasV2,
  indexesInUse,
  missingZtocsOf,
  refersToPlatform,
} from './usable-index.ts';
import { defaultSpanSizeBytes, defaultBuildToolIdentifier } from '../core/soci-names.ts';

/** Findings about the indexes of a platform that has one, or whose manifest names one. */
export function diagnoseIndexes(
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  const usable = findUsableIndex(platform);
  return [
    ...indexesInUse(platform).flatMap((found) => diagnoseDefect(found, platform, context, scope)),
    ...diagnoseNonsense(platform, context, scope),
    ...(!hasV2(platform) ? diagnoseV1(platform, usable, context, scope) : []),
    ...(usable === undefined ? [] : diagnoseUsable(usable, platform, context, scope)),
    ...diagnoseBothVersions(platform, context, scope),
  ];
}

/** Reports a manifest that names an invalid digest as its index. */
function diagnoseNonsense(
  { v2 }: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  if (v2?.named === undefined || v2.found !== undefined) return [];
  return [
    makeFinding(
      'index-unreadable',
      `The image's manifest names ${quoteText(v2.named)} as its SOCI index, which is not a digest.`,
      adviseIndexing(context),
      scope,
    ),
  ];
}

/** What prevents the use of an index, if anything. */
function diagnoseDefect(
  found: FoundIndex,
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  const again = adviseIndexing(context);
  const mend = adviseMending(context);
  switch (found.kind) {
    case 'missing':
      return [
        makeFinding(
          'index-missing',
          `The image refers to the SOCI index ${found.digest}, which is missing from its repository.`,
          `Copy the image with a tool that copies all of it (crane copy, skopeo copy --all, oras copy), and make sure that no lifecycle rule deletes untagged SOCI indexes. ${mend}`,
          scope,
        ),
      ];
    case 'damaged':
    case 'other':
      return [
        makeFinding(
          'index-unreadable',
          `The SOCI index ${found.digest} cannot be read: ${flawOf(found)}.`,
          mend,
          scope,
        ),
      ];
    case 'old-format':
      return [
        makeFinding(
          'old-index-format',
          `The SOCI index ${found.digest} is an artifact manifest (${quoteText(found.mediaType)}), which only early versions of soci wrote; the SOCI snapshotter reads OCI image manifests.`,
          `Delete it. ${again}`,
          scope,
        ),
      ];
    case 'present':
      return [
        ...diagnosePresent(found, platform, again, mend, scope),
        ...diagnoseMissingConfig(found, platform, mend, scope),
      ];
  }
}

function diagnosePresent(
  found: PresentIndex,
  platform: ExaminedPlatform,
  again: string,
  mend: string,
  scope: FindingScope,
): readonly Finding[] {
  if (!refersToPlatform(found, platform)) {
    return [
      makeFinding(
        'v1-other-subject',
        `The SOCI index ${found.digest} is listed for this image, but its subject is ${found.subject?.digest ?? 'missing'}.`,
        `Remove it from the list of referrers. ${again}`,
        scope,
      ),
    ];
  }
  if (!coversALayer(found, platform)) {
    return [
      makeFinding(
        'index-of-other-layers',
        `The SOCI index ${found.digest} has no zTOC for any layer of this image: it was built for another image.`,
        again,
        scope,
      ),
    ];
  }
  const missingZtocs = missingZtocsOf(found, platform);
  const [first] = missingZtocs;
  if (first === undefined) return [];
  const others = missingZtocs.length > 1 ? ` and ${missingZtocs.length - 1} more` : '';
  return [
    makeFinding(
      'ztoc-missing',
      `The zTOC ${first}${others} of the SOCI index ${found.digest} is not in the repository, so the runtime lazy-loads no layer.`,
      `Copy the image with all blobs of its index. ${mend}`,
      scope,
    ),
  ];
}

/** Runtimes do not read the config, but a registry may refuse a copy without it. */
function diagnoseMissingConfig(
  { digest }: PresentIndex,
  { gaps }: ExaminedPlatform,
  mend: string,
  scope: FindingScope,
): readonly Finding[] {
  if (!gaps.some(({ kind, sociIndex }) => kind === 'config' && sociIndex === digest)) return [];
  return [
    makeFinding(
      'index-config-missing',
      `The config of the SOCI index ${digest} is not in the repository. The index works now, but registries may refuse a copy of it.`,
      mend,
      scope,
    ),
  ];
}

/** The conditions of V1. */
function diagnoseV1(
  platform: ExaminedPlatform,
  usable: PresentIndex | undefined,
  context: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  const { v1, referrersApi } = platform;
  const v1Count = v1.listed.length + v1.unread;
  const findings: Finding[] = [];
  if (usable !== undefined) {
    const within = (some: readonly Runtime[]) => some.filter((runtime) => scope.runtimes?.includes(runtime));
    const change = `Use V2. ${adviseIndexedImage(context, platform) ?? adviseIndexing(context)}`;
    findings.push(
      makeFinding(
        'v1-needs-older-account',
        'The index is V1. On Fargate, AWS accounts that are new to SOCI lazy-load V2 only.',
        change,
        { ...scope, runtimes: within(['fargate']) },
      ),
      makeFinding(
        'v1-off-by-default',
        'The index is V1, which the SOCI snapshotter ignores by default since version 0.10.0.',
        `${change} Or set enable = true under [pull_modes.soci_v1] in the snapshotter's config.toml on every node.`,
        { ...scope, runtimes: within(snapshotterRuntimes) },
      ),
    );
  }
  if (v1Count > 1) {
    findings.push(
      makeFinding(
        'several-v1-indexes',
        `The image has ${v1Count} V1 SOCI indexes; a runtime may use any of them.`,
        'Delete all but one.',
        scope,
      ),
    );
  }
  if (!referrersApi) {
    findings.push(
      makeFinding(
        'referrers-api-missing',
        'The registry has no referrers API. The V1 index is found through a fallback tag, which clients maintain: two clients that write it at the same time overwrite each other.',
        'Prefer V2, which needs no referrers.',
        scope,
      ),
    );
  }
  return findings;
}

/** Notes about a working index. */
function diagnoseUsable(
  index: PresentIndex,
  platform: ExaminedPlatform,
  { image }: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  const { digest } = index;
  const { layers } = platform;
  const findings: Finding[] = [];
  const covered = new Set(index.layers.map(({ layerDigest }) => layerDigest));
  for (const { kind, layer } of layers) {
    if (kind === 'skip' || covered.has(layer.digest)) continue;
    findings.push(
      makeFinding(
        'layer-not-covered',
        `The layer ${layer.digest} is large enough to be indexed, but the SOCI index has no zTOC for it, so it is downloaded before the start.`,
        'Index again with the --min-layer-size that you want. soci-index index prints why it leaves a layer out.',
        { ...scope, layer: layer.digest },
      ),
    );
  }
  const isOutside = image.index.manifests.every((entry) => entry.digest !== digest);
  if (hasV2(platform) && isIndexType(image.mediaType) && isOutside) {
    findings.push(
      makeFinding(
        'index-outside-image-index',
        `The SOCI index ${digest} is in the repository but not in the image index. Runtimes find it now, but it is lost when the image is copied or untagged manifests are deleted.`,
        'Index the source image again, and deploy the result.',
        scope,
      ),
    );
  }
  const { buildToolIdentifier } = index;
  if (buildToolIdentifier !== defaultBuildToolIdentifier) {
    findings.push(
      makeFinding(
        'other-builder',
        `The SOCI index ${digest} was built by ${buildToolIdentifier === undefined ? 'an unknown tool' : quoteText(buildToolIdentifier)}.`,
        'Nothing to do if you trust that builder: an index decides what the container sees. soci-index verify checks it against the layers.',
        scope,
      ),
    );
  }
  const { prefetch = [] } = index;
  if (prefetch.length > 0) {
    findings.push(
      makeFinding(
        'prefetch-artifacts',
        `The SOCI index lists spans to prefetch for ${prefetch.length === 1 ? '1 layer' : `${prefetch.length} layers`}.`,
        'The SOCI snapshotter 0.15.0 or later uses them if [prefetch] enable = true is set in its config.toml. Whether Fargate uses them is not documented.',
        scope,
      ),
    );
  }
  return [
    ...findings,
    ...diagnoseSpans(
      index.layers.map(({ spanSizeBytes }) => spanSizeBytes),
      scope,
    ),
  ];
}

function diagnoseSpans(spanSizes: readonly (number | undefined)[], scope: FindingScope): readonly Finding[] {
  if (spanSizes.includes(undefined)) {
    return [
      makeFinding(
        'no-span-size',
        'The SOCI index has no span size annotation: it was built by a version of soci before 0.12.0, or by a tool with that code, such as the CloudFormation solution.',
        'Nothing to do as long as it works. Those versions built wrong zTOCs for gzip layers with several members; soci-index verify finds them.',
        scope,
      ),
    ];
  }
  const unusual = [...new Set(spanSizes)].filter((size) => size !== defaultSpanSizeBytes);
  if (unusual.length === 0) return [];
  return [
    makeFinding(
      'span-size-not-default',
      `The SOCI index has spans of ${unusual.join(' and ')} bytes; the default is ${defaultSpanSizeBytes}.`,
      'Nothing to do if that is intended. A read fetches at least one span, and each checkpoint adds 32 KiB to the zTOC, which is fetched before the start.',
      scope,
    ),
  ];
}

function diagnoseBothVersions(
  platform: ExaminedPlatform,
  { name, targetTag }: ImageContext,
  scope: FindingScope,
): readonly Finding[] {
  if (hasV2(platform)) {
    if (platform.v1.listed.length === 0) return [];
    return [
      makeFinding(
        'both-versions',
        'The image refers to a V2 SOCI index, and also has V1 indexes as referrers. Runtimes look for V2 first.',
        'Nothing to do. The V1 indexes may be deleted.',
        scope,
      ),
    ];
  }
  if (targetTag === undefined || findIndexedTwin(targetTag, platform) === undefined) return [];
  return [
    makeFinding(
      'both-versions',
      `The image has a V1 SOCI index, and a V2 index at the tag ${targetTag.tag}. The deployed tag decides which one is used; here (${name.tag ?? 'no tag'}) it is V1.`,
      `Deploy ${nameWithTag(name, targetTag.tag)} for V2, and delete the V1 index when it is no longer needed.`,
      scope,
    ),
  ];
}

/** V2 needs no referrers, so only a V1 index could have been overlooked. */
export function diagnoseUnknownReferrers({ v1 }: ExaminedPlatform, scope: FindingScope): readonly Finding[] {
  if (v1.problem === undefined) return [];
  return [
    makeFinding(
      'referrers-unknown',
      `The referrers of the manifest could not be listed, so a V1 index would not be found: ${v1.problem}.`,
      'Use V2, which needs no referrers, or try again when the registry responds.',
      scope,
    ),
  ];
}
