// Findings about a platform for which a runtime finds no SOCI index: where it most likely is instead.
import type { Platform } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import type { ExaminedPlatform } from './examined-image.ts';
import { type Finding, type FindingScope, makeFinding } from './finding.ts';
import { adviseIndexedImage, adviseIndexing, type ImageContext, isTargetTaken } from './cures.ts';
import { findCounterpart, isSameImage, namesSociIndex } from './related-tag.ts';
import { findUsableIndex } from './usable-index.ts';

/** The most telling reason. */
export function describeNoIndex(
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding {
  return (
    describeNothingToIndex(platform, scope) ??
    describeMisplacedV1(platform, context, scope) ??
    describeTakenTag(context, scope) ??
    describeOtherTag(platform, context, scope) ??
    describeOtherPlatforms(context, scope) ??
    makeFinding(
      'no-index',
      'The image has no SOCI index: its manifest names none, and none refers to it.',
      adviseIndexing(context),
      scope,
    )
  );
}

function describeNothingToIndex({ layers }: ExaminedPlatform, scope: FindingScope): Finding | undefined {
  if (layers.some(({ kind }) => kind === 'index')) return undefined;
  return layers.every((choice) => choice.kind === 'skip' && choice.reason === 'too-small')
    ? makeFinding(
        'all-layers-too-small',
        'Every layer is smaller than the minimum, so that there is nothing to index: such a layer is sooner downloaded than looked up.',
        'Deploy the image as it is. With a smaller --min-layer-size it would be indexed, and hardly start faster.',
        scope,
      )
    : makeFinding(
        'no-layer-to-index',
        'No layer of a size worth it has a format that can be indexed.',
        'Build it with gzip layers; the findings about the layers say what is wrong with each.',
        scope,
      );
}

/** A V1 index that is there, and refers to, or is listed at, another place than runtimes look at. */
function describeMisplacedV1(
  { entry, onImageIndex, onlyByFallbackTag }: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  const [misdirected] = onImageIndex;
  if (misdirected !== undefined) {
    return makeFinding(
      'v1-on-image-index',
      `The SOCI index ${misdirected} refers to the image index ${context.image.digest}; runtimes look for referrers of the platform's manifest, ${entry.digest}.`,
      `A V1 index must be made for each platform's manifest. ${adviseIndexing(context)}`,
      scope,
    );
  }
  const [unlisted] = onlyByFallbackTag;
  if (unlisted === undefined) return undefined;
  return makeFinding(
    'v1-only-by-fallback-tag',
    `The SOCI index ${unlisted} is listed only at the fallback tag. The registry has a referrers API, which clients ask instead, and which does not list it.`,
    `Delete that tag and the index. ${adviseIndexing(context)}`,
    scope,
  );
}

/** Indexing would be skipped: that has to be cured first. */
function describeTakenTag(context: ImageContext, scope: FindingScope): Finding | undefined {
  const { suffixTag } = context;
  if (suffixTag === undefined || !isTargetTaken(context)) return undefined;
  return makeFinding(
    'target-tag-taken',
    `The image has no SOCI index, and cannot get one of V2: the tag ${suffixTag.tag} points to something without SOCI indexes (${suffixTag.digest}), which indexing does not overwrite.`,
    `Delete that tag, or index with another --tag-suffix or --target-tag (in the module: target_tag_template). ${adviseIndexing(context)}`,
    scope,
  );
}

/** V2 makes a new image beside the old one: at the tag with the suffix. */
function describeOtherTag(
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  const { name, suffixTag } = context;
  const counterpart = suffixTag && findCounterpart(suffixTag, platform);
  if (suffixTag === undefined || counterpart === undefined) return undefined;
  if (!namesSociIndex(counterpart)) {
    if (!isSameImage(counterpart.manifest, platform.manifest)) return undefined;
    const indexed = suffixTag.platforms.filter(namesSociIndex).map((other) => other.platform);
    return describeNotIndexed(`At the tag ${suffixTag.tag}`, indexed, context, scope);
  }
  const indexed = adviseIndexedImage(context, platform);
  return indexed === undefined
    ? makeFinding(
        'index-stale',
        `The tag ${suffixTag.tag} has a SOCI index, but of another image: most likely of an earlier push, and the tag ${name.tag ?? ''} has moved since.`,
        `If the push is some minutes old, its indexing has failed or no filter matches it. ${adviseIndexing(context)}`,
        scope,
      )
    : makeFinding(
        'index-at-other-tag',
        `This image has no SOCI index; the same image with one is at the tag ${suffixTag.tag}: V2 is a new image beside the old one.`,
        indexed,
        scope,
      );
}

function describeOtherPlatforms(context: ImageContext, scope: FindingScope): Finding | undefined {
  const { image } = context;
  const asked = image.platforms.filter((platform) => findUsableIndex(platform) !== undefined);
  const indexed = [...asked.map(({ platform }) => platform), ...image.otherIndexed];
  return describeNotIndexed('In this image', indexed, context, scope);
}

function describeNotIndexed(
  where: string,
  indexed: readonly Platform[],
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  if (indexed.length === 0) return undefined;
  return makeFinding(
    'platform-not-indexed',
    `${where} ${indexed.map(formatPlatform).join(', ')} has a SOCI index, and this platform has none.`,
    `Name no --platform, and leave the module's platforms empty, to index all. ${adviseIndexing(context)}`,
    scope,
  );
}
