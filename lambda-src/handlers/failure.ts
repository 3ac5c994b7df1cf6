// The only place that decides whether a retry can help. A damaged image stays damaged, and one that is too large for the
// function's settings stays too large. Any other cause (network, AWS, permissions, settings, time, a bug in this program)
// may disappear or be fixed. The event is still useful then, so it goes to the dead-letter queue, from which it can be sent
// again.
import { NotFoundError } from '../content/content-store.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { InvalidEventError } from '../events/invalid-event-error.ts';
import { RegistryError } from '../registry/registry-error.ts';
import { TooSlowError } from './hand-over.ts';

/** Refusals that concern the caller, not the request. New permissions take some time to become effective. */
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
