// Errors caused by content itself: it is missing, damaged, or does not match its descriptor.
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { NotFoundError } from './content-store.ts';

/** Whether more time or another attempt would be useless. */
export function isContentError(error: unknown): error is FormatError | ContentMismatchError | NotFoundError {
  return (
    error instanceof FormatError || error instanceof ContentMismatchError || error instanceof NotFoundError
  );
}
