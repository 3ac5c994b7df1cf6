// The tag of the V2 image, from the options of the command line.
import { type Command, Option } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { isTag } from '../core/oci/reference.ts';

export interface TargetTagOptions {
  readonly tagSuffix: string;
  readonly targetTag?: string;
}

export function targetTagOption(): Option {
  return new Option('--target-tag <tag>', "the V2 image's tag, instead of the image's tag with a suffix");
}

/**
 * Refuses options that would have no effect.
 *
 * @throws ConfigError for --target-tag together with --tag-suffix, and for either of them with V1.
 */
export function refuseIdleTagOptions(
  command: Command,
  { indexVersion, targetTag }: TargetTagOptions & { readonly indexVersion: 'v1' | 'v2' },
): void {
  const hasSuffix = command.getOptionValueSource('tagSuffix') === 'cli';
  if (indexVersion === 'v1' && (hasSuffix || targetTag !== undefined)) {
    const option = hasSuffix ? '--tag-suffix' : '--target-tag';
    throw new ConfigError([`${option} has no effect with --index-version v1: a V1 index has no tag`]);
  }
  if (hasSuffix && targetTag !== undefined) {
    throw new ConfigError([
      '--target-tag and --tag-suffix cannot be used together: --target-tag gives the complete tag',
    ]);
  }
}

/**
 * The tag of the V2 image; undefined if the source has no tag and none is given. The image is then pushed by digest only.
 *
 * @throws ConfigError if it is not a valid tag.
 */
export function chooseTargetTag(
  sourceTag: string | undefined,
  { tagSuffix, targetTag }: TargetTagOptions,
): string | undefined {
  const tag = targetTag ?? (sourceTag === undefined ? undefined : sourceTag + tagSuffix);
  if (tag === undefined || isTag(tag)) return tag;
  throw new ConfigError([
    `${JSON.stringify(tag)} is not a valid tag: a tag has 1 to 128 of A-Z a-z 0-9 _ . - (--target-tag, --tag-suffix)`,
  ]);
}
