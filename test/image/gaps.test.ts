import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { encodeSociIndex, sociConfigBytes, sociConfigOf } from '../../lambda-src/core/soci/soci-index.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';
import { describeGap, findImageGaps, findIndexGaps } from '../../lambda-src/image/gaps.ts';
import { type PresentIndex, presentIndexOf, readSociEntries } from '../../lambda-src/image/soci-indexes.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import { blobOf, gzipLayer, linuxAmd64, ociTypes, pushImage, ztocOf } from '../helpers/images.ts';
import { pushSociIndex } from '../helpers/soci-index.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
const ztoc = ztocOf(gzipLayer('a'), settings);

/** Pushes a SOCI index V2 with one layer of this name. All of them have the same zTOC. */
async function pushOne(store: ContentStore, layerName: string): Promise<PresentIndex> {
  const layers = [{ layer: gzipLayer(layerName), ztoc }];
  return presentIndexOf(await pushSociIndex(store, { version: 'V2', layers, ...settings }));
}

describe('findIndexGaps', () => {
  test('finds nothing if everything exists', async () => {
    const store = new DamagedStore();
    expect(await findIndexGaps(store, [await pushOne(store, 'a')])).toEqual([]);
  });

  test('finds a shared zTOC in each of two SOCI indexes, because both must be repaired', async () => {
    const store = new DamagedStore();
    const indexes = [await pushOne(store, 'a'), await pushOne(store, 'b')];
    store.deleted.add(ztoc.descriptor.digest);
    expect(await findIndexGaps(store, indexes)).toEqual(
      indexes.map(({ digest }) => ({
        kind: 'ztoc',
        digest: ztoc.descriptor.digest,
        name: `the zTOC ${ztoc.descriptor.digest}`,
        sociIndex: digest,
      })),
    );
  });

  test('finds a SOCI index with a damaged manifest as well as one with a missing manifest', async () => {
    const digest = digestOf(Buffer.from('anything'));
    for (const found of [
      { kind: 'missing', digest },
      { kind: 'damaged', digest, problem: 'it is no JSON' },
    ] as const) {
      const [gap, ...others] = await findIndexGaps(new DamagedStore(), [found]);
      expect([gap, others]).toEqual([
        { kind: 'soci-index', digest, name: `the SOCI index ${digest}`, sociIndex: digest },
        [],
      ]);
      expect(describeGap(gap!)).toBe(
        `the SOCI index ${digest} is missing; run soci-index index to create it again`,
      );
    }
  });
});

test('a missing SOCI index of an image is reported once, as a SOCI index', async () => {
  const store = new DamagedStore();
  const image = await pushImage(store, { layers: [gzipLayer('a')] });
  const { digest, bytes } = await pushOne(store, 'a');
  const entry = {
    mediaType: ociTypes.manifest,
    digest,
    size: bytes.length,
    platform: linuxAmd64,
    artifactType: sociIndexTypes.V2,
  };
  store.deleted.add(digest);
  const index = { mediaType: ociTypes.index, manifests: [image, entry] };
  const sociEntries = await readSociEntries(store, index);
  const gaps = await findImageGaps(store, index, sociEntries);
  expect(gaps.map(({ kind, name }) => [kind, name])).toEqual([['soci-index', `the SOCI index ${digest}`]]);
  store.deleted.add(image.digest);
  expect((await findImageGaps(store, index, sociEntries)).map(({ kind }) => kind)).toEqual([
    'manifest',
    'soci-index',
  ]);
});

test('every missing part of a SOCI index is found, however many there are', async () => {
  const store = new DamagedStore();
  const ztocs = Array.from({ length: 20 }, (_, number) => ztocOf(gzipLayer(`${number}`), settings));
  const prefetch = blobOf(Buffer.from('files'), 'application/octet-stream');
  const index = encodeSociIndex({
    version: 'V2',
    layers: ztocs.map((blob, number) => ({
      layerDigest: gzipLayer(`${number}`).descriptor.digest,
      layerMediaType: ociTypes.gzip,
      ztoc: blob.descriptor,
    })),
    prefetch: [{ layerDigest: gzipLayer('0').descriptor.digest, ...prefetch.descriptor }],
    buildToolIdentifier: settings.buildToolIdentifier,
  });
  await store.pushManifest(index);
  const sociIndex = index.digest;
  const config = sociConfigOf('V2').digest;
  const gaps = [
    {
      kind: 'config',
      digest: config,
      name: `the config ${config} of the SOCI index ${sociIndex}`,
      sociIndex,
    },
    ...ztocs.map(({ descriptor: { digest } }) => ({
      kind: 'ztoc',
      digest,
      name: `the zTOC ${digest}`,
      sociIndex,
    })),
    {
      kind: 'prefetch',
      digest: prefetch.descriptor.digest,
      name: `the prefetch artifact ${prefetch.descriptor.digest}`,
      sociIndex,
    },
  ];
  expect(await findIndexGaps(store, [presentIndexOf(index)])).toEqual(gaps);

  for (const blob of [...ztocs.slice(1), prefetch]) await store.pushBlob(blob.descriptor, blob.bytes);
  await store.pushBlob(sociConfigOf('V2'), sociConfigBytes);
  expect(await findIndexGaps(store, [presentIndexOf(index)])).toEqual([gaps[1]]);
});

test('at most eight parts are checked at once', async () => {
  const store = new DamagedStore();
  const entries = await Promise.all(
    Array.from({ length: 20 }, (_, number) => pushImage(store, { layers: [gzipLayer(`${number}`)] })),
  );
  let inFlight = 0;
  let most = 0;
  const resolve = store.resolve.bind(store);
  store.resolve = async (reference) => {
    most = Math.max(most, ++inFlight);
    await Promise.resolve();
    inFlight--;
    return resolve(reference);
  };
  expect(await findImageGaps(store, { mediaType: ociTypes.index, manifests: entries }, [])).toEqual([]);
  expect(most).toBe(8);
});
