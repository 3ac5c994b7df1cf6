// Whether another attempt can help, decided here and nowhere else. What is wrong with an image stays wrong, and one that
// is too large for the function's settings stays so. What is wrong around it - the network, AWS, permissions, settings,
// time, this program - passes, or is mended by a person, and then the event is worth having: it goes into the failure
// queue, from where it can be sent again.
import { NotFoundError } from '../content/content-store.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { InvalidEventError } from '../events/invalid-event-error.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { TooSlowError } from './hand-over.ts';

/** Refusals of the caller, not of the request. Permissions that were just created take some time to hold. */
const permissionStatuses: ReadonlySet<number> = new Set([401, 403]);

export function isPermanent(error: unknown): boolean {
  if (error instanceof RegistryError) {
    const { status, transient } = error;
    return !transient && status !== undefined && status < 500 && !permissionStatuses.has(status);
  }
  return [InvalidEventError, FormatError, ContentMismatchError, NotFoundError, TooSlowError].some(
    (kind) => error instanceof kind,
  );
}
