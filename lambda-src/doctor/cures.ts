// What to do about an image without a valid SOCI index, in sentences with commands that can be pasted.
import type { PlatformImage } from '../core/soci/platform-choice.ts';
import type { ExaminedImage } from './examined-image.ts';
import { type ImageName, indexCommandOf, nameWithDigest, nameWithTag } from './image-name.ts';
import { findIndexedTwin, namesSociIndex, type RelatedTag } from './related-tag.ts';

/** The image and its other tags, which decide the advice. */
export interface ImageContext {
  readonly name: ImageName;
  readonly image: ExaminedImage;
  /** The image to index: this one or, if it is a V2 image, its source, if known. */
  readonly source: ImageName | undefined;
  /** The tag with the suffix, if it exists. */
  readonly targetTag: RelatedTag | undefined;
}

/** A sentence with the command that indexes the image. */
export function adviseIndexing({ source }: Pick<ImageContext, 'source'>): string {
  return source === undefined
    ? 'Index its source image, and deploy the result.'
    : `Index it, and deploy the result: ${indexCommandOf(source)}.`;
}

/** A sentence with the command that restores what is missing or damaged; for a V2 image, at its own tag. */
export function adviseMending({ source, name }: Pick<ImageContext, 'source' | 'name'>): string {
  return `Build it again: ${indexCommandOf(source ?? name)}.`;
}

/** Whether the target tag points to an image without SOCI indexes, which is never overwritten. */
export function isTargetTaken({ targetTag }: Pick<ImageContext, 'targetTag'>): boolean {
  return targetTag !== undefined && !targetTag.platforms.some(namesSociIndex);
}

/**
 * A sentence that says what to deploy: the same image with a V2 SOCI index at the tag with the suffix, if it exists.
 */
export function adviseIndexedImage(
  { name, targetTag }: ImageContext,
  platform: PlatformImage,
): string | undefined {
  if (targetTag === undefined || findIndexedTwin(targetTag, platform) === undefined) return undefined;
  return `Deploy ${nameWithTag(name, targetTag.tag)} or ${nameWithDigest(name, targetTag.digest)}.`;
}
