// Fetches a manifest that may be missing.
import { type ContentReader, NotFoundError, type StoredManifest } from './content-store.ts';

/** The manifest or index at a tag or digest, or undefined if it does not exist. @throws Any other error from the store. */
export async function fetchUnlessMissing(
  store: ContentReader,
  reference: string,
  signal?: AbortSignal,
): Promise<StoredManifest | undefined> {
  try {
    return await store.fetchManifest(reference, signal);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}
