// Images that take longer than one invocation of the generator.
import { describe, expect, jest, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { continueEvent, parseContinuation } from '../../lambda-src/handlers/continuation.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import { TooSlowError } from '../../lambda-src/handlers/hand-over.ts';
import type { ImageReport } from '../../lambda-src/handlers/image-report.ts';
import { WorkProgress } from '../../lambda-src/handlers/work-progress.ts';
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

describe('the continuation of an event', () => {
  const digest = digestOf(new Uint8Array(1));
  const event = pushEvent();
  const notIndexable = explain('not-indexable', 'x');

  test('is read back as it was written', () => {
    const finished: readonly KnownLayer[] = [
      { digest, ztoc: { digest: digestOf(new Uint8Array(2)), size: 33_000 } },
      { digest: digestOf(new Uint8Array(3)), ...explain('not-indexable', 'tar: no') },
    ];
    const travelled: unknown = JSON.parse(JSON.stringify(continueEvent(event, { hops: 3, finished })));
    expect(parseContinuation(travelled)).toEqual({ hops: 3, finished });
    expect(parseContinuation(event)).toEqual({ hops: 0, finished: [] });
  });

  test('fits into an asynchronous invocation with as many layers as an image may have', () => {
    const withZtoc: KnownLayer = { digest, ztoc: { digest, size: 2 ** 31 - 1 } };
    const withReason: KnownLayer = { digest, ...explain('not-indexable', '層"'.repeat(5000)) };
    for (const everySecond of [withZtoc, withReason]) {
      const finished = Array.from({ length: 1000 }, (_, index) =>
        index % 2 === 0 ? everySecond : withReason,
      );
      const text = JSON.stringify(continueEvent(event, { hops: 10, finished }));
      expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
      expect(parseContinuation(JSON.parse(text)).finished).toHaveLength(1000);
    }
  });

  test('keeps a message of ordinary length whole, and truncates a very long one', () => {
    const message = explain('not-indexable', 'x'.repeat(300)).message;
    const travel = (length: number) => {
      const layer: KnownLayer = { digest, ...explain('not-indexable', 'x'.repeat(length)) };
      const { finished } = parseContinuation(continueEvent(event, { hops: 1, finished: [layer] }));
      return finished;
    };
    expect(travel(300)).toEqual([{ digest, reason: 'not-indexable', message }]);
    expect(travel(5000)).toEqual([
      {
        digest,
        reason: 'not-indexable',
        message: expect.stringMatching(/^SOCI cannot .*x{300,390}$/) as unknown,
      },
    ]);
  });

  test.each<readonly [string, unknown]>([
    ['if it is not an object', 'x'],
    ['without any field', {}],
    ['with no hops', { hops: 0, finished: [] }],
    ['with too many hops', { hops: 11, finished: [] }],
    ['with half a hop', { hops: 1.5, finished: [] }],
    ['with an invalid list', { hops: 1, finished: {} }],
    [
      'with more layers than an image may have',
      { hops: 1, finished: Array.from({ length: 1001 }, () => ({ digest, ...notIndexable })) },
    ],
    [
      'with a path instead of a digest',
      { hops: 1, finished: [{ digest: 'sha256:../../x', ...notIndexable }] },
    ],
    ['with neither a zTOC nor a reason', { hops: 1, finished: [{ digest }] }],
    [
      'with both a zTOC and a reason',
      { hops: 1, finished: [{ digest, ...notIndexable, ztoc: { digest, size: 1 } }] },
    ],
    [
      'with a reason that is evident from a descriptor',
      { hops: 1, finished: [{ digest, ...explain('too-small') }] },
    ],
    ['with an unknown reason', { hops: 1, finished: [{ digest, reason: 'toString', message: 'x' }] }],
    ['with a reason but no message', { hops: 1, finished: [{ digest, reason: 'not-indexable' }] }],
    ['with an invalid size', { hops: 1, finished: [{ digest, ztoc: { digest, size: -1 } }] }],
    [
      'with a size larger than any zTOC',
      { hops: 1, finished: [{ digest, ztoc: { digest, size: 2 ** 40 } }] },
    ],
    [
      'with a message that is too long',
      { hops: 1, finished: [{ digest, ...explain('not-indexable', 'x'.repeat(1000)) }] },
    ],
  ])('is rejected %s', (_, value) => {
    expect(() => parseContinuation({ ...event, [hopsField]: value })).toThrow(hopsField);
  });
});

describe('a layer that cannot be read within one invocation', () => {
  const layer = { ...layers[0]!.descriptor, size: 1000 };

  function progressAt(milliseconds: { now: number }): WorkProgress {
    return new WorkProgress(1000, () => milliseconds.now);
  }

  test('is given up as soon as its pace is known', () => {
    const clock = { now: 0 };
    const progress = progressAt(clock);
    progress.onBytes(layer, 1);
    clock.now = 90;
    progress.onBytes(layer, 1);
    clock.now = 100;
    expect(() => {
      progress.onBytes(layer, 1);
    }).toThrow(TooSlowError);
  });

  test('is read on while it may still finish, and while others are read at the same time', () => {
    const clock = { now: 0 };
    const progress = progressAt(clock);
    progress.onBytes(layer, 1);
    clock.now = 200;
    progress.onBytes({ ...layer, digest: layers[1]!.descriptor.digest }, 1);
    progress.onBytes(layer, 10);
    progress.onLayerDone({ ...layer, digest: layers[1]!.descriptor.digest });
    // 211 of 1000 bytes in a fifth of the time.
    progress.onBytes(layer, 200);
    clock.now = 300;
    expect(() => {
      progress.onBytes(layer, 1);
    }).toThrow(/layer sha256:.* \(1000 bytes\) cannot be read .*: 212 bytes took 0 s/);
  });
});

test.each([{ hasChanged: true as const }, {}])(
  'a continuation remembers whether an invocation has changed anything: %j',
  (change) => {
    const event = continueEvent({ id: 'an-event' }, { hops: 1, finished: [], ...change });
    expect(event).toMatchObject({ id: 'an-event' });
    expect(parseContinuation(event)).toEqual({ hops: 1, finished: [], ...change });
  },
);
