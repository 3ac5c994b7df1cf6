// Layers that need not be read: because the target's image already has their zTOC, or an earlier part of the work does.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeSociIndex, sociIndexTypes } from '../../lambda-src/core/soci/soci-index.ts';
import { convertImage } from '../../lambda-src/core/soci/conversion.ts';
import { choosePlatforms, wrapManifest } from '../../lambda-src/core/soci/platform-choice.ts';
import { indexImage, type IndexImageOptions } from '../../lambda-src/indexer/index-image.ts';
import type { KnownLayer } from '../../lambda-src/indexer/known-layer.ts';
import type { ImageOutcome, LayerOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/indexer/ztoc-jobs.ts';
import { type Blob, gzipLayer, linuxAmd64, pushImage, tarLayer, ztocOf } from '../helpers/images.ts';
import { RecordingStore } from '../helpers/recording-store.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
const base = gzipLayer('base');
const library = tarLayer('library');

function index(
  store: RecordingStore | MemoryStore,
  tag: string,
  options: Partial<IndexImageOptions> = {},
): Promise<ImageOutcome> {
  return indexImage(
    store,
    { reference: tag, tag },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSize: 0,
      targetTag: `${tag}-soci`,
      reuseZtocs: true,
      jobs: ownThread,
      ...settings,
      ...options,
    },
  );
}

function statusesOf(outcome: ImageOutcome): readonly (readonly [Digest, LayerOutcome['status']])[] {
  return outcome.indexes.flatMap(({ layers }) =>
    layers.map(({ digest, status }) => [digest, status] as const),
  );
}

async function digestOfFreshRun(layers: readonly Blob[], tag: string): Promise<string> {
  const store = new MemoryStore();
  await pushImage(store, { layers, platform: linuxAmd64, tag });
  const outcome = await index(store, tag);
  if (outcome.status !== 'indexed') throw new Error(outcome.status);
  return outcome.digest;
}

describe('a push that changes one layer', () => {
  const before = [base, library, gzipLayer('app 1')];
  const changed = gzipLayer('app 2');
  const after = [base, library, changed];

  test('costs only that layer, and gives what a fresh run gives', async () => {
    const store = new RecordingStore(new MemoryStore());
    await pushImage(store, { layers: before, platform: linuxAmd64, tag: 'latest' });
    await index(store, 'latest');
    await pushImage(store, { layers: after, platform: linuxAmd64, tag: 'latest' });
    const outcome = await index(store, 'latest');
    expect(outcome).toMatchObject({
      status: 'indexed',
      digest: await digestOfFreshRun(after, 'latest'),
      bytesRead: changed.descriptor.size,
    });
    expect(statusesOf(outcome)).toEqual([
      [base.descriptor.digest, 'reused'],
      [library.descriptor.digest, 'reused'],
      [changed.descriptor.digest, 'indexed'],
    ]);
  });

  test.each<readonly [string, Partial<IndexImageOptions>]>([
    ['zTOCs are not to be used again', { reuseZtocs: false }],
    ['the span size is another', { spanSizeBytes: 4096 }],
    ['the build tool identifier is another', { buildToolIdentifier: 'another test' }],
  ])('costs all layers where %s', async (_, options) => {
    const store = new MemoryStore();
    await pushImage(store, { layers: before, platform: linuxAmd64, tag: 'latest' });
    await index(store, 'latest');
    await pushImage(store, { layers: after, platform: linuxAmd64, tag: 'latest' });
    const outcome = await index(store, 'latest', options);
    expect(statusesOf(outcome).map(([, status]) => status)).toEqual(['indexed', 'indexed', 'indexed']);
  });
});

describe('a zTOC that an index names for a layer', () => {
  /** An image at the target tag whose SOCI index says that `ztoc` is that of `base`. */
  async function storeWithLie(ztoc: Blob | undefined, described: Blob): Promise<MemoryStore> {
    const store = new MemoryStore();
    const manifest = await pushImage(store, { layers: [gzipLayer('older')], platform: linuxAmd64 });
    if (ztoc !== undefined) await store.pushBlob(ztoc.descriptor, ztoc.bytes);
    const { digest, size } = described.descriptor;
    const sociIndex = encodeSociIndex({
      version: 'V2',
      buildToolIdentifier: settings.buildToolIdentifier,
      layers: [
        {
          layerDigest: base.descriptor.digest,
          layerMediaType: base.descriptor.mediaType,
          ztoc: { digest, size },
          spanSize: settings.spanSizeBytes,
        },
      ],
    });
    await store.pushManifest(sociIndex);
    const image = wrapManifest(manifest, linuxAmd64);
    const { chosen } = choosePlatforms(image);
    const manifests = new Map([[manifest.digest, (await store.fetchManifest(manifest.digest)).bytes]]);
    const converted = convertImage(
      image,
      manifests,
      chosen.map((choice) => ({
        ...choice,
        sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length },
      })),
    );
    for (const one of converted.manifests) await store.pushManifest(one);
    await store.pushManifest(converted.index, 'latest-soci');
    await pushImage(store, { layers: [base], platform: linuxAmd64, tag: 'latest' });
    return store;
  }

  const right = ztocOf(base, settings);

  test('is used again if it is one of this layer', async () => {
    const outcome = await index(await storeWithLie(right, right), 'latest');
    expect(statusesOf(outcome)).toEqual([[base.descriptor.digest, 'reused']]);
  });

  test.each<readonly [string, Blob | undefined, Blob]>([
    ['is not there', undefined, right],
    [
      'is of a layer of another size',
      ztocOf(gzipLayer('a longer name'), settings),
      ztocOf(gzipLayer('a longer name'), settings),
    ],
    ['is of another compression', ztocOf(library, settings), ztocOf(library, settings)],
    [
      'was made with another span size',
      ztocOf(base, { ...settings, spanSizeBytes: 1 }),
      ztocOf(base, { ...settings, spanSizeBytes: 1 }),
    ],
    [
      'was made by another tool',
      ztocOf(base, { ...settings, buildToolIdentifier: 'x' }),
      ztocOf(base, { ...settings, buildToolIdentifier: 'x' }),
    ],
    ['is no zTOC at all', library, library],
    ['claims an absurd size', right, { ...right, descriptor: { ...right.descriptor, size: 2 ** 50 } }],
  ])('is not believed if it %s: the layer is read', async (_, ztoc, described) => {
    const outcome = await index(await storeWithLie(ztoc, described), 'latest');
    expect(outcome).toMatchObject({ status: 'indexed', digest: await digestOfFreshRun([base], 'latest') });
    expect(statusesOf(outcome)).toEqual([[base.descriptor.digest, 'indexed']]);
  });
});

describe('when time runs out', () => {
  const layers = [gzipLayer('one'), gzipLayer('two'), gzipLayer('three'), tarLayer('four')];

  /** Stops when `count` layers have been read. */
  function stoppingAfter(count: number): Partial<IndexImageOptions> {
    const time = new AbortController();
    let done = 0;
    return {
      outOfTime: time.signal,
      progress: {
        onStart() {},
        onBytes() {},
        onLayerDone(_layer, { status }) {
          if (status !== 'reused' && ++done >= count) time.abort();
        },
      },
    };
  }

  test.each(['V1', 'V2'] as const)(
    '%s: the work is named, nothing is tagged, and the rest gives the same index',
    async (version) => {
      const fresh = new MemoryStore();
      await pushImage(fresh, { layers, platform: linuxAmd64, tag: 'v1' });
      const whole = await index(fresh, 'v1', { version });

      const store = new RecordingStore(new MemoryStore());
      const manifest = await pushImage(store, { layers, platform: linuxAmd64, tag: 'v1' });
      let finished: readonly KnownLayer[] = [];
      let outcome: ImageOutcome | undefined;
      let parts = 0;
      let bytesRead = 0;
      do {
        outcome = await index(store, 'v1', { version, finished, ...stoppingAfter(1) });
        bytesRead += outcome.bytesRead;
        parts++;
        if (outcome.status !== 'unfinished') break;
        expect(outcome.finished.length + outcome.layersLeft).toBe(layers.length);
        expect(await store.resolve('v1-soci')).toBeUndefined();
        expect(await store.listReferrers(manifest.digest, sociIndexTypes.V1)).toEqual([]);
        // As it comes through an event.
        finished = JSON.parse(JSON.stringify(outcome.finished)) as readonly KnownLayer[];
      } while (parts < 10);
      if (outcome.status !== 'indexed' || whole.status !== 'indexed') throw new Error(outcome.status);
      expect(outcome.digest).toBe(whole.digest);
      expect(parts).toBeGreaterThan(1);
      expect(bytesRead).toBe(layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    },
  );

  test('what an earlier part has finished is not lost where this one does not even come to it', async () => {
    const store = new MemoryStore();
    await pushImage(store, { layers, platform: linuxAmd64, tag: 'v1' });
    const first = await index(store, 'v1', stoppingAfter(2));
    if (first.status !== 'unfinished') throw new Error(first.status);
    const second = await index(store, 'v1', { finished: first.finished, outOfTime: AbortSignal.abort() });
    expect(second).toMatchObject({ status: 'unfinished', finished: first.finished });
  });

  test('a layer that was skipped for its bytes is not read again', async () => {
    const store = new MemoryStore();
    const odd = { ...library, descriptor: { ...library.descriptor, mediaType: base.descriptor.mediaType } };
    await pushImage(store, { layers: [odd, base], platform: linuxAmd64, tag: 'v1' });
    const first = await index(store, 'v1', stoppingAfter(1));
    if (first.status !== 'unfinished') throw new Error(first.status);
    const second = await index(store, 'v1', { finished: first.finished });
    expect(second.bytesRead + first.bytesRead).toBe(odd.descriptor.size + base.descriptor.size);
    expect(second.status).toBe('indexed');
  });
});
