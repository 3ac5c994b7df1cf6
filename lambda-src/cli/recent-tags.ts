// Which other tags of a repository may have zTOCs to reuse. Neither a registry nor a layout records the age of a tag, but
// most release tags are numbered or dated, so the last ones by name are the best guess.
import { FormatError } from '../core/errors.ts';
import { isAttachedTag } from '../core/oci/attached-tag.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { OpenImage } from './open-image.ts';

/** The tags of the image's repository, last by name first; empty if the registry does not list them. */
export async function listTagsByName({ listTags }: Pick<OpenImage, 'listTags'>): Promise<readonly string[]> {
  try {
    const tags = (await listTags()).filter((tag) => !isAttachedTag(tag));
    // `v10` sorts after `v9`. Created here because it takes 20 ms, which every start would otherwise pay for.
    const byName = new Intl.Collator('en', { numeric: true });
    return tags.toSorted((a, b) => byName.compare(b, a));
  } catch (error) {
    // Without the tags, some layers are read although their zTOCs could have been reused. That only costs time.
    if (error instanceof RegistryError || error instanceof FormatError) return [];
    throw error;
  }
}
