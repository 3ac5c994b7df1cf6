// What a backfill would do in one repository, derived from ECR's list alone: which images need an index, which have one,
// and which are skipped, and why. It saves invocations but does not decide: the filter function judges each event as usual,
// and the generator function checks what exists.
import type { CommandReason, ImageSkipReason, PushSkipReason } from '../../core/reasons.ts';
import { isTargetTag, makeTargetTag, type TargetTagTemplate } from '../../core/soci/target-tag.ts';
import { isOtherArtifact } from '../../events/artifact-type.ts';
import { findMatchingFilter, type ImageFilter } from '../../events/image-filters.ts';
import type { TaggedImage } from '../../events/made-push-event.ts';
import type { ListedImage } from '../../aws/list-images.ts';
import { dropUndefined } from '../../core/oci/json-fields.ts';
import { type SociIndexVersion, sociIndexTypes } from '../../core/soci-names.ts';

export interface PlanCriteria {
  /** What the user requests. */
  readonly filters: readonly ImageFilter[];
  /** The filter function's settings; undefined if unknown. */
  readonly functionFilters?: readonly ImageFilter[];
  readonly version: SociIndexVersion;
  /** Used with V2 only. */
  readonly targetTagTemplate: TargetTagTemplate;
  /** Only images pushed at this time or later. */
  readonly sinceMilliseconds?: number;
  /** Treats every image as not indexed; the generator function checks. */
  readonly recheck: boolean;
}

export type PassReason =
  | Extract<ImageSkipReason, 'not-an-image'>
  /** `own-tag` and `target-tag-too-long` with V2 only. */
  | Extract<PushSkipReason, 'untagged' | 'own-tag' | 'target-tag-too-long'>
  /** `other-tag-of-image` with V1 only, because the index belongs to the image, whichever of its tags is used. */
  | Extract<
      CommandReason,
      'no-filter-match' | 'before-since' | 'not-in-function-filters' | 'other-tag-of-image'
    >;

export interface PlannedImage extends TaggedImage {
  readonly pushedAtMilliseconds: number;
  /** Compressed. */
  readonly bytes: number;
}

export interface RepositoryPlan {
  /** Number of tags that match the filters, indexed or not. */
  readonly matched: number;
  readonly alreadyIndexed: number;
  /** Number of tags, and of untagged images. */
  readonly passed: ReadonlyMap<PassReason, number>;
  readonly images: readonly PlannedImage[];
}

type Verdict = PassReason | 'indexed' | 'to be indexed';

export function planRepository(
  repository: string,
  listed: readonly ListedImage[],
  criteria: PlanCriteria,
): RepositoryPlan {
  const found = findIndexes(listed);
  const passed = new Map<PassReason, number>();
  const pass = (reason: PassReason) => passed.set(reason, (passed.get(reason) ?? 0) + 1);
  const images: PlannedImage[] = [];
  let alreadyIndexed = 0;
  for (const image of listed) {
    let hasTag = false;
    if (image.tags.length === 0) pass(isOtherArtifact(image) ? 'not-an-image' : 'untagged');
    for (const tag of image.tags) {
      const verdict = judge(repository, image, tag, criteria, found);
      if (verdict === 'indexed') alreadyIndexed++;
      else if (verdict !== 'to be indexed') pass(verdict);
      else if (hasTag && criteria.version === 'V1') pass('other-tag-of-image');
      else {
        hasTag = true;
        images.push(planImage(repository, image, tag));
      }
    }
  }
  return { matched: alreadyIndexed + images.length, alreadyIndexed, passed, images };
}

/** What a repository's list shows about indexes. */
interface FoundIndexes {
  /** When the image that a tag points to was pushed. */
  readonly pushedAtByTag: ReadonlyMap<string, number>;
  /** Digests of manifests that have a V1 SOCI index as referrer. */
  readonly subjects: ReadonlySet<string>;
}

function findIndexes(listed: readonly ListedImage[]): FoundIndexes {
  const indexes = listed.filter(({ artifactType }) => artifactType === sociIndexTypes.V1);
  return {
    pushedAtByTag: new Map(
      listed.flatMap(({ tags, pushedAtMilliseconds }) => tags.map((tag) => [tag, pushedAtMilliseconds])),
    ),
    subjects: new Set(indexes.flatMap(({ subject }) => subject ?? [])),
  };
}

/** Checks in the order of the filter function (handlers/filter.ts), and then what only a list can show. */
function judge(
  repository: string,
  image: ListedImage,
  tag: string,
  criteria: PlanCriteria,
  found: FoundIndexes,
): Verdict {
  const { version, targetTagTemplate: template, sinceMilliseconds = -Infinity, functionFilters } = criteria;
  if (isOtherArtifact({ tag, ...image })) return 'not-an-image';
  if (version === 'V2' && isTargetTag(template, tag)) return 'own-tag';
  if (findMatchingFilter(criteria.filters, repository, tag) === undefined) return 'no-filter-match';
  if (image.pushedAtMilliseconds < sinceMilliseconds) return 'before-since';
  if (functionFilters !== undefined && findMatchingFilter(functionFilters, repository, tag) === undefined) {
    return 'not-in-function-filters';
  }
  if (version === 'V1')
    return !criteria.recheck && found.subjects.has(image.digest) ? 'indexed' : 'to be indexed';
  const target = makeTargetTag(template, tag);
  if (target === undefined) return 'target-tag-too-long';
  if (criteria.recheck) return 'to be indexed';
  return isIndexed(image, tag, target, found) || isResult(image, template) ? 'indexed' : 'to be indexed';
}

/** Whether the target tag belongs to this push, not to an earlier one of the same tag. */
function isIndexed(
  image: ListedImage,
  tag: string,
  target: string,
  { pushedAtByTag }: FoundIndexes,
): boolean {
  // If both tags are the same, the list does not distinguish an image from its SOCI image.
  return tag !== target && (pushedAtByTag.get(target) ?? -Infinity) >= image.pushedAtMilliseconds;
}

/**
 * Whether the image is the SOCI image of another one, under a further tag. A plain image may also have a target tag, but
 * only that of its own tag (`tag_skipped_images`).
 */
function isResult({ tags }: ListedImage, template: TargetTagTemplate): boolean {
  const ownTargets = new Set(tags.map((tag) => makeTargetTag(template, tag)));
  return tags.some((tag) => isTargetTag(template, tag) && !ownTargets.has(tag));
}

function planImage(repository: string, image: ListedImage, tag: string): PlannedImage {
  const { digest, manifestMediaType, artifactType, pushedAtMilliseconds, bytes } = image;
  return dropUndefined({
    repository,
    tag,
    digest,
    manifestMediaType,
    artifactType,
    pushedAtMilliseconds,
    bytes,
  });
}
