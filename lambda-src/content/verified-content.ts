// Verifies content against its descriptor: as a whole, or as a stream.
import { createHash } from 'node:crypto';
import { ContentMismatchError } from '../core/errors.ts';
import { digestOf, type Descriptor } from '../core/oci/descriptor.ts';

/**
 * Passes the pieces of `content` through, and verifies size and digest. One piece is held back: the last one is delivered
 * only after the whole is verified, so that a consumer never mistakes incorrect content for complete content.
 *
 * @throws ContentMismatchError as soon as there are too many bytes, or at the end.
 */
export async function* verifyContent(
  target: Descriptor,
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  let byteCount = 0;
  let heldBack: Uint8Array | undefined;
  for await (const piece of content) {
    // An empty piece would release the one held back, which may be the last.
    if (piece.length === 0) continue;
    byteCount += piece.length;
    if (byteCount > target.size)
      throw sizeMismatch(target, `has more than the ${target.size} bytes of its descriptor`);
    hash.update(piece);
    if (heldBack !== undefined) yield heldBack;
    heldBack = piece;
  }
  if (byteCount < target.size) {
    throw sizeMismatch(target, `ends after ${byteCount} of the ${target.size} bytes of its descriptor`);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== target.digest) throw digestMismatch(target, digest);
  if (heldBack !== undefined) yield heldBack;
}

/** @throws ContentMismatchError if `content` does not match `target`. */
export function assertContent(target: Pick<Descriptor, 'digest' | 'size'>, content: Uint8Array): void {
  if (content.length !== target.size) {
    throw sizeMismatch(target, `has ${content.length} bytes; its descriptor says ${target.size}`);
  }
  const digest = digestOf(content);
  if (digest !== target.digest) throw digestMismatch(target, digest);
}

function sizeMismatch(target: Pick<Descriptor, 'digest'>, problem: string): ContentMismatchError {
  return new ContentMismatchError(target.digest, problem);
}

function digestMismatch(target: Pick<Descriptor, 'digest'>, digest: string): ContentMismatchError {
  return new ContentMismatchError(target.digest, `its bytes have the digest ${digest}`);
}
