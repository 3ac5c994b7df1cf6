// Checks whether the source image still exists, and whether its tag still points to it. A registry cannot check and write
// in one step, so a push between this check and the next request goes unnoticed.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { explain, type Explained, type SupersededReason } from '../core/reasons.ts';

/**
 * The tag's new target, if it no longer points to the image.
 *
 * @throws NotFoundError if the image itself was deleted.
 */
export async function findMove(
  store: ContentReader,
  tag: string,
  image: Digest,
  signal?: AbortSignal,
): Promise<Explained<SupersededReason> | undefined> {
  const now = await store.resolve(tag, signal);
  if (now?.digest === image) return undefined;
  if (now !== undefined) return explain('tag-moved', `${tag} is ${now.digest}`);
  await requireManifest(store, image, signal);
  return explain('tag-deleted', tag);
}

/**
 * Ensures that a subject exists, because registries accept a referrer even if its subject was deleted.
 *
 * @throws NotFoundError if the manifest was deleted.
 */
export async function requireManifest(
  store: ContentReader,
  digest: Digest,
  signal?: AbortSignal,
): Promise<void> {
  if ((await store.resolve(digest, signal)) !== undefined) return;
  throw new NotFoundError(`the manifest ${digest} was deleted in the meantime`);
}
