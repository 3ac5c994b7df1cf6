// Waiting, on a registry in which things happen while it goes on. Time is counted here and not waited for.
import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import {
  type Clock,
  waitForIndex,
  type WaitOutcome,
  type WaitTimes,
} from '../../lambda-src/cli/wait-for-index.ts';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import type { Expectation } from '../../lambda-src/image/expected-index.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import type { Fault, FaultSource } from '../helpers/registry-faults/faults.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';

const openRegistry = useRegistries();

/** What happens in the registry during each sleep, in order. */
type Happening = () => Promise<unknown>;

class CountedClock implements Clock {
  readonly #happenings: Happening[];
  readonly #realLimitMilliseconds: number;

  milliseconds = 0;
  readonly sleeps: number[] = [];

  constructor(happenings: Happening[], realLimitMilliseconds: number) {
    this.#happenings = happenings;
    this.#realLimitMilliseconds = realLimitMilliseconds;
  }

  now(): number {
    return this.milliseconds;
  }

  /** How long each look may take. */
  readonly limits: number[] = [];

  limit(milliseconds: number): AbortSignal {
    this.limits.push(milliseconds);
    return AbortSignal.timeout(this.#realLimitMilliseconds);
  }

  async sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.milliseconds += milliseconds;
    await this.#happenings.shift()?.();
  }
}

interface World {
  readonly registry: LocalRegistry;
  readonly store: RegistryStore;
  readonly fail: (source: FaultSource) => void;
  /** Waits for `v1`, and gives how that ended, what was said, and how long each sleep was. */
  readonly wait: (
    happenings: Happening[],
    options?: {
      readonly reference?: string;
      readonly tag?: string;
      readonly expectation?: Partial<Expectation>;
      readonly times?: Partial<WaitTimes>;
      readonly realLimitMilliseconds?: number;
    },
  ) => Promise<{
    readonly outcome: WaitOutcome;
    readonly said: readonly string[];
    readonly sleeps: number[];
    readonly limits: number[];
  }>;
  /** Builds the index of what `v1` points to. */
  readonly build: (version?: 'V1' | 'V2', targetTag?: string) => Promise<Digest>;
}

async function openWorld(): Promise<World> {
  let faults: FaultSource = () => undefined;
  const registry = await openRegistry({ immutableTags: false, faults: (request) => faults(request) });
  const store = openStore(registry);
  return {
    registry,
    store,
    fail: (source) => {
      faults = source;
    },
    wait: async (
      happenings,
      { reference = 'v1', tag = 'v1', expectation, times, realLimitMilliseconds = 60_000 } = {},
    ) => {
      const clock = new CountedClock(happenings, realLimitMilliseconds);
      const said: string[] = [];
      const outcome = await waitForIndex(
        store,
        { reference, tag },
        {
          target: { version: 'V2', tag: 'v1-soci' },
          platforms: undefined,
          minimumLayerSizeBytes: 0,
          ...expectation,
        },
        { timeoutMilliseconds: 300_000, intervalMilliseconds: 5_000, ...times },
        (reason) => said.push(reason),
        clock,
      );
      return { outcome, said, sleeps: clock.sleeps, limits: clock.limits };
    },
    build: async (version = 'V2', targetTag = 'v1-soci') => {
      const outcome = await indexImage(
        store,
        { reference: 'v1', tag: 'v1' },
        {
          version,
          missingPlatforms: 'refuse',
          minimumLayerSizeBytes: 0,
          targetTag,
          spanSizeBytes: 65_536,
          buildToolIdentifier: 'a builder',
          jobs: ownThread,
        },
      );
      if (outcome.status !== 'indexed') throw new Error(outcome.status);
      return outcome.digest;
    },
  };
}

const nothing: Happening = () => Promise.resolve();

describe('waiting ends', () => {
  test('with the image indexed, as soon as a look finds it, and says each obstacle once', async () => {
    const { store, wait, build } = await openWorld();
    const source = await pushImage(store, { tag: 'v1' });
    let built: Digest | undefined;
    const { outcome, said, sleeps } = await wait([
      nothing,
      nothing,
      async () => {
        built = await build();
      },
    ]);
    expect(outcome).toEqual({ status: 'indexed', sourceDigest: source.digest, digest: built });
    expect(said).toEqual(['there is no tag v1-soci']);
    expect(sleeps).toEqual([5_000, 5_000, 5_000]);
  });

  test('not with the index of an earlier push, which is at the tag when the wait begins', async () => {
    const { store, wait, build } = await openWorld();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    const stale = await build();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] });
    let built: Digest | undefined;
    const { outcome, said } = await wait([
      nothing,
      async () => {
        built = await build();
      },
    ]);
    expect(outcome).toMatchObject({ status: 'indexed', digest: built });
    expect(built).not.toBe(stale);
    expect(said).toEqual(['the tag v1-soci points to the SOCI image of another source']);
  });

  test('with V1, with the digest of the image itself', async () => {
    const { store, wait, build } = await openWorld();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const { outcome, sleeps } = await wait([() => build('V1')], {
      expectation: { target: { version: 'V1' } },
    });
    expect(outcome).toEqual({ status: 'indexed', sourceDigest: digest, digest });
    expect(sleeps).toHaveLength(1);
  });

  test('at once where nothing of the image is indexed', async () => {
    const { registry, store, wait } = await openWorld();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const asked = registry.log.length;
    const { outcome, sleeps } = await wait([], { expectation: { minimumLayerSizeBytes: 10_485_760 } });
    expect(outcome).toEqual({
      status: 'skipped',
      ...explain('no-layer-to-index'),
      sourceDigest: digest,
      digest,
    });
    expect(sleeps).toEqual([]);
    // The manifest, and the config that tells its platform.
    expect(registry.log.slice(asked).filter(({ path }) => path.includes('/manifests/'))).toHaveLength(1);
  });

  test('at once where the image is V2 itself', async () => {
    const { wait, build, store } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    const digest = await build('V2', 'v1');
    expect(await wait([])).toMatchObject({
      outcome: { status: 'already-indexed', sourceDigest: digest, digest },
      sleeps: [],
    });
  });

  test('when the builder gives the target tag to the image as it is', async () => {
    const { store, wait } = await openWorld();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const { outcome } = await wait([
      async () => store.pushManifest(await store.fetchManifest('v1'), 'v1-soci'),
    ]);
    expect(outcome).toEqual({
      status: 'skipped',
      ...explain('tagged-as-is', 'v1-soci'),
      sourceDigest: digest,
      digest,
    });
  });

  test('when the tag itself moves to the indexed image, which is not taken for another push', async () => {
    const { store, wait, build } = await openWorld();
    const source = await pushImage(store, { tag: 'v1' });
    let built: Digest | undefined;
    const { outcome, said } = await wait(
      [
        nothing,
        async () => {
          built = await build('V2', 'v1');
        },
      ],
      { expectation: { target: { version: 'V2', tag: 'v1' } } },
    );
    expect(outcome).toEqual({ status: 'indexed', sourceDigest: source.digest, digest: built });
    expect(said).toEqual(['the tag v1 still points to the unindexed image']);
  });

  test('when time is up, after a last look at the very end', async () => {
    const { store, wait } = await openWorld();
    const { digest } = await pushImage(store, { tag: 'v1' });
    const { outcome, sleeps } = await wait([], { times: { timeoutMilliseconds: 12_000 } });
    expect(outcome).toEqual({
      status: 'timed-out',
      ...explain('not-indexed-yet', 'there is no tag v1-soci'),
      sourceDigest: digest,
    });
    expect(sleeps).toEqual([5_000, 5_000, 2_000]);
  });

  test('with the index that the last look finds', async () => {
    const { store, wait, build } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    const { outcome } = await wait([nothing, () => build()], { times: { timeoutMilliseconds: 10_000 } });
    expect(outcome).toMatchObject({ status: 'indexed' });
  });

  test('after one look, if there is no time', async () => {
    const { store, wait, build } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    const times = { timeoutMilliseconds: 0 };
    expect(await wait([], { times })).toMatchObject({ outcome: { status: 'timed-out' }, sleeps: [] });
    const digest = await build();
    expect(await wait([], { times })).toMatchObject({ outcome: { status: 'indexed', digest } });
  });
});

describe('a tag that moves', () => {
  test('to another image ends the wait without a digest', async () => {
    const { store, wait } = await openWorld();
    const first = await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    let second: Digest | undefined;
    const { outcome } = await wait([
      async () => {
        second = (await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] })).digest;
      },
    ]);
    expect(outcome).toEqual({
      status: 'superseded',
      ...explain('tag-moved', `v1 is ${second ?? ''}`),
      sourceDigest: first.digest,
    });
  });

  test('does not matter if the image was indexed before that', async () => {
    const { store, wait, build } = await openWorld();
    const { digest: reference } = await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    const built = await build();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] });
    expect((await wait([], { reference })).outcome).toMatchObject({ status: 'indexed', digest: built });
  });

  test('has moved when the wait for a digest begins: that image is not indexed any more', async () => {
    const { store, wait } = await openWorld();
    const { digest: reference } = await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] });
    const { outcome, sleeps } = await wait([], { reference });
    expect(outcome).toMatchObject({ status: 'superseded', sourceDigest: reference });
    expect(sleeps).toEqual([]);
  });

  /** Looks for the tag itself, from 1, that do not find it. */
  const hideTag = (...hidden: readonly number[]): FaultSource => {
    let looks = 0;
    return ({ method, path }) => {
      if (method !== 'HEAD' || !path.endsWith('/v1')) return undefined;
      return hidden.includes(++looks) ? { kind: 'status', status: 404 } : undefined;
    };
  };

  test('is not gone if a look does not find it and the next one does', async () => {
    const { store, wait, fail, build } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    fail(hideTag(1, 3, 5));
    const { outcome, sleeps } = await wait([nothing, nothing, nothing, nothing, () => build()]);
    expect(outcome).toMatchObject({ status: 'indexed' });
    expect(sleeps).toHaveLength(5);
  });

  test('is gone if two looks in a row do not find it', async () => {
    const { store, wait, fail } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    fail(hideTag(2, 3));
    const { outcome, sleeps } = await wait([]);
    expect(outcome).toMatchObject({ status: 'superseded', ...explain('tag-deleted', 'v1') });
    expect(sleeps).toHaveLength(2);
  });
});

describe('a registry', () => {
  const unavailable: Fault = { kind: 'status', status: 503, headers: { 'retry-after': '3600' } };

  test('that fails in passing does not end the wait', async () => {
    const { store, wait, fail, build } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    fail(() => unavailable);
    const { outcome, said } = await wait([
      nothing,
      async () => {
        fail(() => undefined);
        await build();
      },
    ]);
    expect(outcome).toMatchObject({ status: 'indexed' });
    expect(said).toEqual([expect.stringContaining('status 503')]);
  });

  test('that does not answer does not hold up the end for more than half a minute', async () => {
    const { store, wait, fail } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    fail(() => ({ kind: 'late', milliseconds: 10_000 }));
    const { outcome, limits } = await wait([], {
      times: { timeoutMilliseconds: 40_000, intervalMilliseconds: 30_000 },
      realLimitMilliseconds: 20,
    });
    expect(outcome).toEqual({
      status: 'timed-out',
      ...explain('not-indexed-yet', 'the registry did not answer in time'),
    });
    expect(limits).toEqual([40_000, 30_000, 30_000]);
  });

  test('that fails until time is up is the reason that is told', async () => {
    const { store, wait, fail } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    fail(() => unavailable);
    const { outcome } = await wait([], { times: { timeoutMilliseconds: 7_000 } });
    expect(outcome).toEqual({
      status: 'timed-out',
      reason: 'not-indexed-yet',
      message: expect.stringContaining('status 503') as unknown,
    });
  });

  test.each([401, 403])('that refuses (%i) ends the wait at once', async (status) => {
    const { store, wait, fail } = await openWorld();
    await pushImage(store, { tag: 'v1' });
    await expect(
      wait([
        () => {
          fail(() => ({ kind: 'status', status }));
          return Promise.resolve();
        },
        () => Promise.reject(new Error('it goes on')),
      ]),
    ).rejects.toMatchObject({ name: 'RegistryError', status });
  });

  test('that does not know at once what was pushed to it is given a moment', async () => {
    const { store, wait, build } = await openWorld();
    let built: Digest | undefined;
    const { outcome, said } = await wait([
      () => pushImage(store, { tag: 'v1' }),
      async () => {
        built = await build();
      },
    ]);
    expect(outcome).toMatchObject({ status: 'indexed', digest: built });
    expect(said[0]).toContain('there is no manifest v1');
  });

  test('that has no such image is not asked until time is up', async () => {
    const { wait } = await openWorld();
    const happenings = [nothing, nothing, nothing, () => Promise.reject(new Error('it goes on'))];
    await expect(wait(happenings)).rejects.toBeInstanceOf(NotFoundError);
    expect(happenings).toHaveLength(1);
  });

  test('that has no such image is asked once, if there is no time', async () => {
    const { wait } = await openWorld();
    await expect(wait([], { times: { timeoutMilliseconds: 0 } })).rejects.toBeInstanceOf(NotFoundError);
  });
});
