// Work that is avoided, measured with a registry that counts requests.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { type Descriptor, digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { IndexImageOptions } from '../../lambda-src/indexer/index-options.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { planFaults, type FaultPlan } from '../helpers/registry-faults/faults.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import {
  type Blob,
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
  tarLayer,
  ztocOf,
} from '../helpers/images.ts';
import { createRandom, mixedBytes } from '../helpers/random.ts';
import { gzipOf } from '../helpers/gzip.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';

const openRegistry = useRegistries();

const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
const versions = ['V1', 'V2'] as const;

/** Large enough to be distinguished from JSON by its size. */
const base = largeLayer('base');
const library = tarLayer('library');
const app1 = gzipLayer('app 1');
const app2 = gzipLayer('app 2');

function largeLayer(name: string): Blob {
  const tar = new TarWriter()
    .entry({ name }, mixedBytes(createRandom(7), 400_000))
    .end()
    .bytes();
  return blobOf(gzipOf(tar), ociTypes.gzip);
}

/** Indexes the image at a tag, and returns what was requested from the registry. */
async function index(
  registry: LocalRegistry,
  tag: string,
  options: Partial<IndexImageOptions> = {},
): Promise<{ readonly outcome: ImageOutcome; readonly asked: Asked }> {
  const store = openStore(registry);
  const before = registry.log.length;
  const outcome = await indexImage(
    store,
    { reference: tag, tag },
    {
      version: 'V2',
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      targetTag: `${tag}-soci`,
      reuseZtocs: true,
      listRecentTags: async () => (await store.listTags()).toReversed(),
      jobs: ownThread,
      ...settings,
      ...options,
    },
  );
  return { outcome, asked: summarizeReads(registry, before) };
}

interface Asked {
  /** Digests of the blobs that were read, in order, without the images' configs. */
  readonly blobs: readonly string[];
  /** Tags of the manifests that were read. */
  readonly tags: readonly string[];
  readonly listsOfTags: number;
  readonly listsOfReferrers: number;
  /** Total bytes of all responses. */
  readonly bytes: number;
}

function summarizeReads({ log }: LocalRegistry, from: number): Asked {
  const requests = log.slice(from);
  const read = requests.filter(({ method }) => method === 'GET');
  const endsOf = (kind: string) =>
    read.filter(({ path }) => path.includes(`/${kind}/`)).map(({ path }) => path.split('/').at(-1)!);
  return {
    blobs: endsOf('blobs').filter((digest) => !configs.has(digest)),
    tags: endsOf('manifests').filter((reference) => !reference.startsWith('sha256:')),
    listsOfTags: endsOf('tags').length,
    listsOfReferrers: endsOf('referrers').length,
    bytes: requests.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

const configs = new Set<string>(
  [linuxAmd64, linuxArm64].map((platform) => digestOf(Buffer.from(JSON.stringify(platform)))),
);

function statusesOf(outcome: ImageOutcome): Record<string, string> {
  return Object.fromEntries(
    outcome.indexes.flatMap(({ layers }) => layers.map(({ digest, status }) => [digest, status])),
  );
}

function digestIn(outcome: ImageOutcome): string {
  if (!('digest' in outcome)) throw new Error(outcome.status);
  return outcome.digest;
}

/** The result of indexing without anything to reuse. */
async function digestOfFreshRun(
  fill: (store: MemoryStore) => Promise<unknown>,
  tag: string,
  options: Partial<IndexImageOptions> = {},
): Promise<string> {
  const store = new MemoryStore();
  await fill(store);
  const common = {
    missingPlatforms: 'refuse',
    minimumLayerSizeBytes: 0,
    jobs: ownThread,
    ...settings,
  } as const;
  const target = { version: 'V2', targetTag: `${tag}-soci` } as const;
  return digestIn(await indexImage(store, { reference: tag, tag }, { ...common, ...target, ...options }));
}

const ztoc = (layer: Blob) => ztocOf(layer, settings).descriptor.digest;
const layer = ({ descriptor }: Blob) => descriptor.digest;

describe('an image with one small layer changed', () => {
  test('requires only that layer, JSON, and the reused zTOCs when pushed to the same tag', async () => {
    const registry = await openRegistry();
    const store = openStore(registry);
    await pushImage(store, { tag: 'latest', layers: [base, library, app1] });
    const first = await index(registry, 'latest');
    expect(first.asked.bytes).toBeGreaterThan(base.bytes.length);
    const after = { tag: 'latest', layers: [base, library, app2] };
    await pushImage(store, after);

    const { outcome, asked } = await index(registry, 'latest');

    expect([...asked.blobs].sort()).toEqual([ztoc(base), ztoc(library), layer(app2)].sort());
    const ztocBytes = [base, library].reduce((sum, one) => sum + ztocOf(one, settings).bytes.length, 0);
    // Manifests, indexes and a config: each is smaller than 1 KiB, and there are at most ten.
    expect(asked.bytes - ztocBytes - app2.bytes.length).toBeLessThan(10 * 1024);
    expect(outcome.bytesRead).toBe(app2.bytes.length);
    expect(statusesOf(outcome)).toEqual({
      [layer(base)]: 'reused',
      [layer(library)]: 'reused',
      [layer(app2)]: 'indexed',
    });
    expect(digestIn(outcome)).toBe(await digestOfFreshRun((fresh) => pushImage(fresh, after), 'latest'));
  });

  test.each([
    // For its own manifest, and for the one at the other tag.
    { version: 'V1', listsOfReferrers: 2 },
    { version: 'V2', listsOfReferrers: 0 },
  ] as const)(
    'requires no more when pushed to another tag with $version',
    async ({ version, listsOfReferrers }) => {
      const registry = await openRegistry();
      const store = openStore(registry);
      await pushImage(store, { tag: 'v1', layers: [base, library, app1] });
      await index(registry, 'v1', { version });
      const after = { tag: 'v2', layers: [base, library, app2] };
      await pushImage(store, after);

      const { outcome, asked } = await index(registry, 'v2', { version });

      expect([...asked.blobs].sort()).toEqual([ztoc(base), ztoc(library), layer(app2)].sort());
      expect(asked).toMatchObject({ listsOfTags: 1, listsOfReferrers });
      expect(outcome.bytesRead).toBe(app2.bytes.length);
      expect(digestIn(outcome)).toBe(
        await digestOfFreshRun((fresh) => pushImage(fresh, after), 'v2', { version }),
      );
    },
  );

  test.each(versions)('requires all layers if reuse is switched off, with %s', async (version) => {
    const registry = await openRegistry();
    await pushImage(openStore(registry), { tag: 'v1', layers: [base, app1] });
    await index(registry, 'v1', { version });
    await pushImage(openStore(registry), { tag: 'v2', layers: [base, app2] });

    const { outcome, asked } = await index(registry, 'v2', { version, reuseZtocs: false });

    expect([...asked.blobs].sort()).toEqual([layer(base), layer(app2)].sort());
    expect(asked.listsOfTags).toBe(0);
    expect(Object.values(statusesOf(outcome))).toEqual(['indexed', 'indexed']);
  });

  test.each<readonly [string, Partial<IndexImageOptions>]>([
    ['another span size', { spanSizeBytes: 131_072 }],
    ['another build tool identifier', { buildToolIdentifier: 'another test' }],
  ])('requires all layers if the other tag was indexed with %s', async (_, others) => {
    const registry = await openRegistry();
    await pushImage(openStore(registry), { tag: 'v1', layers: [base, app1] });
    await index(registry, 'v1', others);
    await pushImage(openStore(registry), { tag: 'v2', layers: [base, app2] });
    const { asked } = await index(registry, 'v2');
    expect([...asked.blobs].sort()).toEqual([layer(base), layer(app2)].sort());
  });
});

describe('a layer that occurs more than once', () => {
  test.each(versions)('is read once with %s, in an image or in two platforms', async (version) => {
    const registry = await openRegistry();
    const store = openStore(registry);
    const entries = [
      await pushImage(store, { layers: [base, app1, base] }),
      await pushImage(store, { layers: [base, app2], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    const { asked } = await index(registry, 'v1', { version });
    expect([...asked.blobs].sort()).toEqual([layer(base), layer(app1), layer(app2)].sort());
    expect(asked.blobs[0]).toBe(layer(base));
  });
});

describe('the SOCI index of another platform', () => {
  async function pushTwoPlatforms(store: RegistryStore | MemoryStore, tag: string) {
    const entries = [
      await pushImage(store, { layers: [base, app1] }),
      await pushImage(store, { layers: [base, app2], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag });
  }

  test.each<readonly [string, Partial<IndexImageOptions>, string]>([
    ['if it refers to that manifest', { version: 'V1' }, 'v1'],
    ['at the target tag', {}, 'v1'],
    // The source is then itself a V2 image for one of its platforms.
    ['beside its manifest in the source itself', {}, 'v1-soci'],
  ])('provides the zTOC of a shared layer %s', async (_, options, source) => {
    const registry = await openRegistry();
    await pushTwoPlatforms(openStore(registry), 'v1');
    const first = await index(registry, 'v1', { ...options, platforms: [linuxAmd64] });

    const second = await index(registry, source, {
      ...options,
      platforms: [linuxArm64],
      listRecentTags: () => Promise.resolve([]),
    });

    expect(first.asked.blobs).toEqual([layer(base), layer(app1)]);
    expect([...second.asked.blobs].sort()).toEqual([ztoc(base), layer(app2)].sort());
    expect(second.outcome).toMatchObject({ status: 'indexed', bytesRead: app2.bytes.length });
  });

  test('provides it even if it is not the first in the image', async () => {
    const registry = await openRegistry();
    await pushTwoPlatforms(openStore(registry), 'v1');
    await index(registry, 'v1', { version: 'V1', platforms: [linuxArm64] });
    const { asked } = await index(registry, 'v1', { version: 'V1', platforms: [linuxAmd64] });
    expect([...asked.blobs].sort()).toEqual([ztoc(base), layer(app1)].sort());
  });

  test.each([
    { version: 'V1', lists: 2 },
    { version: 'V2', lists: 0 },
  ] as const)('is looked for once among the referrers with $version, in $lists requests', async (given) => {
    const { version, lists } = given;
    const registry = await openRegistry();
    await pushTwoPlatforms(openStore(registry), 'v1');
    const { asked } = await index(registry, 'v1', { version, dryRun: true });
    expect(asked.listsOfReferrers).toBe(lists);
  });

  test("is not read if the platform's own index has every layer", async () => {
    const registry = await openRegistry();
    await pushTwoPlatforms(openStore(registry), 'v1');
    const options = { version: 'V1', platforms: [linuxAmd64] } as const;
    await index(registry, 'v1', options);
    const before = registry.log.length;
    // Only the large layer is selected now, so the existing index differs.
    const { outcome } = await index(registry, 'v1', { ...options, minimumLayerSizeBytes: base.bytes.length });
    expect(outcome).toMatchObject({ status: 'indexed', bytesRead: 0 });
    const lists = registry.log.slice(before).filter(({ path }) => path.includes('/referrers/'));
    expect(new Set(lists.map(({ path }) => path)).size).toBe(1);
  });

  test('is not read for a recent image, because its layers differ', async () => {
    const registry = await openRegistry();
    const store = openStore(registry);
    await pushTwoPlatforms(store, 'v1');
    await index(registry, 'v1');
    const { manifests } = JSON.parse(
      Buffer.from((await store.fetchManifest('v1-soci')).bytes).toString(),
    ) as { readonly manifests: readonly Descriptor[] };
    const sociIndexes = manifests.filter(({ artifactType }) => artifactType !== undefined);
    await pushImage(store, { tag: 'v2', layers: [base, library], platform: linuxArm64 });
    const before = registry.log.length;
    await index(registry, 'v2');
    const paths = registry.log.slice(before).map(({ path }) => path);
    expect(sociIndexes.map(({ digest }) => paths.filter((path) => path.endsWith(digest)).length)).toEqual([
      0, 1,
    ]);
  });
});

describe('recent tags', () => {
  /** A registry with indexed images at the tags v1 to vCOUNT, and an image at `new` that is not indexed yet. */
  async function openReleases(count: number, layers: readonly Blob[], plan: readonly FaultPlan[] = []) {
    const registry = await openRegistry({ faults: planFaults(plan) });
    const store = openStore(registry);
    for (let release = 1; release <= count; release++) {
      await pushImage(store, { tag: `v${release}`, layers: [gzipLayer(`app of release ${release}`)] });
      await index(registry, `v${release}`, { reuseZtocs: false });
    }
    await pushImage(store, { tag: 'new', layers });
    return registry;
  }

  /** `vCOUNT-soci` to `v1-soci`, in this order. */
  const releases = (count: number) => Array.from({ length: count }, (_, index) => `v${count - index}-soci`);

  test('are not listed if the target tag has every layer', async () => {
    const registry = await openRegistry();
    const store = openStore(registry);
    await pushImage(store, { tag: 'latest', layers: [base, app1] });
    await index(registry, 'latest');
    await pushImage(store, { tag: 'latest', layers: [base] });
    const { asked } = await index(registry, 'latest');
    expect(asked).toMatchObject({ blobs: [ztoc(base)], listsOfTags: 0 });
  });

  test.each(versions)('are not listed if there is nothing to index, with %s', async (version) => {
    const registry = await openRegistry();
    await pushImage(openStore(registry), { tag: 'v1', layers: [base] });
    await index(registry, 'v1', { version });
    const { outcome, asked } = await index(registry, 'v1', { version });
    expect(outcome.status).toBe('already-indexed');
    expect(asked).toMatchObject({ blobs: [], listsOfTags: 0 });
  });

  test('are not listed if an earlier part of the work has every layer', async () => {
    const registry = await openRegistry();
    await pushImage(openStore(registry), { tag: 'v1', layers: [base] });
    const { digest, size } = ztocOf(base, settings).descriptor;
    await openStore(registry).pushBlob(ztocOf(base, settings).descriptor, ztocOf(base, settings).bytes);
    const finished = [{ digest: layer(base), ztoc: { digest, size } }];
    const { asked } = await index(registry, 'v1', { finished });
    expect(asked).toMatchObject({ blobs: [ztoc(base)], listsOfTags: 0 });
  });

  test('are limited to the first ten of the list, without the source and the target', async () => {
    const registry = await openReleases(12, [base]);
    const listRecentTags = () => Promise.resolve(['new', 'new-soci', ...releases(12)]);
    const { asked } = await index(registry, 'new', { listRecentTags });
    const others = asked.tags.filter((tag) => tag.startsWith('v'));
    expect(others.sort()).toEqual(releases(12).slice(0, 10).sort());
    expect(asked.tags.filter((tag) => tag === 'new')).toHaveLength(1);
    expect(asked.tags.filter((tag) => tag === 'new-soci')).toHaveLength(1);
    expect(asked.blobs).toEqual([layer(base)]);
  });

  test('are limited to the first five if these have every layer', async () => {
    const registry = await openReleases(7, [gzipLayer('app of release 5')]);
    const { asked } = await index(registry, 'new', { listRecentTags: () => Promise.resolve(releases(7)) });
    expect(asked.tags.filter((tag) => tag.startsWith('v')).sort()).toEqual(releases(7).slice(0, 5).sort());
    expect(asked.blobs).toEqual([ztoc(gzipLayer('app of release 5'))]);
  });

  test('are ignored if they point to nothing, or not to an image', async () => {
    const registry = await openReleases(
      1,
      [base, gzipLayer('app of release 1')],
      [
        {
          path: /manifests\/damaged$/,
          times: 'always',
          fault: { kind: 'status', status: 200, headers: { 'content-type': ociTypes.index }, body: '{"' },
        },
      ],
    );
    const store = openStore(registry);
    await pushImage(store, { tag: 'plain' });
    const inner = await pushIndex(store, [], { tag: 'empty' });
    const entry = { mediaType: ociTypes.index, digest: inner, size: 10 };
    await pushIndex(store, [entry], { tag: 'nested' });
    const tags = ['gone', 'damaged', 'plain', 'empty', 'nested', 'v1-soci'];

    for (const version of versions) {
      const listRecentTags = () => Promise.resolve(tags);
      const { outcome, asked } = await index(registry, 'new', { version, listRecentTags, dryRun: true });
      expect(outcome).toMatchObject({ status: 'dry-run', bytesRead: base.bytes.length });
      expect(asked.tags).toEqual(expect.arrayContaining(tags));
    }
  });

  test('cause an error if the registry fails, as any other request does', async () => {
    const fault = { kind: 'status', status: 503 } as const;
    const registry = await openReleases(0, [base], [{ path: /manifests\/v1$/, times: 'always', fault }]);
    await expect(
      index(registry, 'new', { listRecentTags: () => Promise.resolve(['v1']) }),
    ).rejects.toBeInstanceOf(RegistryError);
  });
});

describe('a zTOC in the repository', () => {
  /** `base` is indexed at v1, and pushed again at v2. */
  async function openTwoTags() {
    const registry = await openRegistry();
    await pushImage(openStore(registry), { tag: 'v1', layers: [base] });
    await index(registry, 'v1');
    await pushImage(openStore(registry), { tag: 'v2', layers: [base, app2] });
    return registry;
  }

  test('is not used if its bytes are damaged, and the layer is read', async () => {
    const registry = await openTwoTags();
    const damaged = Uint8Array.from(ztocOf(base, settings).bytes);
    damaged[damaged.length >> 1]! ^= 1;
    registry.serveBlob(repository, ztoc(base), damaged);
    const { outcome, asked } = await index(registry, 'v2');
    expect(asked.blobs).toEqual([ztoc(base), layer(base), layer(app2)]);
    expect(Object.values(statusesOf(outcome))).toEqual(['indexed', 'indexed']);
  });

  test('at the target tag is preferred to one at a recent tag', async () => {
    const registry = await openTwoTags();
    // A false zTOC for the same layer, which would be rejected.
    const store = openStore(registry);
    const lie = ztocOf(app1, settings);
    await store.pushBlob(lie.descriptor, lie.bytes);
    await plantIndex(store, 'planted', base, lie);
    const { asked } = await index(registry, 'v2', {
      targetTag: 'v1-soci',
      listRecentTags: () => Promise.resolve(['planted']),
    });
    expect([...asked.blobs].sort()).toEqual([ztoc(base), layer(app2)].sort());
  });

  test('is not used if it was planted at a recent tag for another layer, and the layer is read', async () => {
    const registry = await openTwoTags();
    const store = openStore(registry);
    const lie = ztocOf(app1, settings);
    await store.pushBlob(lie.descriptor, lie.bytes);
    await plantIndex(store, 'planted', base, lie);
    const { asked } = await index(registry, 'v2', { listRecentTags: () => Promise.resolve(['planted']) });
    expect(asked.blobs).toEqual([lie.descriptor.digest, layer(base), layer(app2)]);
  });

  /** Pushes a V2 image at `tag` whose SOCI index names `said` as the zTOC of `of`. */
  async function plantIndex(store: RegistryStore, tag: string, of: Blob, said: Blob): Promise<void> {
    const sociType = 'application/vnd.amazon.soci.index.v2+json';
    const config = blobOf(Buffer.from('{}'), sociType);
    await store.pushBlob(config.descriptor, config.bytes);
    const manifest = blobOf(
      Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: ociTypes.manifest,
          config: config.descriptor,
          layers: [
            {
              ...said.descriptor,
              annotations: {
                'com.amazon.soci.image-layer-digest': of.descriptor.digest,
                'com.amazon.soci.image-layer-mediaType': of.descriptor.mediaType,
                'com.amazon.soci.span-size': String(settings.spanSizeBytes),
              },
            },
          ],
          annotations: { 'com.amazon.soci.build-tool-identifier': settings.buildToolIdentifier },
        }),
      ),
      ociTypes.manifest,
    );
    await store.pushManifest({ ...manifest.descriptor, bytes: manifest.bytes });
    const image = await pushImage(store, { layers: [app1] });
    const sociEntry = { ...manifest.descriptor, platform: linuxAmd64, artifactType: sociType };
    await pushIndex(store, [image, sociEntry], { tag });
  }
});
