// Local registries for one test, and stores with short delays and timeouts.
import { afterEach } from '@jest/globals';
import { turnTimers } from '../helpers/turn-timers.ts';
import { RegistryStore, type RegistryStoreOptions } from '../../lambda-src/registry/registry-store.ts';
import type { RetryPolicy } from '../../lambda-src/registry/retry.ts';
import type { Timeouts } from '../../lambda-src/registry/transport.ts';
import type { LocalRegistry, LoggedRequest } from '../../lambda-src/local-registry/local-registry.ts';
import {
  createFaultyRegistry,
  type FaultyRegistryOptions,
} from '../helpers/registry-faults/faulty-registry.ts';

/** The production number of attempts, with almost no delay between them. */
export const quickRetries: RetryPolicy = {
  maximumAttempts: 6,
  baseDelayMilliseconds: 1,
  maximumDelayMilliseconds: 4,
  maximumRetryAfterMilliseconds: 2_000,
};

export const quickTimeouts: Timeouts = {
  connectMilliseconds: 2_000,
  stallMilliseconds: 100,
  answerMilliseconds: 200,
};

export const repository = 'team/app';

/** Opens registries, and closes them after each test of the file. */
export function useRegistries(): (options?: FaultyRegistryOptions) => Promise<LocalRegistry> {
  const opened: LocalRegistry[] = [];
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
  });
  return async (options) => {
    const registry = await createFaultyRegistry(options);
    opened.push(registry);
    return registry;
  };
}

export function openStore(
  registry: Pick<LocalRegistry, 'host'>,
  options: Partial<RegistryStoreOptions> = {},
): RegistryStore {
  return new RegistryStore({
    registry: registry.host,
    repository,
    retryPolicy: quickRetries,
    timeouts: quickTimeouts,
    timers: turnTimers,
    ...options,
  });
}

/** Summarizes requests, as in `GET blobs 200`, without names and digests. */
export function summarize(log: readonly LoggedRequest[]): string[] {
  return log.map(({ method, path, status }) => {
    const [, kind = path] = /\/(blobs\/uploads|blobs|manifests|referrers|token)(?:\/|$)/.exec(path) ?? [];
    return `${method} ${kind} ${status ?? 'cut'}`;
  });
}
