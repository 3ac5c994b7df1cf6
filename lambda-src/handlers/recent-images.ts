// Which other images of a repository may have zTOCs that are used again: those that were indexed last, as far as ECR
// tells. The function does not know the filters; it knows what tags it makes.
import { listRecentTags } from '../aws/recent-tags.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { couldBeTargetTag } from '../core/soci/target-tag.ts';
import type { GeneratorConfig } from './config.ts';
import { describeError, writeLogLine } from './log.ts';

/**
 * Tags of images that may have a SOCI index, the most recent first. With V2 these are our target tags, with V1 all. Where
 * ECR does not tell, that is logged, and there are none: layers are then read that need not be.
 */
export async function findRecentTags(
  repository: string,
  { version, targetTagTemplate }: Pick<GeneratorConfig, 'version' | 'targetTagTemplate'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const mayBeIndexed = (tag: string, mediaType = '') =>
    version === 'V1' || (isIndexType(mediaType) && couldBeTargetTag(targetTagTemplate, tag));
  try {
    return await listRecentTags(repository, mayBeIndexed, signal);
  } catch (error) {
    signal.throwIfAborted();
    const headline = `could not list recent images of ${repository}; layers without a zTOC at this tag will be read`;
    writeLogLine('WARN', headline, { ...describeError(error) });
    return [];
  }
}
