// Events that arrive at the generator twice, simultaneously, too late or out of order. test/handlers/generator.test.ts
// tests those that arrive one after the other.
import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import type { ImageReport } from '../../lambda-src/handlers/image-report.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { generatorEnvironment } from '../helpers/function-environment.ts';
import type { FaultSource } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { lambdaContext, pushEvent } from '../handlers/lambda-invocation.ts';
import { useAws } from '../helpers/aws.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { gzipLayer, pushImage } from '../helpers/images.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

const openRegistry = useRegistries();
const openAws = useAws();
captureLogLines();

interface Ecr {
  readonly registry: LocalRegistry;
  readonly store: RegistryStore;
  /** Called for each request from now on, before the response. */
  readonly listen: (source: FaultSource) => void;
  /** Sends the generator the event of a push of `latest`. */
  readonly send: (digest: Digest) => Promise<ImageReport>;
}

async function openEcr(version: 'V1' | 'V2', immutableTags = false): Promise<Ecr> {
  let listener: FaultSource = () => undefined;
  const registry = await openRegistry({
    ...ecrWays,
    immutableTags,
    // Stands in for ECR's own API for deletion.
    deletes: true,
    faults: (request) => listener(request),
  });
  await openAws({
    registryUrl: registry.url,
    repository: { imageTagMutability: immutableTags ? 'IMMUTABLE' : 'MUTABLE' },
  });
  Object.assign(process.env, {
    ...generatorEnvironment,
    SOCI_INDEX_VERSION: version,
    SOCI_EVENT_BUS_NAME: '',
  });
  const { username, password } = ecrWays.access;
  const handler = createGenerator(ownThread);
  return {
    registry,
    store: openStore(registry, {
      credentials: () => Promise.resolve({ kind: 'password', username, password }),
    }),
    listen: (source) => {
      listener = source;
    },
    send: (digest) => handler(pushEvent({ tag: 'latest', digest }), lambdaContext()),
  };
}

async function deleteManifest({ registry }: Ecr, reference: string): Promise<void> {
  const { username, password } = ecrWays.access;
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const url = `${registry.url}/v2/${repository}/manifests/${reference}`;
  const { status } = await fetch(url, { method: 'DELETE', headers: { authorization } });
  expect(status).toBe(202);
}

/** Makes something happen while the first layer is read. */
function whileLayerIsRead({ listen }: Ecr, happen: () => Promise<void>): () => Promise<void> {
  let happening: Promise<void> | undefined;
  const layer = gzipLayer('a').descriptor.digest;
  listen(({ method, path }) => {
    if (method !== 'GET' || path !== `/${repository}/${layer}`) return undefined;
    happening ??= happen();
    return { kind: 'held', until: happening };
  });
  return () => happening ?? Promise.reject(new Error('the layer was not read'));
}

function digestIn(report: ImageReport): Digest | undefined {
  return 'digest' in report ? report.digest : undefined;
}

describe('two simultaneous copies of an event', () => {
  test.each([
    ['V2', false],
    ['V2, immutable tags', true],
  ])('make one image, and neither fails (%s)', async (_title, immutableTags) => {
    const ecr = await openEcr('V2', immutableTags);
    const { digest } = await pushImage(ecr.store, { tag: 'latest' });
    const reports = await Promise.all([ecr.send(digest), ecr.send(digest)]);
    const target = await ecr.store.resolve('latest-soci');
    for (const report of reports) {
      expect(['indexed', 'already-indexed']).toContain(report.status);
      expect(digestIn(report)).toBe(target?.digest);
    }
  });

  test('make one SOCI index, and neither fails (V1)', async () => {
    const ecr = await openEcr('V1');
    const { digest } = await pushImage(ecr.store, { tag: 'latest' });
    const reports = await Promise.all([ecr.send(digest), ecr.send(digest)]);
    const referrers = await ecr.store.listReferrers(digest, sociIndexTypes.V1);
    expect(referrers).toHaveLength(1);
    expect(reports.map(digestIn)).toEqual([referrers[0]!.digest, referrers[0]!.digest]);
  });
});

describe('two pushes of one tag', () => {
  async function pushTwice(ecr: Ecr): Promise<readonly [Digest, Digest]> {
    const earlier = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('a')] });
    const later = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('b')] });
    return [earlier.digest, later.digest];
  }

  async function expectLater({ store }: Ecr, report: ImageReport): Promise<void> {
    expect(report.status).toBe('indexed');
    expect((await store.resolve('latest-soci'))?.digest).toBe(digestIn(report));
  }

  test('lead to the later index if their events arrive in the wrong order', async () => {
    const ecr = await openEcr('V2');
    const [earlier, later] = await pushTwice(ecr);
    const laterReport = await ecr.send(later);
    expect(await ecr.send(earlier)).toMatchObject({ status: 'superseded' });
    await expectLater(ecr, laterReport);
  });

  test('lead to the later index if their events arrive at the same time', async () => {
    const ecr = await openEcr('V2');
    const [earlier, later] = await pushTwice(ecr);
    const [earlierReport, laterReport] = await Promise.all([ecr.send(earlier), ecr.send(later)]);
    expect(earlierReport).toMatchObject({ status: 'superseded' });
    await expectLater(ecr, laterReport);
  });

  test('lead to the later index if it is pushed while the earlier image is read', async () => {
    const ecr = await openEcr('V2');
    const earlier = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('a')] });
    let laterReport: ImageReport | undefined;
    const happened = whileLayerIsRead(ecr, async () => {
      const later = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('b')] });
      laterReport = await ecr.send(later.digest);
    });
    expect(await ecr.send(earlier.digest)).toMatchObject({ status: 'superseded' });
    await happened();
    await expectLater(ecr, laterReport!);
  });
});

describe('an image that is deleted while it is read', () => {
  test.each(['V1', 'V2'] as const)('is skipped, and nothing refers to it (%s)', async (version) => {
    const ecr = await openEcr(version);
    const { digest } = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('a')] });
    const happened = whileLayerIsRead(ecr, () => deleteManifest(ecr, digest));
    expect(await ecr.send(digest)).toMatchObject({ status: 'skipped', reason: 'image-deleted' });
    await happened();
    expect(await ecr.store.listReferrers(digest, sociIndexTypes.V1)).toEqual([]);
    expect(await ecr.store.resolve('latest-soci')).toBeUndefined();
  });

  test('is superseded with V2 if only its tag was deleted', async () => {
    const ecr = await openEcr('V2');
    const { digest } = await pushImage(ecr.store, { tag: 'latest', layers: [gzipLayer('a')] });
    const happened = whileLayerIsRead(ecr, () => deleteManifest(ecr, 'latest'));
    expect(await ecr.send(digest)).toMatchObject({
      status: 'superseded',
      ...explain('tag-deleted', 'latest'),
    });
    await happened();
    expect(await ecr.store.resolve('latest-soci')).toBeUndefined();
  });
});
