// Findings about a platform without a SOCI index: why it has none, or where the index most likely is.
import type { Platform } from '../core/oci/descriptor.ts';
import { formatPlatform } from '../core/oci/platform.ts';
import type { ExaminedPlatform } from './examined-image.ts';
import { type Finding, type FindingScope, makeFinding } from './finding.ts';
import { adviseIndexedImage, adviseIndexing, type ImageContext, isTargetTaken } from './cures.ts';
import { findCounterpart, isSameImage, namesSociIndex } from './related-tag.ts';
import { findUsableIndex } from './usable-index.ts';

/** The most specific reason. */
export function diagnoseNoIndex(
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding {
  return (
    diagnoseNothingToIndex(platform, scope) ??
    diagnoseMisplacedV1(platform, context, scope) ??
    diagnoseTakenTag(context, scope) ??
    diagnoseOtherTag(platform, context, scope) ??
    diagnoseOtherPlatforms(context, scope) ??
    makeFinding(
      'no-index',
      'The image has no SOCI index: its manifest names none, and none refers to it.',
      adviseIndexing(context),
      scope,
    )
  );
}

function diagnoseNothingToIndex({ layers }: ExaminedPlatform, scope: FindingScope): Finding | undefined {
  if (layers.some(({ kind }) => kind === 'index')) return undefined;
  return layers.every((choice) => choice.kind === 'skip' && choice.reason === 'too-small')
    ? makeFinding(
        'all-layers-too-small',
        'Every layer is smaller than the minimum, so there is nothing to index. Such a layer is faster to download than to look up.',
        'Deploy the image unchanged. With a smaller --min-layer-size it would be indexed, but it would hardly start faster.',
        scope,
      )
    : makeFinding(
        'no-layer-to-index',
        'No layer that is large enough has a format that can be indexed.',
        'Build it with gzip layers; the findings about the layers explain each one.',
        scope,
      );
}

/** A V1 index that refers to another manifest, or is listed where runtimes do not look. */
function diagnoseMisplacedV1(
  { entry, onImageIndex, onlyByFallbackTag }: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  const [misdirected] = onImageIndex;
  if (misdirected !== undefined) {
    return makeFinding(
      'v1-on-image-index',
      `The SOCI index ${misdirected} refers to the image index ${context.image.digest}; runtimes look for referrers of the platform's manifest, ${entry.digest}.`,
      `A V1 index must be built for each platform's manifest. ${adviseIndexing(context)}`,
      scope,
    );
  }
  const [unlisted] = onlyByFallbackTag;
  if (unlisted === undefined) return undefined;
  return makeFinding(
    'v1-only-by-fallback-tag',
    `The SOCI index ${unlisted} is listed only at the fallback tag. Clients use the registry's referrers API instead, which does not list it.`,
    `Delete that tag and the index. ${adviseIndexing(context)}`,
    scope,
  );
}

/** Indexing would be skipped, so this must be fixed first. */
function diagnoseTakenTag(context: ImageContext, scope: FindingScope): Finding | undefined {
  const { targetTag } = context;
  if (targetTag === undefined || !isTargetTaken(context)) return undefined;
  return makeFinding(
    'target-tag-taken',
    `The image has no SOCI index and cannot get a V2 index, because the tag ${targetTag.tag} points to an image without SOCI indexes (${targetTag.digest}), which indexing does not overwrite.`,
    `Delete that tag, or index with another --tag-suffix or --target-tag (in the module: target_tag_template). ${adviseIndexing(context)}`,
    scope,
  );
}

/** V2 pushes a new image beside the old one, at the tag with the suffix. */
function diagnoseOtherTag(
  platform: ExaminedPlatform,
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  const { name, targetTag } = context;
  const counterpart = targetTag && findCounterpart(targetTag, platform);
  if (targetTag === undefined || counterpart === undefined) return undefined;
  if (!namesSociIndex(counterpart)) {
    if (!isSameImage(counterpart.manifest, platform.manifest)) return undefined;
    const indexed = targetTag.platforms.filter(namesSociIndex).map((other) => other.platform);
    return diagnoseNotIndexed(`At the tag ${targetTag.tag}`, indexed, context, scope);
  }
  const indexed = adviseIndexedImage(context, platform);
  return indexed === undefined
    ? makeFinding(
        'index-stale',
        `The tag ${targetTag.tag} has a SOCI index, but for another image: most likely that of an earlier push, after which the tag ${name.tag ?? ''} has moved.`,
        `If the push was more than a few minutes ago, its indexing has failed, or no filter matches it. ${adviseIndexing(context)}`,
        scope,
      )
    : makeFinding(
        'index-at-other-tag',
        `This image has no SOCI index; the same image with an index is at the tag ${targetTag.tag}, because V2 pushes a new image beside the old one.`,
        indexed,
        scope,
      );
}

function diagnoseOtherPlatforms(context: ImageContext, scope: FindingScope): Finding | undefined {
  const { image } = context;
  const asked = image.platforms.filter((platform) => findUsableIndex(platform) !== undefined);
  const indexed = [...asked.map(({ platform }) => platform), ...image.otherIndexed];
  return diagnoseNotIndexed('In this image', indexed, context, scope);
}

function diagnoseNotIndexed(
  where: string,
  indexed: readonly Platform[],
  context: ImageContext,
  scope: FindingScope,
): Finding | undefined {
  if (indexed.length === 0) return undefined;
  return makeFinding(
    'platform-not-indexed',
    `${where}, there is a SOCI index for ${indexed.map(formatPlatform).join(', ')}, but not for this platform.`,
    `To index all platforms, leave out --platform, and leave the module's platforms empty. ${adviseIndexing(context)}`,
    scope,
  );
}
