// Which other tags of a repository may have zTOCs that are used again. Neither a registry nor a layout tells how old a tag
// is; the tags of releases are mostly counted or dated, so that the last ones by name are the best guess.
import { FormatError } from '../core/errors.ts';
import { isAttachedTag } from '../core/oci/attached-tag.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { OpenImage } from './open-image.ts';

/** Those of the image's repository, the last by name first; none where its registry does not list them. */
export async function listTagsByName({ listTags }: Pick<OpenImage, 'listTags'>): Promise<readonly string[]> {
  try {
    const tags = (await listTags()).filter((tag) => !isAttachedTag(tag));
    // `v10` comes behind `v9`. Made here, since every start of the program would wait for it, 20 ms.
    const byName = new Intl.Collator('en', { numeric: true });
    return tags.toSorted((a, b) => byName.compare(b, a));
  } catch (error) {
    // What cannot be guessed costs time: layers are read that need not be.
    if (error instanceof RegistryError || error instanceof FormatError) return [];
    throw error;
  }
}
