// An image that was there when its event was sent, and is not now: that is the way of images, and no failure.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import type { PushSkipReason } from '../core/reasons.ts';
import { RegistryError } from '../registry/registry-error.ts';

export type AbsenceReason = Extract<PushSkipReason, 'image-deleted' | 'archived'>;

/** Why there is no such image, or undefined where there is one. */
export async function findAbsence(
  store: ContentReader,
  digest: Digest,
  signal: AbortSignal,
): Promise<AbsenceReason | undefined> {
  try {
    await store.fetchManifest(digest, signal);
    return undefined;
  } catch (error) {
    if (error instanceof NotFoundError) return saysArchived(error.cause) ? 'archived' : 'image-deleted';
    if (saysArchived(error)) return 'archived';
    throw error;
  }
}

/**
 * ECR does not let archived images be pulled: it answers as if they were not there, and only its words tell.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive_restore_image.html
 */
function saysArchived(error: unknown): boolean {
  return error instanceof RegistryError && /archived/i.test(`${error.code ?? ''} ${error.failure.problem}`);
}
