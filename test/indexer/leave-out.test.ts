// An index contains every layer except those that a runtime would show differently.
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { continueEvent, parseContinuation } from '../../lambda-src/handlers/continuation.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { readFidelityCases } from '../helpers/fidelity-cases.ts';
import { type ShortEntry, tarOf } from '../helpers/fidelity-layers.ts';
import {
  type Blob,
  blobOf,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
  ztocOf,
} from '../helpers/images.ts';
import { everyLayerToV2 } from '../helpers/index-options.ts';
import { RecordingStore } from '../helpers/recording-store.ts';
import { pushSociIndex } from '../helpers/soci-index.ts';
import { zstdFrame } from '../helpers/zstd.ts';

const settings = { spanSizeBytes: 4_194_304, buildToolIdentifier: 'AWS SOCI CLI v0.2' };
const options: IndexImageOptions = { ...everyLayerToV2, ...settings };

const gzipOf = (tar: Uint8Array): Blob => blobOf(gzipSync(tar, { level: 1 }), ociTypes.gzip);
const layer = (...entries: readonly ShortEntry[]): Blob => gzipOf(tarOf(entries));

async function storeOf(...layers: readonly Blob[]): Promise<RecordingStore> {
  const store = new RecordingStore(new MemoryStore());
  await pushImage(store, { layers, platform: linuxAmd64, tag: 'v1' });
  store.events.length = 0;
  return store;
}

function index(store: RecordingStore, more: Partial<IndexImageOptions> = {}): Promise<ImageOutcome> {
  return indexImage(store, { reference: 'v1', tag: 'v1' }, { ...options, ...more });
}

/** The status of each layer, or the reason why it has no zTOC, from bottom to top. */
function endsOf({ indexes }: ImageOutcome): readonly string[] {
  return indexes[0]!.layers.map((one) => (one.status === 'skipped' ? one.reason : one.status));
}

function messageOf({ indexes }: ImageOutcome, place: number): string {
  const found = indexes[0]!.layers[place]!;
  return found.status === 'skipped' ? found.message : found.status;
}

function verify(store: RecordingStore, minimumLayerSizeBytes = 0) {
  return verifyImage(store, 'v1-soci', { minimumLayerSizeBytes, jobs: ownThread });
}

const sharedTemporaryFolder = layer(['dir', 'tmp/', { mode: 0o1777 }]);
const writesIntoIt = layer(['file', 'tmp/x']);
const writesThroughLink = layer(['symlink', 'a', { linkName: 'b' }], ['file', 'a/c']);
const ordinary = layer(['dir', 'opt/'], ['file', 'opt/tool']);

describe.each(readFidelityCases().map((one) => [one.name, one] as const))(
  'the measured image %s',
  (_, { layers, stillDiffers }) => {
    test('gets an index without the layers that differ', async () => {
      const store = await storeOf(...layers.map(({ tar }) => gzipOf(tar)));
      const breaks = layers.some((one) => one.class === 'breaks');
      const outcome = await index(store);
      const ends = endsOf(outcome);
      const expected = layers.map((one) =>
        one.class === 'breaks' || (breaks && stillDiffers) ? 'reads-differently' : 'indexed',
      );
      // Layers with overlapping entries are never indexed, because the snapshotter rejects such a zTOC.
      const isWithoutZtoc = ends.map((end, place) => end === 'not-indexable' && !layers[place]!.lazy);
      expect(ends.map((end, place) => (isWithoutZtoc[place]! ? 'indexed' : end))).toEqual(expected);

      if (!ends.includes('indexed')) {
        const reason = breaks ? 'reads-differently' : 'no-layer-to-index';
        expect(outcome).toMatchObject({ status: 'skipped', reason });
        expect(await store.resolve('v1-soci')).toBeUndefined();
        return;
      }
      expect(outcome.status).toBe('indexed');
      const metadata = layers.filter((one) => one.class === 'metadata');
      expect(outcome.warnings).toHaveLength(metadata.length);
      expect((await verify(store)).status).toBe('valid');

      const { events } = store;
      events.length = 0;
      const again = await index(store);
      expect(again.status).toBe('already-indexed');
      // Only layers without a zTOC are read again.
      const read = events.filter(({ kind, ...one }) => kind === 'fetch blob' && isLayer(one));
      expect(read.length).toBeLessThanOrEqual(ends.filter((end) => end !== 'indexed').length);
      expect(events.filter(({ kind }) => kind === 'push manifest')).toEqual([]);
    });

    test('is judged by verify when every layer is in the index, as the reference makes it', async () => {
      const blobs = layers.map(({ tar }) => gzipOf(tar));
      const store = await storeOf();
      const image = await pushImage(store, { layers: blobs, platform: linuxAmd64, tag: 'v1-soci' });
      await pushSociIndex(store, {
        ...settings,
        version: 'V1',
        layers: blobs.map((blob) => ({ layer: blob, ztoc: ztocOf(blob, settings) })),
        subject: image,
      });

      const verdict = await verify(store);
      const breaks = layers.map((one) => one.class === 'breaks');
      expect(verdict.indexes[0]!.layers.map(({ status }) => status === 'invalid')).toEqual(breaks);
      expect(verdict.status).toBe(breaks.includes(true) ? 'invalid' : 'valid');
      const isUnusual = layers.some((one) => one.class === 'metadata' || !one.lazy);
      if (!breaks.includes(true)) expect(verdict.warnings.length > 0).toBe(isUnusual);
    });
  },
);

function isLayer(event: object): boolean {
  return 'mediaType' in event && event.mediaType === ociTypes.gzip;
}

describe('a layer that two platforms share', () => {
  test.each([
    ['at the bottom of the first', true],
    ['at the bottom of the second', false],
  ])('%s is judged by its position in each', async (_, isFirst) => {
    // At the bottom, a name that a whiteout removes stays listed; above another layer, it is gone, as it should be.
    const shared = layer(['dir', 'opt/'], ['file', 'opt/.wh.gone']);
    const store = await storeOf();
    const bottom = await pushImage(store, { layers: [shared], platform: linuxAmd64 });
    const above = await pushImage(store, {
      layers: [ordinary, shared],
      platform: linuxArm64,
    });
    await pushIndex(store, isFirst ? [bottom, above] : [above, bottom], { tag: 'v1' });
    const { status, warnings } = await index(store);
    expect(status).toBe('indexed');
    expect(warnings).toEqual([expect.stringMatching(/^linux\/amd64: .*metadata would differ/)]);
  });
});

describe('a layer that depends on lower layers', () => {
  test('is left out with a sentence, and the rest is indexed', async () => {
    const store = await storeOf(sharedTemporaryFolder, writesIntoIt, ordinary);
    const outcome = await index(store);
    expect(outcome).toMatchObject({ status: 'indexed' });
    expect(endsOf(outcome)).toEqual(['indexed', 'reads-differently', 'indexed']);
    expect(messageOf(outcome, 1)).toBe(
      'files would read differently when lazy-loaded: "/tmp": mode 0755 instead of 1777, because the layer has no entry for it',
    );
  });

  test('is judged with a lower layer that is too small to be indexed, which is read for this purpose', async () => {
    const noise = Array.from({ length: 300 }, (_, at): ShortEntry => [
      'file',
      `tmp/${at}`,
      { data: `${at}` },
    ]);
    const large = layer(...noise);
    const store = await storeOf(sharedTemporaryFolder, large);
    const minimumLayerSizeBytes = large.bytes.length;
    const outcome = await index(store, { minimumLayerSizeBytes });
    expect(outcome).toMatchObject({ status: 'skipped', reason: 'reads-differently' });
    expect(endsOf(outcome)).toEqual(['too-small', 'reads-differently']);
    expect(outcome.bytesRead).toBe(large.bytes.length + sharedTemporaryFolder.bytes.length);
  });

  test('causes no further reads if it has entries for its directories', async () => {
    const above = layer(['dir', 'tmp/', { mode: 0o1777 }], ['file', 'tmp/x']);
    const store = await storeOf(layer(['file', 'small']), sharedTemporaryFolder, above);
    const outcome = await index(store);
    expect(endsOf(outcome)).toEqual(['indexed', 'indexed', 'indexed']);
    expect(store.events.filter((event) => isLayer(event) && event.kind === 'fetch blob')).toHaveLength(3);
  });

  test('is judged with a lower zstd layer', async () => {
    const zstd = (tar: Uint8Array): Blob => blobOf(zstdFrame(tar), ociTypes.zstd);
    const differs = await storeOf(zstd(tarOf([['dir', 'tmp/', { mode: 0o1777 }]])), writesIntoIt);
    expect(endsOf(await index(differs))).toEqual(['zstd', 'reads-differently']);
    const same = await storeOf(zstd(tarOf([['dir', 'tmp/']])), writesIntoIt);
    expect(endsOf(await index(same))).toEqual(['zstd', 'indexed']);
  });

  test('is left out if it depends on a lower layer that cannot be read', async () => {
    const encrypted = blobOf(Buffer.from('secret'), `${ociTypes.gzip}+encrypted`);
    const store = await storeOf(encrypted, writesIntoIt, ordinary);
    const outcome = await index(store);
    expect(endsOf(outcome)).toEqual(['unsupported-media-type', 'reads-differently', 'indexed']);
    expect(messageOf(outcome, 0)).toMatch(/^the layer is encrypted/);
    expect(messageOf(outcome, 1)).toContain('they depend on a lower layer that cannot be read');
  });
});

test('an image that no runtime can unpack is indexed unchanged', async () => {
  const broken = layer(['link', 'a', { linkName: 'missing' }]);
  const outcome = await index(await storeOf(broken, writesThroughLink));
  expect(endsOf(outcome)).toEqual(['indexed', 'indexed']);
});

test('an image with a rejected layer that no runtime can unpack is indexed, although another layer would differ', async () => {
  const refused = gzipOf(Buffer.alloc(1024, 'not a tar'));
  const outcome = await index(await storeOf(refused, writesThroughLink));
  expect(endsOf(outcome)).toEqual(['not-indexable', 'indexed']);
});

test('a rejected layer is not read again if nothing else would be left out', async () => {
  const refused = gzipOf(Buffer.alloc(1024, 'not a tar'));
  const lower = layer(['dir', 'tmp/']);
  const store = await storeOf(lower, writesIntoIt, refused);
  const outcome = await index(store);
  expect(endsOf(outcome)).toEqual(['indexed', 'indexed', 'not-indexable']);
  const read = store.events.filter((event) => isLayer(event) && event.kind === 'fetch blob');
  expect(read).toHaveLength(3);
});

test('with V1, the layer is also left out, and a second run accepts the index', async () => {
  const store = await storeOf(ordinary, writesThroughLink);
  const first = await index(store, { version: 'V1' });
  expect(endsOf(first)).toEqual(['indexed', 'reads-differently']);
  const second = await index(store, { version: 'V1' });
  expect(second.status).toBe('already-indexed');
  expect(second.bytesRead).toBe(writesThroughLink.bytes.length);
});

test('a dry run reports what would be left out, and writes nothing', async () => {
  const store = await storeOf(sharedTemporaryFolder, writesIntoIt);
  store.events.length = 0;
  const outcome = await index(store, { dryRun: true });
  expect(endsOf(outcome)).toEqual(['indexed', 'reads-differently']);
  expect(outcome.status).toBe('dry-run');
  expect(store.events.filter(({ kind }) => kind !== 'fetch blob')).toEqual([]);
});

test('the judgement of a single layer is passed on to the next invocation', async () => {
  const store = await storeOf(writesThroughLink, ordinary);
  const time = new AbortController();
  const first = await index(store, {
    outOfTime: time.signal,
    progress: {
      onStart: () => undefined,
      onBytes: () => undefined,
      onLayerDone: () => {
        time.abort();
      },
    },
  });
  if (first.status !== 'unfinished') throw new Error(first.status);
  const { finished } = parseContinuation(
    JSON.parse(JSON.stringify(continueEvent({}, { hops: 1, finished: first.finished }))),
  );
  expect(finished).toEqual(first.finished);
  const second = await index(store, { finished });
  expect(endsOf(second)).toContain('reads-differently');
  expect(messageOf(second, 0)).toContain('the layer writes through one of its own symbolic links');
  expect(second.bytesRead + first.bytesRead).toBe(writesThroughLink.bytes.length + ordinary.bytes.length);
});
