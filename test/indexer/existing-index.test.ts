import { describe, expect, test } from '@jest/globals';
import type { ContentStore } from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { selectLayers } from '../../lambda-src/core/soci/layer-selection.ts';
import { findReferringIndexes, type PresentIndex } from '../../lambda-src/image/soci-indexes.ts';
import { readPlatformImages, readSourceImage } from '../../lambda-src/image/source-image.ts';
import {
  chooseReferrer,
  type PlatformLayers,
  readTargetState,
} from '../../lambda-src/indexer/existing-index.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'ours' };
const layers = [gzipLayer('a'), gzipLayer('b, which is larger')];

async function index(store: ContentStore, options: Partial<IndexImageOptions>): Promise<Digest> {
  const outcome = await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      jobs: ownThread,
      ...settings,
      ...options,
    },
  );
  if (!('digest' in outcome)) throw new Error(outcome.status);
  return outcome.digest;
}

async function readImage(store: ContentStore, minimumLayerSizeBytes = 0) {
  const image = await readSourceImage(store, await store.fetchManifest('v1'), undefined);
  if (image.kind === 'none') throw new Error(image.reason);
  const platforms = readPlatformImages(image).map((platform): PlatformLayers => ({
    ...platform,
    layers: selectLayers(platform.manifest.layers, minimumLayerSizeBytes),
  }));
  return { image, platforms };
}

async function pushedImage() {
  const store = new MemoryStore();
  await pushImage(store, { tag: 'v1', layers });
  const { platforms } = await readImage(store);
  return { store, platform: platforms[0]! };
}

describe('chooseReferrer', () => {
  /** The choice among indexes by these makers, in this order. */
  async function chooseAmong(makers: readonly (Partial<IndexImageOptions> & { readonly name: string })[]) {
    const made = new Map<string, PresentIndex>();
    for (const { name, ...options } of makers) {
      const { store, platform } = await pushedImage();
      await index(store, { version: 'V1', ...options });
      made.set(name, (await findReferringIndexes(store, platform.entry.digest)).indexes[0]!);
    }
    const chosen = chooseReferrer([...made.values()], (await pushedImage()).platform, settings);
    const name = [...made].find(([, { digest }]) => digest === chosen?.digest)?.[0];
    return { name, difference: chosen?.difference };
  }

  const ours = { name: 'ours' };
  const oursOtherwise = { name: 'ours otherwise', spanSizeBytes: 4096 };
  const theirs = { name: 'theirs', buildToolIdentifier: 'another builder' };

  test.each([[[ours, oursOtherwise, theirs]], [[theirs, oursOtherwise, ours]]])(
    'prefers the index that we would make to all others: %#',
    async (makers) => {
      expect(await chooseAmong(makers)).toEqual({ name: 'ours', difference: undefined });
    },
  );

  // Otherwise, after a change of settings, another builder's index would prevent a new one of ours.
  test.each([[[oursOtherwise, theirs]], [[theirs, oursOtherwise]]])(
    "prefers our index with other settings to another builder's: %#",
    async (makers) => {
      expect(await chooseAmong(makers)).toEqual({ name: 'ours otherwise', difference: 'other settings' });
    },
  );

  test('does not consider an index with the zTOCs of other layers ours', async () => {
    const { store, platform } = await pushedImage();
    await index(store, { version: 'V1' });
    const [found] = (await findReferringIndexes(store, platform.entry.digest)).indexes;
    const other = { ...found!, layers: found!.layers.toReversed() };
    expect(chooseReferrer([found!], platform, settings)?.difference).toBeUndefined();
    expect(chooseReferrer([other], platform, settings)?.difference).toBe('other settings');
  });

  test('does not consider an index with one zTOC in another place ours', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', layers: [...layers, gzipLayer('c')] });
    await index(store, { version: 'V1' });
    const [platform] = (await readImage(store)).platforms;
    const [found] = (await findReferringIndexes(store, platform!.entry.digest)).indexes;
    const [a, b, c] = found!.layers;
    expect(chooseReferrer([found!], platform!, settings)?.difference).toBeUndefined();
    const other = { ...found!, layers: [a!, c!, b!] };
    expect(chooseReferrer([other], platform!, settings)?.difference).toBe('other settings');
  });

  test("marks another builder's index as such, even with the same settings", async () => {
    expect(await chooseAmong([theirs])).toEqual({ name: 'theirs', difference: 'other builder' });
  });

  test('chooses none if none exists', async () => {
    expect(await chooseAmong([])).toEqual({ name: undefined, difference: undefined });
  });
});

describe('readTargetState', () => {
  async function stateAfter(
    made: Partial<IndexImageOptions>,
    asked: { readonly minimumLayerSizeBytes?: number; readonly settings?: typeof settings } = {},
  ) {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', layers });
    const digest = await index(store, { targetTag: 'v1-soci', ...made });
    const { image, platforms } = await readImage(store, asked.minimumLayerSizeBytes);
    return {
      digest,
      state: await readTargetState(store, 'v1-soci', image, platforms, asked.settings ?? settings),
    };
  }

  test('recognizes the image that we would make', async () => {
    const { digest, state } = await stateAfter({});
    expect(state).toMatchObject({ kind: 'same', digest, gaps: [] });
  });

  test.each<readonly [string, Partial<IndexImageOptions>, number]>([
    ['another span size', { spanSizeBytes: 4096 }, 0],
    ['another build tool', { buildToolIdentifier: 'another builder' }, 0],
    ['a layer that is now too small', {}, layers[0]!.bytes.length + 1],
    ['a missing layer', { minimumLayerSizeBytes: layers[0]!.bytes.length + 1 }, 0],
  ])('recognizes the same image with other settings: %s', async (_, made, minimumLayerSizeBytes) => {
    const { digest, state } = await stateAfter(made, { minimumLayerSizeBytes });
    expect(state).toMatchObject({ kind: 'other settings', digest, sociIndexes: [{ version: 'V2' }] });
  });

  test('recognizes an earlier push as another image, whose zTOCs can be reused', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', layers });
    const digest = await index(store, { targetTag: 'v1-soci' });
    await pushImage(store, { tag: 'v1', layers: [...layers, gzipLayer('c')] });
    const { image, platforms } = await readImage(store);
    const state = await readTargetState(store, 'v1-soci', image, platforms, settings);
    expect(state).toMatchObject({ kind: 'other image', digest, sociIndexes: [{ version: 'V2' }] });
  });

  test('distinguishes a missing tag from a plain image and a plain index', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', layers });
    await pushImage(store, { tag: 'plain', layers: [gzipLayer('x')] });
    const { image, platforms } = await readImage(store);
    const stateOf = (tag: string) => readTargetState(store, tag, image, platforms, settings);
    expect(await stateOf('missing')).toEqual({ kind: 'nothing' });
    expect(await stateOf('plain')).toEqual({ kind: 'taken' });
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, manifests: [] }));
    const mediaType = 'application/vnd.oci.image.index.v1+json';
    await store.pushManifest({ mediaType, digest: digestOf(bytes), bytes }, 'plain-index');
    expect(await stateOf('plain-index')).toEqual({ kind: 'taken' });
  });
});
