// The field of an event that asks the generator to ignore what exists: to read every layer, and to write what differs or is
// missing. ECR never sends it; people and `soci-index backfill --force` add it (docs/events.md).
import { isObject } from '../core/is-object.ts';
import { InvalidEventError } from './invalid-event-error.ts';

const fieldName = 'soci-index-builder-force';

/** The event with this field. */
export function withForce(event: object): object {
  return { ...event, [fieldName]: true };
}

/** Whether the event has the field. @throws InvalidEventError if its value is not true. */
export function asksForForce(event: unknown): boolean {
  const value = isObject(event) ? event[fieldName] : undefined;
  if (value !== undefined && value !== true) throw new InvalidEventError([`${fieldName}: expected true`]);
  return value === true;
}
