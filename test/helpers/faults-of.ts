import { ConfigError } from '../../lambda-src/core/errors.ts';

/** The faults of the ConfigError that `load` throws; none where it throws nothing. */
export function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}
