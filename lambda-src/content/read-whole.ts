// Reads a small blob as a whole.
import { ContentMismatchError } from '../core/errors.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import type { ContentReader } from './content-store.ts';

/**
 * The bytes of a blob whose descriptor allows at most `maximumBytes`.
 *
 * @throws ContentMismatchError if the descriptor has a larger size; any error from `fetchBlob`.
 */
export async function readWholeBlob(
  store: ContentReader,
  target: Descriptor,
  maximumBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (target.size > maximumBytes) {
    throw new ContentMismatchError(
      target.digest,
      `its size is ${target.size} bytes, more than the maximum of ${maximumBytes}`,
    );
  }
  const pieces: Uint8Array[] = [];
  for await (const piece of store.fetchBlob(target, signal)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}
