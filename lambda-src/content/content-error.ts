// Errors caused by content itself: it is missing, damaged, or does not match its descriptor.
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { NotFoundError } from './content-store.ts';

/** Whether the error is permanent, so that neither more time nor a retry would help. */
export function isContentError(error: unknown): error is FormatError | ContentMismatchError | NotFoundError {
  return (
    error instanceof FormatError || error instanceof ContentMismatchError || error instanceof NotFoundError
  );
}
