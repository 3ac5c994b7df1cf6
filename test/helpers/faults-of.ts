import { ConfigError } from '../../lambda-src/core/errors.ts';

/** The faults in the ConfigError that `load` throws; an empty list if it throws nothing. */
export function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
