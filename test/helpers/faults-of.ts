import { ConfigError } from '../../lambda-src/core/errors.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';

/** The faults in the ConfigError or InvalidEventError that `load` throws; an empty list if it throws nothing. */
export function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError || error instanceof InvalidEventError) return error.faults;
    throw error;
  }
  return [];
}
