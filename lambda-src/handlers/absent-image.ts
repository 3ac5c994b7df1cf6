// Recognizes an image that existed when its event was sent but has been deleted or archived since. Such an image is
// skipped, which is not a failure.
import { type ContentReader, NotFoundError } from '../content/content-store.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import type { PushSkipReason } from '../core/reasons.ts';
import { RegistryError } from '../registry/registry-error.ts';

export type AbsenceReason = Extract<PushSkipReason, 'image-deleted' | 'archived'>;

/** Why the image is not available, or undefined if it is. */
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
 * ECR refuses to serve an archived image with the same status as for a missing one. Only the message differs.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/archive_restore_image.html
 */
function saysArchived(error: unknown): boolean {
  return error instanceof RegistryError && /archived/i.test(`${error.code ?? ''} ${error.failure.problem}`);
}
