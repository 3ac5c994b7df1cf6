// Layers that are not read, because the target's image or an earlier part of the work already has their zTOC.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeSociIndex } from '../../lambda-src/core/soci/soci-index.ts';
import { convertImage } from '../../lambda-src/core/soci/conversion.ts';
import { choosePlatforms, wrapManifest } from '../../lambda-src/core/soci/platform-choice.ts';
import type { TarEntry } from '../../lambda-src/core/tar/entry.ts';
import { PackedEntries } from '../../lambda-src/core/tar/packed-entries.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { encodeZtoc } from '../../lambda-src/core/ztoc/ztoc-encoder.ts';
import { type SpanIndex, type Ztoc } from '../../lambda-src/core/ztoc/ztoc.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { readKnownZtoc } from '../../lambda-src/indexer/known-layer.ts';
import type { ImageOutcome, LayerOutcome, KnownLayer } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { type Blob, blobOf, gzipLayer, linuxAmd64, pushImage, tarLayer, ztocOf } from '../helpers/images.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { sociIndexTypes, ztocMediaType } from '../../lambda-src/core/soci-names.ts';

type GzipSpans = Extract<SpanIndex, { readonly compression: 'gzip' }>;
type TarSpans = Extract<SpanIndex, { readonly compression: 'uncompressed' }>;

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
      minimumLayerSizeBytes: 0,
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

  test('reads only that layer, and has the same result as a fresh run', async () => {
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
    ['reuse is switched off', { reuseZtocs: false }],
    ['the span size differs', { spanSizeBytes: 4096 }],
    ['the build tool identifier differs', { buildToolIdentifier: 'another test' }],
  ])('reads all layers if %s', async (_, options) => {
    const store = new MemoryStore();
    await pushImage(store, { layers: before, platform: linuxAmd64, tag: 'latest' });
    await index(store, 'latest');
    await pushImage(store, { layers: after, platform: linuxAmd64, tag: 'latest' });
    const outcome = await index(store, 'latest', options);
    expect(statusesOf(outcome).map(([, status]) => status)).toEqual(['indexed', 'indexed', 'indexed']);
  });
});

describe('a zTOC that an index names for a layer', () => {
  /** An image at the target tag whose SOCI index names `ztoc` as the layer's. */
  async function storeWithLie(ztoc: Blob | undefined, described: Blob, layer = base): Promise<MemoryStore> {
    const store = new MemoryStore();
    const manifest = await pushImage(store, { layers: [gzipLayer('older')], platform: linuxAmd64 });
    if (ztoc !== undefined) await store.pushBlob(ztoc.descriptor, ztoc.bytes);
    const { digest, size } = described.descriptor;
    const sociIndex = encodeSociIndex({
      version: 'V2',
      buildToolIdentifier: settings.buildToolIdentifier,
      layers: [
        {
          layerDigest: layer.descriptor.digest,
          layerMediaType: layer.descriptor.mediaType,
          ztoc: { digest, size },
          spanSizeBytes: settings.spanSizeBytes,
        },
      ],
    });
    await store.pushManifest(sociIndex);
    const image = wrapManifest(manifest, linuxAmd64);
    const { chosen } = choosePlatforms(image);
    const manifests = new Map([[manifest.digest, (await store.fetchManifest(manifest.digest)).bytes]]);
    const converted = convertImage(
      { index: image, manifests, sociDigests: new Set() },
      chosen.map((choice) => ({
        ...choice,
        sociIndex: { digest: sociIndex.digest, size: sociIndex.bytes.length },
      })),
    );
    for (const one of converted.manifests) await store.pushManifest(one);
    await store.pushManifest(converted.index, 'latest-soci');
    await pushImage(store, { layers: [layer], platform: linuxAmd64, tag: 'latest' });
    return store;
  }

  /** The true zTOC of a layer, with a change. */
  function altered(layer: Blob, change: (ztoc: Ztoc) => Partial<Ztoc>): Blob {
    const ztoc = decodeZtoc(ztocOf(layer, settings).bytes);
    return blobOf(encodeZtoc({ ...ztoc, ...change(ztoc) }), ztocMediaType);
  }

  /** A table of contents with every entry changed. */
  function changeEntries({ contents }: Ztoc, change: (entry: TarEntry) => Partial<TarEntry>): PackedEntries {
    const changed = new PackedEntries();
    for (const entry of contents) changed.add({ ...entry, ...change(entry) });
    return changed;
  }

  /** Adds checkpoints to the only one of a zTOC, with the same span digest for all. */
  function addCheckpoints(ztoc: Ztoc, uncompressedOffsets: readonly number[]): Partial<Ztoc> {
    const [first] = (ztoc.spans as GzipSpans).checkpoints;
    const more = uncompressedOffsets.map((uncompressedOffset, index) => ({
      ...first!,
      compressedOffset: first!.compressedOffset + index + 1,
      uncompressedOffset,
    }));
    const checkpoints = [first!, ...more];
    return {
      spans: { ...(ztoc.spans as GzipSpans), checkpoints },
      spanDigests: checkpoints.map(() => ztoc.spanDigests[0]!),
    };
  }

  const right = ztocOf(base, settings);

  test('is reused if it belongs to this layer', async () => {
    const outcome = await index(await storeWithLie(right, right), 'latest');
    expect(statusesOf(outcome)).toEqual([[base.descriptor.digest, 'reused']]);
  });

  test.each<readonly [string, Blob | undefined, Blob]>([
    ['is missing', undefined, right],
    [
      'belongs to a layer of another size',
      ztocOf(gzipLayer('a longer name'), settings),
      ztocOf(gzipLayer('a longer name'), settings),
    ],
    ['has another compression', ztocOf(library, settings), ztocOf(library, settings)],
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
    ['is not a zTOC', library, library],
    ['has an absurd size', right, { ...right, descriptor: { ...right.descriptor, size: 2 ** 50 } }],
    ...(
      [
        ['belongs to another layer', ztocOf(gzipLayer('another layer, of another size'), settings)],
        ['has a span that begins too early', altered(base, (ztoc) => addCheckpoints(ztoc, [65_536]))],
        [
          'has a span that begins too soon after another',
          altered(base, (ztoc) => addCheckpoints(ztoc, [65_537, 131_073])),
        ],
        [
          'has no span at the beginning',
          altered(base, ({ spans }) => ({
            spans: {
              ...(spans as GzipSpans),
              checkpoints: (spans as GzipSpans).checkpoints.map((one) => ({
                ...one,
                uncompressedOffset: 65_537,
              })),
            },
          })),
        ],
        [
          'has overlapping files',
          altered(base, (ztoc) => {
            const contents = changeEntries(ztoc, () => ({}));
            for (const entry of ztoc.contents) contents.add(entry);
            return { contents };
          }),
        ],
        [
          'has a file that extends beyond the end',
          altered(base, (ztoc) => ({
            contents: changeEntries(ztoc, () => ({
              uncompressedSize: BigInt(ztoc.uncompressedSize),
            })),
          })),
        ],
        [
          'has meaningless extra bytes',
          blobOf(Buffer.concat([right.bytes, new Uint8Array(8)]), ztocMediaType),
        ],
      ] as const
    ).map(([what, ztoc]) => [what, ztoc, ztoc] as const),
  ])('is rejected if it %s, and the layer is read', async (_, ztoc, described) => {
    const outcome = await index(await storeWithLie(ztoc, described), 'latest');
    expect(outcome).toMatchObject({ status: 'indexed', digest: await digestOfFreshRun([base], 'latest') });
    expect(statusesOf(outcome)).toEqual([[base.descriptor.digest, 'indexed']]);
  });

  test('is rejected for a layer with another compression, because its spans would be those of a plain tar', async () => {
    const store = new MemoryStore();
    const ztoc = ztocOf(library, settings);
    await store.pushBlob(ztoc.descriptor, ztoc.bytes);
    const read = (compression: 'gzip' | 'uncompressed') =>
      readKnownZtoc(store, library.descriptor, compression, ztoc.descriptor, settings);
    expect(await read('uncompressed')).toMatchObject({ summary: { digest: ztoc.descriptor.digest } });
    expect(await read('gzip')).toBeUndefined();
  });

  test('is rejected for a plain tar if its spans are those of another one, and the layer is read', async () => {
    const lie = altered(library, ({ spans, spanDigests }) => ({
      spans: { ...(spans as TarSpans), layerBytes: settings.spanSizeBytes + 1 },
      spanDigests: [spanDigests[0]!, spanDigests[0]!],
    }));
    const outcome = await index(await storeWithLie(lie, lie, library), 'latest');
    expect(statusesOf(outcome)).toEqual([[library.descriptor.digest, 'indexed']]);
  });

  test.each<readonly [string, Blob]>([
    ['a span slightly longer than the span size', altered(base, (ztoc) => addCheckpoints(ztoc, [65_537]))],
    ['two spans that start before any output', altered(base, (ztoc) => addCheckpoints(ztoc, [0]))],
    [
      'a file that ends where the tar ends',
      altered(base, (ztoc) => {
        const last = ztoc.contents.at(ztoc.contents.length - 1);
        return { uncompressedSize: last.uncompressedOffset + Number(last.uncompressedSize) };
      }),
    ],
    // SECURITY.md documents this: only the layer itself could prove it wrong.
    [
      'the files of another layer of the same size',
      altered(base, (ztoc) => ({
        contents: changeEntries(ztoc, () => ({ name: Buffer.from('etc/shadow') })),
      })),
    ],
  ])('cannot be distinguished from a true one if it has %s', async (_, lie) => {
    const outcome = await index(await storeWithLie(lie, lie), 'latest');
    expect(statusesOf(outcome)).toEqual([[base.descriptor.digest, 'reused']]);
  });
});

describe('when time runs out', () => {
  const layers = [gzipLayer('one'), gzipLayer('two'), gzipLayer('three'), tarLayer('four')];

  /** Stops after `count` layers have been read. */
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
    '%s: returns the finished work, tags nothing, and later makes the same index',
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
        // As it arrives in an event.
        finished = JSON.parse(JSON.stringify(outcome.finished)) as readonly KnownLayer[];
      } while (parts < 10);
      if (outcome.status !== 'indexed' || whole.status !== 'indexed') throw new Error(outcome.status);
      expect(outcome.digest).toBe(whole.digest);
      expect(parts).toBeGreaterThan(1);
      expect(bytesRead).toBe(layers.reduce((sum, { descriptor }) => sum + descriptor.size, 0));
    },
  );

  test('keeps what an earlier part has finished, even if this part does not reach it', async () => {
    const store = new MemoryStore();
    await pushImage(store, { layers, platform: linuxAmd64, tag: 'v1' });
    const first = await index(store, 'v1', stoppingAfter(2));
    if (first.status !== 'unfinished') throw new Error(first.status);
    const second = await index(store, 'v1', { finished: first.finished, outOfTime: AbortSignal.abort() });
    expect(second).toMatchObject({ status: 'unfinished', finished: first.finished });
  });

  test('rereads a layer that was skipped for its content only if a layer above depends on it', async () => {
    const store = new MemoryStore();
    const odd = { ...library, descriptor: { ...library.descriptor, mediaType: base.descriptor.mediaType } };
    await pushImage(store, { layers: [odd, base], platform: linuxAmd64, tag: 'v1' });
    const first = await index(store, 'v1', stoppingAfter(1));
    if (first.status !== 'unfinished') throw new Error(first.status);
    const second = await index(store, 'v1', { finished: first.finished });
    expect(second.bytesRead + first.bytesRead).toBe(2 * odd.descriptor.size + base.descriptor.size);
    expect(second.status).toBe('indexed');
  });
});
