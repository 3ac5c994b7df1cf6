// Transfers whole images through a registry that fails at random, but reproducibly for each seed.
import { describe, expect, test } from '@jest/globals';
import type { RequestFacts } from '../../lambda-src/local-registry/interception.ts';
import { seedFaults, type Fault } from '../helpers/registry-faults/faults.ts';
import {
  countedBytes,
  describeBlob,
  pushSample,
  readAll,
  sampleImage,
  sampleReferrer,
} from '../content/sample-content.ts';
import { openStore, useRegistries } from './registries.ts';

const layer = countedBytes(300_000);
const sociIndexType = 'application/vnd.amazon.soci.index.v1+json';

/** Faults that can occur with any request and that a retry resolves. */
function transientFaults({ method }: RequestFacts): readonly Fault[] {
  const faults: Fault[] = [
    { kind: 'status', status: 429 },
    { kind: 'status', status: 500 },
    { kind: 'status', status: 503, headers: { 'retry-after': '0' } },
    { kind: 'drop' },
    { kind: 'reset', afterBytes: 0 },
  ];
  if (method === 'GET') {
    faults.push({ kind: 'reset', afterBytes: 100_000 }, { kind: 'truncate', afterBytes: 1 });
    faults.push({ kind: 'truncate', afterBytes: 299_999 }, { kind: 'ignore-range' });
  }
  if (method === 'PUT') faults.push({ kind: 'reset-request', afterBytes: 100 });
  return faults;
}

describe('if one request in four fails', () => {
  const openRegistry = useRegistries();
  const seeds = Array.from({ length: 30 }, (_, index) => String(index));

  test.each(seeds)('an image and its referrer are pushed and read in full (seed %s)', async (seed) => {
    const registry = await openRegistry({
      referrersApi: Number(seed) % 2 === 0,
      redirectBlobs: Number(seed) % 3 === 0,
      faults: seedFaults(seed, 0.25, transientFaults),
    });
    const store = openStore(registry);
    const image = sampleImage('seeded');
    const referrer = sampleReferrer(image.manifest, sociIndexType, {});
    await store.pushBlob(describeBlob(layer), layer);
    await pushSample(store, image, 'v1');
    await pushSample(store, referrer);
    expect(Buffer.compare(await readAll(store.fetchBlob(describeBlob(layer))), layer)).toBe(0);
    expect((await store.fetchManifest('v1')).digest).toBe(image.manifest.digest);
    expect(await store.listReferrers(image.manifest.digest)).toMatchObject([
      { digest: referrer.manifest.digest },
    ]);
  });
});
