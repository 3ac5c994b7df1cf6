// Holds content against its descriptor: a whole at once, or a stream as it passes.
import { createHash } from 'node:crypto';
import { ContentMismatchError } from '../core/errors.ts';
import { digestOf, type Descriptor } from '../core/oci/descriptor.ts';

/**
 * Passes the pieces of `content` through and checks their size and digest on the way. One piece is held back: the last one
 * is given only after the whole has proved right, so that a consumer never takes false content for complete.
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
    // An empty piece would push out the one held back, which may be the last.
    if (piece.length === 0) continue;
    byteCount += piece.length;
    if (byteCount > target.size)
      throw sizeMismatch(target, `more than the ${target.size} bytes of its descriptor`);
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

/** @throws ContentMismatchError if `content` is not what `target` describes. */
export function assertContent(target: Pick<Descriptor, 'digest' | 'size'>, content: Uint8Array): void {
  if (content.length !== target.size) {
    throw sizeMismatch(target, `has ${content.length} bytes where its descriptor says ${target.size}`);
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
