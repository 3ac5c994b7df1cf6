// Errors that content itself is the cause of: it is missing, damaged, or not what its descriptor says.
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { NotFoundError } from './content-store.ts';

/** Whether more time or another attempt would not help. */
export function isContentError(error: unknown): error is FormatError | ContentMismatchError | NotFoundError {
  return (
    error instanceof FormatError || error instanceof ContentMismatchError || error instanceof NotFoundError
  );
}
