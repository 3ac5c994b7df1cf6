import { RegistryError, type RegistryFailure } from '../../lambda-src/registry/registry-error.ts';

/** A request for a manifest that failed at its first attempt, by default for good. */
export function registryError(parts: Partial<RegistryFailure> = {}): RegistryError {
  const url = new URL('https://registry.example.com/v2/app/manifests/v1');
  return new RegistryError({ method: 'GET', url, problem: 'no', transient: false, ...parts }, 1);
}
