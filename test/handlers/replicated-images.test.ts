// Passes replicas through both functions' handlers, in each order in which an image and its index can arrive.
// test/e2e/stack-replication.test.ts does so with the applied stack.
import { describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { handler as filter } from '../../lambda-src/handlers/filter.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import { ecrWays } from '../../lambda-src/local-registry/local-registry.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { replicate } from '../e2e/stack-replication.ts';
import { useAws } from '../helpers/aws.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import {
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { lambdaContext } from './lambda-invocation.ts';

const openRegistry = useRegistries();
const openAws = useAws();
captureLogLines();

const place = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' };

/**
 * Both functions at the destination, with the module's default settings except for the minimum layer size, and an image
 * at its source.
 */
async function openDestination(version: 'V1' | 'V2', { immutableTags = false } = {}) {
  const registry = await openRegistry({ ...ecrWays, immutableTags });
  const aws = await openAws({ registryUrl: registry.url });
  Object.assign(process.env, {
    SOCI_FILTERS: '*:*',
    SOCI_INDEX_REPLICATED_IMAGES: 'true',
    GENERATOR_FUNCTION_NAME: 'name-generator',
    SOCI_INDEX_VERSION: version,
    SOCI_PLATFORMS: '',
    SOCI_SPAN_SIZE_BYTES: '4194304',
    SOCI_MIN_LAYER_SIZE_BYTES: '0',
    SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
    SOCI_TAG_SKIPPED_IMAGES: 'false',
    SOCI_REUSE_ZTOCS: 'true',
    SOCI_MAX_ZTOC_RATIO: '16',
    SOCI_PREFETCH_LABEL: 'true',
    SOCI_EVENT_BUS_NAME: '',
    SOCI_INSTANCE_NAME: 'name',
  });
  const { username, password } = ecrWays.access;
  const store = openStore(registry, {
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
  });
  const generator = createGenerator(ownThread);

  const source = new MemoryStore();
  const entries = [
    await pushImage(source, { layers: [gzipLayer('a')], platform: linuxAmd64 }),
    await pushImage(source, { layers: [gzipLayer('b')], platform: linuxArm64 }),
  ];
  await pushIndex(source, [...entries, await pushAttestation(source, entries[0]!)], { tag: 'v1' });

  /** The outcome of each event: the generator's if the filter matched, otherwise the filter's. */
  const handle = async (events: readonly unknown[]) => {
    const ends: string[] = [];
    for (const event of events) {
      const invoked = aws.calls.length;
      let outcome: { readonly status: string } = await filter(event, lambdaContext());
      if (outcome.status === 'matched') outcome = await generator(aws.calls[invoked]!.input, lambdaContext());
      ends.push('reason' in outcome ? `${outcome.status}: ${String(outcome.reason)}` : outcome.status);
    }
    return ends;
  };
  return {
    source,
    handle,
    arrive: (reference: string) => replicate(source, reference, store, { place, repository: 'team/app' }),
    resolve: async (tag: string) => (await store.resolve(tag))?.digest,
  };
}

const platforms = ['skipped: untagged', 'skipped: untagged', 'skipped: untagged'];

describe('with V2', () => {
  test('an image that arrives without an index is indexed once', async () => {
    const { arrive, handle, resolve } = await openDestination('V2');
    const events = await arrive('v1');
    expect(await handle(events)).toEqual([...platforms, 'indexed']);
    expect(await resolve('v1-soci')).toBeDefined();
    expect(await handle(events)).toEqual([...platforms, 'already-indexed']);
  });

  test('an image whose index arrives before its event is processed is already indexed', async () => {
    const { source, arrive, handle, resolve } = await openDestination('V2');
    const indexed = await index(source, 'v1');
    const events = [...(await arrive('v1')), (await arrive('v1-soci')).at(-1)!];
    expect(await handle(events)).toEqual([...platforms, 'already-indexed', 'skipped: own-tag']);
    expect(await resolve('v1-soci')).toBe(indexed);
  });

  test('an image whose index arrives late gets the same index, if the settings are the same', async () => {
    const { source, arrive, handle, resolve } = await openDestination('V2');
    const indexed = await index(source, 'v1');
    expect((await handle(await arrive('v1'))).at(-1)).toBe('indexed');
    expect(await resolve('v1-soci')).toBe(indexed);
  });

  test('with other settings, the index that is written last wins', async () => {
    const late = await openDestination('V2');
    const theirs = await index(late.source, 'v1', { spanSizeBytes: 1024 });
    await late.handle(await late.arrive('v1'));
    expect(await late.resolve('v1-soci')).not.toBe(theirs);
    await late.arrive('v1-soci');
    expect(await late.resolve('v1-soci')).toBe(theirs);

    const early = await openDestination('V2');
    await index(early.source, 'v1', { spanSizeBytes: 1024 });
    await early.arrive('v1-soci');
    expect((await early.handle(await early.arrive('v1'))).at(-1)).toBe('indexed');
    expect(await early.resolve('v1-soci')).not.toBe(theirs);
  });

  test('with other settings and immutable tags, the index that arrived first wins', async () => {
    const { source, arrive, handle, resolve } = await openDestination('V2', { immutableTags: true });
    const theirs = await index(source, 'v1', { spanSizeBytes: 1024 });
    await arrive('v1-soci');
    expect((await handle(await arrive('v1'))).at(-1)).toBe('skipped: tag-immutable');
    expect(await resolve('v1-soci')).toBe(theirs);
  });

  test('an indexed image at a tag from another template is recognized by its content', async () => {
    const { source, arrive, handle, resolve } = await openDestination('V2');
    await index(source, 'v1', { targetTag: 'v1-lazy' });
    expect((await handle(await arrive('v1-lazy'))).at(-1)).toBe('already-indexed');
    expect(await resolve('v1-lazy-soci')).toBeUndefined();
  });
});

describe('with V1', () => {
  test('an image without an index and its platforms are indexed, and nothing else is', async () => {
    const { arrive, handle } = await openDestination('V1');
    expect(await handle(await arrive('v1'))).toEqual([
      'indexed',
      'indexed',
      'skipped: attestation',
      'already-indexed',
    ]);
  });

  test('an image that arrives with its index is already indexed, and its SOCI indexes are skipped', async () => {
    const { source, arrive, handle } = await openDestination('V1');
    await index(source, 'v1', { version: 'V1' });
    expect((await handle(await arrive('v1'))).toSorted()).toEqual([
      ...['already-indexed', 'already-indexed', 'already-indexed'],
      ...['skipped: attestation', 'skipped: soci-index', 'skipped: soci-index'],
    ]);
  });
});
