import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { verifyContent } from '../../lambda-src/content/verified-content.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import {
  type IndexedLayers,
  indexLayers,
  type IndexLayersOptions,
  type LayerToIndex,
} from '../../lambda-src/indexer/index-layers.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { type Blob, blobOf, gzipLayer, ociTypes, ztocOf } from '../helpers/images.ts';
import { RecordingStore } from '../helpers/recording-store.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };

const large = gzipLayer('the largest of them, a quick brown fox');
const middle = gzipLayer('a layer between');
const small = gzipLayer('s');

async function storeOf(...layers: readonly Blob[]): Promise<RecordingStore> {
  const store = new RecordingStore(new MemoryStore());
  for (const { descriptor, bytes } of layers) await store.pushBlob(descriptor, bytes);
  store.events.length = 0;
  return store;
}

function run(
  store: ContentStore,
  layers: readonly Blob[],
  options: Partial<IndexLayersOptions> = {},
): Promise<IndexedLayers> {
  const toIndex = layers.map(({ descriptor }): LayerToIndex => ({ layer: descriptor, compression: 'gzip' }));
  return indexLayers(store, toIndex, { ...settings, jobs: ownThread, ...options });
}

const digestsOf = (layers: readonly Blob[]): readonly Digest[] =>
  layers.map(({ descriptor }) => descriptor.digest);

/** Calls `onFetch` before a layer is read. Reading then continues, whatever has been aborted in the meantime. */
function whenFetched(
  store: ContentStore,
  onFetch: (digest: Digest, signal: AbortSignal) => Promise<void> | void,
): ContentStore {
  return {
    fetchManifest: (...args) => store.fetchManifest(...args),
    hasBlob: (...args) => store.hasBlob(...args),
    resolve: (...args) => store.resolve(...args),
    listReferrers: (...args) => store.listReferrers(...args),
    pushBlob: (target, content) => store.pushBlob(target, content),
    pushManifest: (...args) => store.pushManifest(...args),
    pushReferrer: (...args) => store.pushReferrer(...args),
    async *fetchBlob(target, signal) {
      await onFetch(target.digest, signal!);
      yield* store.fetchBlob(target);
    },
  };
}

test('reads the largest layer first, and counts the bytes read', async () => {
  const store = await storeOf(small, large, middle);
  const { outcomes, bytesRead, layersLeft } = await run(store, [small, large, middle]);
  expect(store.fetched(ociTypes.gzip)).toEqual(digestsOf([large, middle, small]));
  expect([...outcomes.values()].map(({ status }) => status)).toEqual(['indexed', 'indexed', 'indexed']);
  expect(bytesRead).toBe(small.bytes.length + large.bytes.length + middle.bytes.length);
  expect(layersLeft).toBe(0);
});

describe('when time runs out', () => {
  test('returns the finished layers, and starts no other layer', async () => {
    const store = await storeOf(large, middle, small);
    const time = new AbortController();
    const { outcomes, layersLeft } = await run(store, [large, middle, small], {
      outOfTime: time.signal,
      progress: {
        onStart: () => undefined,
        onBytes: () => undefined,
        onLayerDone: () => {
          time.abort(new Error('out of time'));
        },
      },
    });
    expect([...outcomes.keys()]).toEqual(digestsOf([large]));
    expect(layersLeft).toBe(2);
    expect(store.fetched(ociTypes.gzip)).toEqual(digestsOf([large]));
  });

  test('counts an interrupted layer as left', async () => {
    const store = await storeOf(large, small);
    const time = new AbortController();
    const cut = whenFetched(store, (digest, signal) => {
      if (digest !== small.descriptor.digest) return;
      time.abort(new Error('out of time'));
      signal.throwIfAborted();
    });
    const { outcomes, layersLeft } = await run(cut, [large, small], { outOfTime: time.signal });
    expect([...outcomes.keys()]).toEqual(digestsOf([large]));
    expect(layersLeft).toBe(1);
  });

  // Otherwise each continuation would read the damaged layer again, and the image would end as unfinished instead of
  // failed.
  test('still reports damage to the layer that is being read', async () => {
    const cutOff = blobOf(small.bytes.subarray(0, -20), ociTypes.gzip);
    const time = new AbortController();
    const store = whenFetched(await storeOf(large, cutOff), (digest) => {
      if (digest === cutOff.descriptor.digest) time.abort(new Error('out of time'));
    });
    await expect(run(store, [large, cutOff], { outOfTime: time.signal })).rejects.toThrow(FormatError);
  });

  test('still reports an earlier error, although other layers end later', async () => {
    const time = new AbortController();
    const store = whenFetched(await storeOf(large, small), async (digest, signal) => {
      if (digest === small.descriptor.digest) throw new Error('the registry has had enough');
      // This layer ends because of the other's error, and by then time has run out.
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          resolve();
        });
      });
      time.abort(new Error('out of time'));
      signal.throwIfAborted();
    });
    await expect(
      run(store, [large, small], { outOfTime: time.signal, jobs: { ...ownThread, size: 2 } }),
    ).rejects.toThrow('the registry has had enough');
  });

  test('ends a cancelled run with the reason of the cancellation, not as unfinished', async () => {
    const time = new AbortController();
    const cancellation = new AbortController();
    const store = whenFetched(await storeOf(small), (_, signal) => {
      time.abort(new Error('out of time'));
      cancellation.abort(new Error('Ctrl-C'));
      signal.throwIfAborted();
    });
    await expect(
      run(store, [small], { outOfTime: time.signal, signal: cancellation.signal }),
    ).rejects.toThrow('Ctrl-C');
  });
});

describe('a known layer', () => {
  test('is not read if its zTOC exists', async () => {
    const ztoc = ztocOf(small, settings);
    const store = await storeOf(small, ztoc);
    const { digest } = small.descriptor;
    const { outcomes, bytesRead } = await run(store, [small], {
      known: new Map([[digest, { digest, ztoc: ztoc.descriptor }]]),
    });
    expect(outcomes.get(digest)).toMatchObject({
      status: 'reused',
      ztoc: { digest: ztoc.descriptor.digest },
    });
    expect(store.fetched(ociTypes.gzip)).toEqual([]);
    expect(bytesRead).toBe(0);
  });

  test('is read if its zTOC was made with another span size', async () => {
    const ztoc = ztocOf(small, { ...settings, spanSizeBytes: 4096 });
    const store = await storeOf(small, ztoc);
    const { digest } = small.descriptor;
    const { outcomes } = await run(store, [small], {
      known: new Map([[digest, { digest, ztoc: ztoc.descriptor }]]),
    });
    expect(outcomes.get(digest)?.status).toBe('indexed');
    expect(store.fetched(ociTypes.gzip)).toEqual([digest]);
  });

  test('still differs when lazy-loaded, although its zTOC does not show it', async () => {
    const ztoc = ztocOf(small, settings);
    const store = await storeOf(small, ztoc);
    const { digest } = small.descriptor;
    const { fidelities } = await run(store, [small], {
      known: new Map([
        [digest, { digest, ztoc: ztoc.descriptor, differs: 'etc/a would have another owner' }],
      ]),
    });
    expect(fidelities.get(digest)?.own).toEqual({
      kind: 'breaks',
      sentences: ['etc/a would have another owner'],
      count: 1,
    });
  });

  test('is skipped without being read if it cannot have a zTOC', async () => {
    const store = await storeOf(small);
    const { digest } = small.descriptor;
    const { outcomes } = await run(store, [small], {
      known: new Map([[digest, { digest, ...explain('not-indexable', 'tar: no') }]]),
    });
    expect(outcomes.get(digest)).toEqual({
      digest,
      status: 'skipped',
      ...explain('not-indexable', 'tar: no'),
    });
    expect(store.events).toEqual([]);
  });
});

test('a layer that is not gzip is read to its end, so that damage in transit is not blamed on the layer', async () => {
  const plain = blobOf(Buffer.from('this is not gzip, whatever its media type says'), ociTypes.gzip);
  const damaged = Buffer.from(plain.bytes);
  damaged[damaged.length - 1]! ^= 1;
  const serve = (bytes: Uint8Array): ContentStore => ({
    ...whenFetched(new MemoryStore(), () => undefined),
    fetchBlob: (target) =>
      verifyContent(
        target,
        (async function* () {
          await Promise.resolve();
          // One piece is held back until all have arrived, so it takes three for the damage to come after the error.
          yield bytes.subarray(0, 20);
          yield bytes.subarray(20, 30);
          yield bytes.subarray(30);
        })(),
      ),
  });
  const { outcomes } = await run(serve(plain.bytes), [plain]);
  expect(outcomes.get(plain.descriptor.digest)).toMatchObject({ status: 'skipped', reason: 'not-indexable' });
  await expect(run(serve(damaged), [plain])).rejects.toThrow(/its bytes have the digest sha256:/);
});

test('a layer is skipped with a reason if its zTOC does not fit in memory', async () => {
  const store = await storeOf(small);
  const { outcomes } = await run(store, [small], { memoryBytes: 1000 });
  expect(outcomes.get(small.descriptor.digest)).toMatchObject({
    status: 'skipped',
    reason: 'not-indexable',
    message: expect.stringMatching(/: ztoc: layer sha256:/),
  });
});
