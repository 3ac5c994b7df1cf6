// Whether an index exists: the indexer builds it, and the test looks at it as a client that waits for it.
import { describe, expect, test } from '@jest/globals';
import {
  type ContentStore,
  NotFoundError,
  type StoredManifest,
} from '../../lambda-src/content/content-store.ts';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Digest, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { explain } from '../../lambda-src/core/reasons.ts';
import { parsePlatform } from '../../lambda-src/core/oci/platform.ts';
import {
  type Expectation,
  type IndexState,
  readIndexState,
  readProspect,
} from '../../lambda-src/image/expected-index.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { DamagedStore } from '../helpers/damaged-store.ts';
import {
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
  ztocOf,
} from '../helpers/images.ts';
import { pushSociIndex } from '../helpers/soci-index.ts';

const sociV2Type = 'application/vnd.amazon.soci.index.v2+json';

const v1: Expectation = { target: { version: 'V1' }, platforms: undefined, minimumLayerSizeBytes: 0 };
const v2: Expectation = { ...v1, target: { version: 'V2', tag: 'v1-soci' } };
const onArm64 = { platforms: [parsePlatform('linux/arm64')] };

/** Builds the index as a builder would; its target tag is `v1-soci`. */
async function build(store: ContentStore, options: Partial<IndexImageOptions> = {}): Promise<Digest> {
  const outcome = await indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      version: 'V2',
      missingPlatforms: 'pass over',
      minimumLayerSizeBytes: 0,
      targetTag: 'v1-soci',
      spanSizeBytes: 65_536,
      buildToolIdentifier: 'a builder',
      jobs: ownThread,
      ...options,
    },
  );
  if (outcome.status !== 'indexed') throw new Error(`the image was not indexed: ${outcome.status}`);
  return outcome.digest;
}

/** Checks `v1` once. */
async function look(
  store: ContentStore,
  expectation: Expectation,
  source?: StoredManifest,
): Promise<IndexState> {
  const manifest = source ?? (await store.fetchManifest('v1'));
  const prospect = await readProspect(store, manifest, expectation);
  if (prospect.kind !== 'index') throw new Error(`nothing is expected: ${prospect.kind}`);
  return readIndexState(store, manifest, prospect.platforms, expectation);
}

/** An image for two platforms at `v1`, each with its own layer. */
async function pushTwoPlatforms(store: ContentStore, names: readonly [string, string] = ['a', 'b']) {
  const entries = [
    await pushImage(store, { layers: [gzipLayer(names[0])], platform: linuxAmd64 }),
    await pushImage(store, { layers: [gzipLayer(names[1])], platform: linuxArm64 }),
  ] as const;
  return { entries, digest: await pushIndex(store, entries, { tag: 'v1' }) };
}

const notYet = (reason: string | RegExp): IndexState => ({
  kind: 'not yet',
  reason: (typeof reason === 'string' ? reason : expect.stringMatching(reason)) as string,
});

describe('the V2 image of a source', () => {
  test('is found once its tag exists, and not before', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    expect(await look(store, v2)).toEqual(notYet('there is no tag v1-soci'));
    const digest = await build(store);
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
  });

  test.each<readonly [string, Partial<IndexImageOptions>]>([
    ['another span size', { spanSizeBytes: 1_048_576 }],
    ['another build tool', { buildToolIdentifier: 'AWS SOCI CLI v0.2' }],
  ])('is found with %s', async (_, options) => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    const digest = await build(store, options);
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
  });

  test('is not found if it belongs to an earlier push of the tag, whose digest would be deployed instead', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    await build(store);
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] });
    expect(await look(store, v2)).toEqual(
      notYet('the tag v1-soci points to the SOCI image of another source'),
    );
    const digest = await build(store);
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
  });

  test('is not found if it belongs to an image with the same layers but another label', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1', annotations: { revision: '1' } });
    await build(store);
    await pushImage(store, { tag: 'v1', annotations: { revision: '2' } });
    expect(await look(store, v2)).toEqual(notYet(/of another source/));
  });

  test('is not found if an image without SOCI indexes has taken the tag', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1-soci', layers: [gzipLayer('theirs')] });
    await pushImage(store, { tag: 'v1' });
    expect(await look(store, v2)).toEqual({ kind: 'never', ...explain('target-tag-taken', 'v1-soci') });
    expect(await look(store, { ...v2, replacesPlainImages: true })).toEqual(
      notYet('the tag v1-soci points to an image without SOCI indexes'),
    );
    const other = await pushImage(store, { layers: [gzipLayer('theirs too')] });
    await pushIndex(store, [other], { tag: 'v1-soci' });
    expect(await look(store, v2)).toMatchObject({ kind: 'never', reason: 'target-tag-taken' });
  });

  test('is distinguished from the unchanged source at the target tag, which a builder tags if there is nothing to index', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    await store.pushManifest(await store.fetchManifest('v1'), 'v1-soci');
    expect(await look(store, v2)).toEqual({ kind: 'unchanged' });
  });

  test('is found with only the platforms that its builder indexed, if none was requested', async () => {
    const store = new MemoryStore();
    await pushTwoPlatforms(store);
    const digest = await build(store, { platforms: [parsePlatform('linux/amd64')] });
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
    expect(await look(store, { ...v2, ...onArm64 })).toEqual({
      kind: 'never',
      ...explain('platform-not-indexed', 'linux/arm64'),
    });
  });

  test('is found with more platforms than were requested', async () => {
    const store = new MemoryStore();
    await pushTwoPlatforms(store);
    const digest = await build(store);
    expect(await look(store, { ...v2, ...onArm64 })).toEqual({ kind: 'there', digest });
  });

  test('is found with smaller layers indexed than the waiting client would index', async () => {
    const store = new MemoryStore();
    const large = gzipLayer('a name that makes it the larger layer of these two, by a few bytes');
    const entries = [
      await pushImage(store, { layers: [large], platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    const digest = await build(store);
    const expectation = { ...v2, minimumLayerSizeBytes: large.bytes.length };
    expect(await look(store, expectation)).toEqual({ kind: 'there', digest });
  });

  test('is found if it has attestations', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store);
    await pushIndex(store, [image, await pushAttestation(store, image)], { tag: 'v1' });
    const digest = await build(store);
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
  });

  test("is found at the source's own tag", async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    const source = await store.fetchManifest('v1');
    const expectation: Expectation = { ...v2, target: { version: 'V2', tag: 'v1' } };
    expect(await look(store, expectation, source)).toEqual({ kind: 'unchanged' });
    const digest = await build(store, { targetTag: 'v1' });
    expect(await look(store, expectation, source)).toEqual({ kind: 'there', digest });
  });

  /** A store in which some manifests are missing or replaced. */
  function withManifests(store: MemoryStore, replaced: ReadonlyMap<string, StoredManifest | undefined>) {
    return Object.assign(Object.create(store) as ContentStore, {
      fetchBlob: store.fetchBlob.bind(store),
      hasBlob: store.hasBlob.bind(store),
      listReferrers: store.listReferrers.bind(store),
      fetchManifest: (reference: string) => {
        const replacement = replaced.get(reference);
        if (replacement !== undefined) return Promise.resolve(replacement);
        if (replaced.has(reference)) return Promise.reject(new NotFoundError(reference));
        return store.fetchManifest(reference);
      },
      resolve: (reference: string) =>
        replaced.has(reference) ? Promise.resolve(undefined) : store.resolve(reference),
    });
  }

  /** The V2 image at `v1-soci`, and the digest of its only SOCI index. */
  async function buildOne(store: MemoryStore) {
    await pushImage(store, { tag: 'v1' });
    const digest = await build(store);
    const { bytes } = await store.fetchManifest('v1-soci');
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as {
      readonly manifests: readonly { readonly digest: Digest; readonly artifactType?: string }[];
    };
    return { digest, sociIndex: manifests.find(({ artifactType }) => artifactType === sociV2Type)!.digest };
  }

  test('is not found while the registry does not have its SOCI index', async () => {
    const store = new MemoryStore();
    const { sociIndex } = await buildOne(store);
    expect(await look(withManifests(store, new Map([[sociIndex, undefined]])), v2)).toEqual({
      ...notYet('the tag v1-soci has no usable SOCI index for linux/amd64: it is missing'),
      isKnown: true,
    });
  });

  test('is not found while one of its zTOCs is missing', async () => {
    const store = new MemoryStore();
    await buildOne(store);
    const { digest } = ztocOf(gzipLayer('a'), {
      spanSizeBytes: 65_536,
      buildToolIdentifier: 'a builder',
    }).descriptor;
    const wrapped = withManifests(store, new Map());
    wrapped.hasBlob = (asked) => (asked === digest ? Promise.resolve(false) : store.hasBlob(asked));
    expect(await look(wrapped, v2)).toEqual({
      ...notYet(`the zTOC ${digest} is missing; run soci-index index to create it again`),
      isKnown: true,
    });
  });

  test('is found if a tool has dropped the artifact type of its SOCI index', async () => {
    const store = new MemoryStore();
    await buildOne(store);
    const text = Buffer.from((await store.fetchManifest('v1-soci')).bytes).toString();
    const stripped = Buffer.from(text.replace(`,"artifactType":"${sociV2Type}"`, ''));
    const digest = digestOf(stripped);
    await store.pushManifest({ mediaType: ociTypes.index, digest, bytes: stripped }, 'v1-soci');
    expect(await look(store, v2)).toEqual({ kind: 'there', digest });
  });

  test('is not found while it cannot be fetched by the digest that would be deployed', async () => {
    const store = new MemoryStore();
    const { digest } = await buildOne(store);
    expect(await look(withManifests(store, new Map([[digest, undefined]])), v2)).toEqual(
      notYet(`the tag v1-soci points to ${digest}, which does not exist yet`),
    );
  });

  test('is found if it lacks only what its partly copied source also lacks', async () => {
    const store = new DamagedStore();
    const { entries } = await pushTwoPlatforms(store);
    const digest = await build(store, { platforms: [parsePlatform('linux/amd64')] });
    store.deleted.add(entries[1].digest);
    const expectation = { ...v2, platforms: [parsePlatform('linux/amd64')] };
    expect(await look(store, expectation)).toEqual({ kind: 'there', digest });
  });

  test('is not found if its SOCI index covers none of its layers', async () => {
    const store = new MemoryStore();
    const { sociIndex } = await buildOne(store);
    const elsewhere = new MemoryStore();
    await pushImage(elsewhere, { tag: 'v1', layers: [gzipLayer('another')] });
    await build(elsewhere, { version: 'V1' });
    const { digest } = await elsewhere.fetchManifest('v1');
    const [other] = await elsewhere.listReferrers(digest);
    const replaced = new Map([[sociIndex, await elsewhere.fetchManifest(other!.digest)]]);
    expect(await look(withManifests(store, replaced), v2)).toEqual({
      ...notYet(/covers none of the layers$/),
      isKnown: true,
    });
  });
});

describe('the V1 indexes of a source', () => {
  test('are found once every platform has one, and the source is to be deployed', async () => {
    const store = new MemoryStore();
    const { digest } = await pushTwoPlatforms(store);
    expect(await look(store, v1)).toEqual(notYet('there is no SOCI index for linux/amd64, linux/arm64'));
    await build(store, { version: 'V1', platforms: [parsePlatform('linux/amd64')] });
    expect(await look(store, v1)).toEqual(notYet('there is no SOCI index for linux/arm64'));
    await build(store, { version: 'V1' });
    expect(await look(store, v1)).toEqual({ kind: 'there', digest });
  });

  test('are found if one is complete, even if a later one lacks its zTOC', async () => {
    const store = new DamagedStore();
    const { digest } = await pushImage(store, { tag: 'v1' });
    await build(store, { version: 'V1' });
    await build(store, { version: 'V1', spanSizeBytes: 131_072, force: true });
    const ztocs = [65_536, 131_072].map(
      (spanSizeBytes) =>
        ztocOf(gzipLayer('a'), { spanSizeBytes, buildToolIdentifier: 'a builder' }).descriptor.digest,
    );
    for (const ztoc of ztocs) {
      store.deleted.clear();
      store.deleted.add(ztoc);
      expect(await look(store, v1)).toEqual({ kind: 'there', digest });
    }
    for (const ztoc of ztocs) store.deleted.add(ztoc);
    expect(await look(store, v1)).toEqual(notYet('there is no SOCI index for linux/amd64'));
  });

  test('are found once the requested platforms have one', async () => {
    const store = new MemoryStore();
    const { digest } = await pushTwoPlatforms(store);
    await build(store, { version: 'V1', platforms: [parsePlatform('linux/amd64')] });
    expect(await look(store, { ...v1, ...onArm64 })).toEqual(notYet(/linux\/arm64$/));
    await build(store, { version: 'V1', ...onArm64 });
    expect(await look(store, { ...v1, ...onArm64 })).toEqual({ kind: 'there', digest });
  });

  test('are not expected for a platform whose layers are all too small', async () => {
    const store = new MemoryStore();
    const large = gzipLayer('a name that makes it the larger layer of these two, by a few bytes');
    const entries = [
      await pushImage(store, { layers: [large], platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
    ];
    const digest = await pushIndex(store, entries, { tag: 'v1' });
    const minimumLayerSizeBytes = large.bytes.length;
    await build(store, { version: 'V1', minimumLayerSizeBytes });
    expect(await look(store, { ...v1, minimumLayerSizeBytes })).toEqual({ kind: 'there', digest });
  });

  test('are not found if they cover none of the layers', async () => {
    const store = new MemoryStore();
    const { mediaType, digest, size } = await pushImage(store, { tag: 'v1' });
    const layer = gzipLayer('another');
    const ztoc = ztocOf(layer, { spanSizeBytes: 65_536, buildToolIdentifier: 'a builder' });
    await pushSociIndex(store, {
      version: 'V1',
      subject: { mediaType, digest, size },
      layers: [{ layer, ztoc }],
    });
    expect(await store.listReferrers(digest)).toHaveLength(1);
    expect(await look(store, v1)).toEqual(notYet('there is no SOCI index for linux/amd64'));
  });

  test('are not found in a V2 image', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    await build(store);
    expect(await look(store, v1)).toEqual(notYet(/^there is no SOCI index/));
  });
});

describe('readProspect', () => {
  async function prospect(store: ContentStore, expectation: Expectation) {
    return readProspect(store, await store.fetchManifest('v1'), expectation);
  }

  test('recognizes an image that is already V2 if V2 is expected, but not if V1 is', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    await build(store, { targetTag: 'v1' });
    expect(await prospect(store, v2)).toMatchObject({ kind: 'converted', gaps: [] });
    expect(await prospect(store, v1)).toMatchObject({ kind: 'index' });
  });

  test('recognizes an image that is V2 for one of its platforms but not for another', async () => {
    const store = new MemoryStore();
    await pushTwoPlatforms(store);
    await build(store, { targetTag: 'v1', platforms: [parsePlatform('linux/amd64')] });
    expect(await prospect(store, v2)).toMatchObject({ kind: 'index' });
    expect(await prospect(store, { ...v2, platforms: [parsePlatform('linux/amd64')] })).toMatchObject({
      kind: 'converted',
    });
  });

  test('recognizes that no layer is large enough or of a supported type', async () => {
    const store = new MemoryStore();
    const layer = gzipLayer('a');
    await pushImage(store, { tag: 'v1', layers: [layer, gzipLayer('b', ociTypes.zstd)] });
    const { length } = layer.bytes;
    expect(await prospect(store, { ...v2, minimumLayerSizeBytes: length })).toMatchObject({ kind: 'index' });
    expect(await prospect(store, { ...v2, minimumLayerSizeBytes: length + 1 })).toEqual({
      kind: 'none',
      reason: 'no-layer-to-index',
    });
  });

  test('recognizes an image with none of the platforms', async () => {
    const store = new MemoryStore();
    await pushImage(store, { tag: 'v1' });
    expect(await prospect(store, { ...v2, ...onArm64 })).toEqual({ kind: 'none', reason: 'no-platform' });
  });

  test('recognizes an attestation, a SOCI index, and a manifest that is not an image', async () => {
    const store = new MemoryStore();
    const image = await pushImage(store, { tag: 'v1' });
    await build(store, { version: 'V1' });
    const [sociIndex] = await store.listReferrers(image.digest);
    await store.pushManifest(await store.fetchManifest(sociIndex!.digest), 'v1');
    expect(await prospect(store, v1)).toEqual({ kind: 'none', reason: 'soci-index' });
    await pushAttestation(store, image, 'v1');
    expect(await prospect(store, v2)).toEqual({ kind: 'none', reason: 'attestation' });
    const chart = { manifest: ociTypes.manifest, config: 'application/vnd.cncf.helm.config.v1+json' };
    await pushImage(store, { tag: 'v1', types: chart, layers: [blobOf(Buffer.from('x'), 'text/plain')] });
    expect(await prospect(store, v2)).toEqual({ kind: 'none', reason: 'not-an-image' });
  });
});

describe('an index covers a platform', () => {
  const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a builder' };
  const layers = ['a', 'b'].map((name) => gzipLayer(name));
  const foreign = gzipLayer('foreign');

  test.each([
    ['one of its layers', layers.slice(1)],
    ['a layer of another image as well', [foreign, layers[1]!]],
  ])('if it has zTOCs of %s', async (_, indexed) => {
    const store = new MemoryStore();
    const { mediaType, digest, size } = await pushImage(store, { tag: 'v1', layers });
    await pushSociIndex(store, {
      version: 'V1',
      subject: { mediaType, digest, size },
      layers: indexed.map((layer) => ({ layer, ztoc: ztocOf(layer, settings) })),
    });
    expect(await look(store, v1)).toEqual({ kind: 'there', digest });
  });
});

test('a source that is not an image has no V2 image, whatever is at the tag', async () => {
  const store = new MemoryStore();
  const image = await pushImage(store, { tag: 'v1' });
  await build(store);
  await pushAttestation(store, image, 'attestation');
  const source = await store.fetchManifest('attestation');
  expect(await readIndexState(store, source, [], v2)).toEqual(
    notYet('the source is not an image (attestation)'),
  );
});

test('an entry of the source that only claims to be a SOCI index does not count as an indexed platform', async () => {
  const store = new MemoryStore();
  const { entries } = await pushTwoPlatforms(store);
  const claim = await pushImage(store, { layers: [gzipLayer('claim')], platform: linuxArm64 });
  await pushIndex(store, [...entries, { ...claim, artifactType: sociV2Type }], { tag: 'v1' });
  const digest = await build(store, { platforms: [parsePlatform('linux/amd64')] });
  expect(await look(store, v2)).toEqual({ kind: 'there', digest });
});
