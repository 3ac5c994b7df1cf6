// Whether the image that is indexed is still there, and still what its tag points to. Reading and writing are not one step in
// a registry: what is pushed between this and the next request is not seen.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { explain, type Explained, type SupersededReason } from '../core/reasons.ts';

/**
 * What became of the tag, if it does not point to the image any more.
 *
 * @throws NotFoundError if the image itself is gone.
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

/** Registries take a referrer also where its subject is gone. @throws NotFoundError where the manifest is gone. */
export async function requireManifest(
  store: ContentReader,
  digest: Digest,
  signal?: AbortSignal,
): Promise<void> {
  if ((await store.resolve(digest, signal)) !== undefined) return;
  throw new NotFoundError(`the manifest ${digest} was deleted in the meantime`);
}
