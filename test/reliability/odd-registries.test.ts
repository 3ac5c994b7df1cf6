// Registries that deviate from the specification in one way at a time: what each command does with them.
import { describe, expect, test } from '@jest/globals';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeManifest } from '../../lambda-src/core/oci/manifest.ts';
import { diagnoseImage } from '../../lambda-src/doctor/diagnosis.ts';
import { isPermanent } from '../../lambda-src/handlers/failure.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import { presentIndexesOf } from '../../lambda-src/image/soci-indexes.ts';
import { indexImage } from '../../lambda-src/indexer/index-image.ts';
import type { ImageOutcome } from '../../lambda-src/indexer/outcome.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { verifyImage } from '../../lambda-src/verifier/verify-image.ts';
import { blobOf, ociTypes, pushImage, pushIndex } from '../helpers/images.ts';
import { planFaults } from '../helpers/registry-faults/faults.ts';
import type { FaultyRegistryOptions } from '../helpers/registry-faults/faulty-registry.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { sociIndexTypes } from '../../lambda-src/core/soci-names.ts';

const openRegistry = useRegistries();

const calm = { connectMilliseconds: 20_000, stallMilliseconds: 20_000, answerMilliseconds: 20_000 };

/** An image at `v1` with an attestation that has a subject, as BuildKit makes it. */
async function openWithImage(
  options: FaultyRegistryOptions,
): Promise<{ registry: LocalRegistry; store: RegistryStore; manifest: Digest }> {
  const registry = await openRegistry(options);
  const store = openStore(registry, { timeouts: calm });
  const entry = await pushImage(store);
  const { mediaType, digest, size } = entry;
  const config = blobOf(Buffer.from('{"architecture":"unknown","os":"unknown"}'), ociTypes.config);
  const statement = blobOf(Buffer.from('{}'), 'application/vnd.in-toto+json');
  for (const blob of [config, statement]) await store.pushBlob(blob.descriptor, blob.bytes);
  const attestation = encodeManifest({
    config: config.descriptor,
    layers: [statement.descriptor],
    subject: { mediaType, digest, size },
  });
  await store.pushManifest(attestation);
  const attestationEntry = {
    mediaType: ociTypes.manifest,
    digest: attestation.digest,
    size: attestation.bytes.length,
    platform: { architecture: 'unknown', os: 'unknown' },
    annotations: {
      'vnd.docker.reference.digest': digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
  };
  await pushIndex(store, [entry, attestationEntry], { tag: 'v1' });
  return { registry, store, manifest: digest };
}

function index(store: RegistryStore, version: 'V1' | 'V2'): Promise<ImageOutcome> {
  return indexImage(
    store,
    { reference: 'v1', tag: 'v1' },
    {
      version,
      missingPlatforms: 'refuse',
      minimumLayerSizeBytes: 0,
      spanSizeBytes: 65_536,
      buildToolIdentifier: 'soci_index_builder v1',
      reuseZtocs: true,
      jobs: ownThread,
      ...(version === 'V2' && { targetTag: 'v1-soci' }),
    },
  );
}

const verify = (store: RegistryStore, tag: string) =>
  verifyImage(store, tag, { minimumLayerSizeBytes: 0, jobs: ownThread });
const diagnose = (store: RegistryStore, tag: string) =>
  diagnoseImage(
    store,
    { repository: 'registry.example/app', place: 'registry', tag },
    { runtimes: ['snapshotter'], minimumLayerSizeBytes: 0, tagSuffix: '-soci' },
  );

function writesOf({ log }: LocalRegistry, from: number): readonly string[] {
  return log.slice(from).flatMap(({ method }) => (['POST', 'PUT', 'PATCH'].includes(method) ? [method] : []));
}

const referrersAnswer = (status: number): FaultyRegistryOptions => ({
  referrersApi: false,
  faults: planFaults([{ path: /\/referrers\//, times: 'always', fault: { kind: 'status', status } }]),
});

const noApi = [400, 404, 405, 406, 501];

describe.each([...noApi, 500, 403])('a registry whose referrers API responds with %i', (status) => {
  const isBroken = !noApi.includes(status);

  test('does not affect V2: the image is indexed, and found by every command', async () => {
    const { registry, store } = await openWithImage(referrersAnswer(status));
    expect(await index(store, 'V2')).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
    expect(registry.log.filter(({ path }) => path.includes('/referrers/'))).toEqual([]);
    expect((await store.listTags()).filter((tag) => tag.startsWith('sha256-'))).toEqual([]);

    const verdict = await verify(store, 'v1-soci');
    expect(verdict.status).toBe('valid');
    expect(
      verdict.warnings.filter((warning) => warning.includes('referrers could not be listed')),
    ).toHaveLength(isBroken ? 1 : 0);
    const found = await readIndexedImage(store, 'v1-soci');
    const [platform] = found.kind === 'image' ? found.platforms : [];
    expect(presentIndexesOf(platform!)).toMatchObject([{ version: 'V2' }]);
    expect('problem' in platform!.v1).toBe(isBroken);
    const diagnosis = await diagnose(store, 'v1-soci');
    expect(diagnosis.platforms[0]).toMatchObject({ index: { version: 'V2' } });
    expect(diagnosis.findings.filter(({ code }) => code === 'referrers-unknown')).toHaveLength(
      isBroken ? 1 : 0,
    );
    expect(await index(store, 'V2')).toMatchObject({ status: 'already-indexed' });
  });

  test(isBroken ? 'fails V1 before a layer is read' : 'gets V1 listed at the fallback tag', async () => {
    const { registry, store, manifest } = await openWithImage(referrersAnswer(status));
    const before = registry.log.length;
    if (isBroken) {
      const error: unknown = await index(store, 'V1').catch((one: unknown) => one);
      expect(error).toMatchObject({ name: 'RegistryError', status, transient: status === 500 });
      expect(isPermanent(error)).toBe(false);
      expect(writesOf(registry, before)).toEqual([]);
      return;
    }
    expect(await index(store, 'V1')).toMatchObject({ status: 'indexed' });
    expect(await store.listReferrers(manifest, sociIndexTypes.V1)).toHaveLength(1);
    expect(await index(store, 'V1')).toMatchObject({ status: 'already-indexed' });
    expect((await verify(store, 'v1')).status).toBe('valid');
  });
});

describe('a registry that interprets sha256-HEX as a digest', () => {
  const options = { referrersApi: false, readsTagsAsDigests: true };

  test('fails V1 with a one-sentence error before a layer is read, and nothing is written', async () => {
    const { registry, store } = await openWithImage(options);
    const before = registry.log.length;
    const error: unknown = await index(store, 'V1').catch((one: unknown) => one);
    expect(String(error)).toMatch(
      /has no referrers API and interprets the tag sha256-[0-9a-f]{64} as a digest, so it cannot list V1 indexes\. Use V2/,
    );
    expect(isPermanent(error)).toBe(true);
    expect(writesOf(registry, before)).toEqual([]);
    expect(registry.log.slice(before).filter(({ path }) => path.includes('/blobs/'))).toEqual([]);
  });

  test('does not affect V2', async () => {
    const { store } = await openWithImage(options);
    expect(await index(store, 'V2')).toMatchObject({ status: 'indexed' });
    expect((await verify(store, 'v1-soci')).status).toBe('valid');
    expect((await diagnose(store, 'v1-soci')).platforms[0]).toMatchObject({ index: { version: 'V2' } });
    const found = await readIndexedImage(store, 'v1-soci');
    const [platform] = found.kind === 'image' ? found.platforms : [];
    expect(presentIndexesOf(platform!)).toMatchObject([{ version: 'V2' }]);
  });

  test('fails V1 in the same way if it rejects such a tag with 400', async () => {
    const { registry, store } = await openWithImage({
      referrersApi: false,
      faults: planFaults([
        { path: /manifests\/sha256-/, times: 'always', fault: { kind: 'status', status: 400 } },
      ]),
    });
    const before = registry.log.length;
    await expect(index(store, 'V1')).rejects.toThrow('it cannot list V1 indexes');
    expect(writesOf(registry, before)).toEqual([]);
  });
});

describe.each([400, 403, 405, 406, 501])('a registry that rejects HEAD with %i', (status) => {
  const options: FaultyRegistryOptions = {
    faults: planFaults([{ method: 'HEAD', times: 'always', fault: { kind: 'status', status } }]),
  };

  test.each(['V1', 'V2'] as const)('receives GET instead: %s', async (version) => {
    const { registry, store } = await openWithImage(options);
    expect(await index(store, version)).toMatchObject({ status: 'indexed' });
    expect(await index(store, version)).toMatchObject({ status: 'already-indexed' });
    expect((await verify(store, version === 'V1' ? 'v1' : 'v1-soci')).status).toBe('valid');
    const diagnosis = await diagnose(store, version === 'V1' ? 'v1' : 'v1-soci');
    expect(diagnosis.platforms[0]).toMatchObject({ index: { version } });
    expect(diagnosis.findings.filter(({ code }) => code === 'ztoc-missing')).toEqual([]);
    const heads = registry.log.filter(({ method }) => method === 'HEAD').length;
    if (status === 405 || status === 501) expect(heads).toBe(1);
  });

  test('still distinguishes missing content from existing content', async () => {
    const { store, manifest } = await openWithImage(options);
    expect(await store.hasBlob(`sha256:${'0'.repeat(64)}`)).toBe(false);
    expect(await store.resolve('no-such-tag')).toBeUndefined();
    expect((await store.resolve(manifest))?.digest).toBe(manifest);
  });
});
