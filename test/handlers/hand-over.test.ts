// Images that take longer than one invocation of the generator.
import { describe, expect, jest, test } from '@jest/globals';
import { continueEvent } from '../../lambda-src/handlers/continuation.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import type { ImageReport } from '../../lambda-src/handlers/image-report.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { generatorEnvironment } from '../helpers/function-environment.ts';
import type { FaultSource } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { useAws } from '../helpers/aws.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { type Blob, blobOf, ociTypes, pushImage } from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { sleepTurns } from '../helpers/turn-timers.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { lambdaContext, pushEvent } from './lambda-invocation.ts';
import type { KnownLayer } from '../../lambda-src/indexer/outcome.ts';

const openRegistry = useRegistries();
const openAws = useAws();
const logLines = captureLogLines();

const hopsField = 'soci-index-builder-continuation';
/** Each layer has several hundred KB, so that part of it can arrive. */
const layers = ['one', 'two', 'three', 'four'].map((name, seed) => {
  const data = mixedBytes(createRandom(seed), 900_000 + seed);
  const tar = new TarWriter().entry({ name }, data).end().bytes();
  return blobOf(gzipOf(tar), ociTypes.gzip);
});

interface World {
  readonly registry: LocalRegistry;
  readonly store: RegistryStore;
  /** Events with which the generator has invoked itself. */
  readonly events: readonly unknown[];
  /** Number of announced outcomes. */
  readonly announcements: () => number;
  readonly run: (event: unknown) => Promise<ImageReport>;
  /** Like `run`, but the time runs out after part of an unreadable layer has been read. */
  readonly runShort: (event: unknown) => Promise<ImageReport>;
}

/** ECR with an image of four layers, of which an invocation can read those that `isReadable` accepts. */
async function openWorld(
  isReadable: (path: string) => boolean,
  refusesInvoke = false,
): Promise<World & { readonly event: unknown }> {
  let onStall = () => {};
  const faults: FaultSource = ({ method, path }) => {
    if (method !== 'GET' || isReadable(path)) return undefined;
    if (!layers.some(({ descriptor }) => path.includes(descriptor.digest))) return undefined;
    onStall();
    return { kind: 'stall', afterBytes: 70_000 };
  };
  const registry = await openRegistry({ ...ecrWays, immutableTags: false, faults });
  const events: unknown[] = [];
  const aws = await openAws({
    registryUrl: registry.url,
    onInvoke: (functionName, event) => {
      expect(functionName).toBe('name-generator');
      events.push(event);
    },
    ...(refusesInvoke && {
      refuse: ({ action }) =>
        action === 'Invoke'
          ? { status: 403, type: 'AccessDeniedException', message: 'no permission' }
          : undefined,
    }),
  });
  Object.assign(process.env, {
    ...generatorEnvironment,
  });
  const { username, password } = ecrWays.access;
  const store = openStore(registry, {
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
  });
  const { digest } = await pushImage(store, { layers, tag: 'latest' });
  const handler = createGenerator(ownThread);
  return {
    registry,
    store,
    events,
    announcements: () => aws.calls.filter(({ action }) => action === 'PutEvents').length,
    event: pushEvent({ tag: 'latest', digest }),
    run: (event) => handler(event, lambdaContext({ remainingMilliseconds: 900_000 })),
    async runShort(event) {
      const stalled = new Promise<void>((resolve) => {
        onStall = resolve;
      });
      jest.useFakeTimers({ doNotFake: notFaked });
      try {
        // 1.5 seconds of work, and a little to finish.
        const report = handler(event, lambdaContext({ remainingMilliseconds: 7_000 }));
        await Promise.race([report, stalled]);
        // Lets the readable part of the layer arrive.
        await sleepTurns(200);
        jest.advanceTimersByTime(1_500);
        return await report;
      } finally {
        jest.useRealTimers();
      }
    },
  };
}

/** Everything except setTimeout, which determines when an invocation's time runs out. */
const notFaked = [
  ...(['Date', 'hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
  ...(['setImmediate', 'clearImmediate', 'setInterval', 'clearInterval'] as const),
];

async function digestOfOneRun(): Promise<string> {
  const world = await openWorld(() => true);
  const report = await world.run(world.event);
  if (report.status !== 'indexed') throw new Error(report.status);
  return report.digest;
}

describe('an image that takes longer than one invocation', () => {
  test('continues in further invocations, and gets the same index as in one long run', async () => {
    let readable: readonly Blob[] = [];
    const world = await openWorld((path) =>
      readable.some(({ descriptor }) => path.includes(descriptor.digest)),
    );
    const sizes = layers.toSorted((a, b) => b.descriptor.size - a.descriptor.size);
    readable = sizes.slice(0, 2);
    const first = await world.runShort(world.event);
    expect(first).toMatchObject({ status: 'unfinished', layersLeft: 2 });
    expect(await world.store.resolve('latest-soci')).toBeUndefined();
    expect(world.announcements()).toBe(0);
    expect(world.events).toHaveLength(1);
    expect(world.events[0]).toMatchObject({ ...(world.event as object), [hopsField]: { hops: 1 } });
    expect(logLines()).toMatchObject([{ level: 'INFO', status: 'unfinished' }]);

    readable = layers;
    const before = world.registry.log.length;
    const second = await world.run(world.events[0]);
    expect(world.announcements()).toBe(1);
    expect(second).toMatchObject({ status: 'indexed', digest: await digestOfOneRun(), tag: 'latest-soci' });
    const fetched = world.registry.log
      .slice(before)
      .filter(({ origin, method }) => origin === 'storage' && method === 'GET');
    for (const { descriptor } of sizes.slice(0, 2)) {
      expect(fetched.filter(({ path }) => path.includes(descriptor.digest))).toEqual([]);
    }
  });

  test('is rebuilt with force across invocations: the request and the finished layers are passed on, and nothing else is reused', async () => {
    let readable = layers as readonly Blob[];
    const world = await openWorld((path) =>
      readable.some(({ descriptor }) => path.includes(descriptor.digest)),
    );
    const { digest } = (await world.run(world.event)) as ImageReport & { readonly digest: string };
    const event = { ...(world.event as object), 'soci-index-builder-force': true };
    const sizes = layers.toSorted((a, b) => b.descriptor.size - a.descriptor.size);
    readable = sizes.slice(0, 2);
    expect(await world.runShort(event)).toMatchObject({ status: 'unfinished', layersLeft: 2 });
    expect(world.events.at(-1)).toMatchObject({ 'soci-index-builder-force': true, [hopsField]: { hops: 1 } });

    readable = layers;
    const left = sizes.slice(2).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(await world.run(world.events.at(-1))).toMatchObject({
      status: 'already-indexed',
      digest,
      bytesRead: left,
    });
  });

  test.each([
    [true, 'indexed'],
    [false, 'already-indexed'],
  ])(
    'counts as changed after force if an earlier invocation has changed anything: %j',
    async (hasChanged, status) => {
      const world = await openWorld(() => true);
      await world.run(world.event);
      const event = { ...(world.event as object), 'soci-index-builder-force': true };
      const continuation = { hops: 1, finished: [], ...(hasChanged && { hasChanged }) };
      expect(await world.run(continueEvent(event, continuation))).toMatchObject({ status });
    },
  );

  test('is retried by Lambda if the work cannot be passed on', async () => {
    let readable: readonly Blob[] = [];
    const world = await openWorld(
      (path) => readable.some(({ descriptor }) => path.includes(descriptor.digest)),
      true,
    );
    readable = layers.toSorted((a, b) => b.descriptor.size - a.descriptor.size).slice(0, 1);
    await expect(world.runShort(world.event)).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(logLines()).toMatchObject([{ level: 'WARN', status: 'failed' }]);
  });

  test('fails as too slow if an invocation has read data but finished no layer', async () => {
    const world = await openWorld(() => false);
    await expect(world.runShort(world.event)).resolves.toMatchObject({
      status: 'failed',
      type: 'TooSlowError',
    });
    expect(world.events).toEqual([]);
    expect(logLines()[0]).toMatchObject({ level: 'ERROR', status: 'failed' });
  });

  test('fails as too slow at the tenth hop, before Lambda ends the chain', async () => {
    let readable: readonly Blob[] = [];
    const world = await openWorld((path) =>
      readable.some(({ descriptor }) => path.includes(descriptor.digest)),
    );
    readable = layers.toSorted((a, b) => b.descriptor.size - a.descriptor.size).slice(0, 1);
    const event = continueEvent(world.event, { hops: 10, finished: [] });
    const report = await world.runShort(event);
    expect(report).toMatchObject({ status: 'failed', type: 'TooSlowError' });
    expect(JSON.stringify(report)).toContain('3 layers are left after 11 invocations');
    expect(world.events).toEqual([]);
  });

  test('is indexed correctly if an event lies about finished layers', async () => {
    const world = await openWorld(() => true);
    const finished = layers.map(({ descriptor }): KnownLayer => ({
      digest: descriptor.digest,
      ztoc: { digest: layers[0]!.descriptor.digest, size: layers[0]!.descriptor.size },
    }));
    const report = await world.run(continueEvent(world.event, { hops: 1, finished }));
    expect(report).toMatchObject({ status: 'indexed', digest: await digestOfOneRun() });
  });
});
