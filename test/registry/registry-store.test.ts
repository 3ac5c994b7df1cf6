import { describe, expect, test } from '@jest/globals';
import { ImmutableTagError, NotFoundError } from '../../lambda-src/content/content-store.ts';
import { ConfigError, ContentMismatchError, FormatError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { encodeIndex, parseIndex } from '../../lambda-src/core/oci/manifest.ts';
import { planFaults, type FaultPlan } from '../helpers/registry-faults/faults.ts';
import { createLocalRegistry, ecrWays } from '../../lambda-src/local-registry/local-registry.ts';
import type { CredentialsProvider } from '../../lambda-src/registry/credentials.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { bytesOf, describeBlob, pushSample, sampleImage, sampleReferrer } from '../content/sample-content.ts';
import { defineContentStoreContract } from '../content/store-contract.ts';
import { openStore, summarize, useRegistries } from './registries.ts';

const ecrCredentials: CredentialsProvider = () =>
  Promise.resolve({ kind: 'password', username: 'AWS', password: ecrWays.access.password });

const tokenAccess = { scheme: 'bearer', username: 'robot', password: 'token-password' } as const;

defineContentStoreContract('a registry', async () => {
  const registry = await createLocalRegistry();
  return { store: openStore(registry), close: () => registry.close() };
});

defineContentStoreContract('a registry that behaves like Amazon ECR', async () => {
  const registry = await createLocalRegistry(ecrWays);
  const store = openStore(registry, { credentials: ecrCredentials });
  return { store, immutableTags: true, close: () => registry.close() };
});

defineContentStoreContract('a registry without a referrers API', async () => {
  const registry = await createLocalRegistry({ referrersApi: false });
  return { store: openStore(registry), referrersApi: false, close: () => registry.close() };
});

defineContentStoreContract('a registry with token access and paged referrers', async () => {
  const registry = await createLocalRegistry({ access: tokenAccess, referrersPageSize: 1 });
  const credentials: CredentialsProvider = () =>
    Promise.resolve({ kind: 'password', username: 'robot', password: 'token-password' });
  return { store: openStore(registry, { credentials }), close: () => registry.close() };
});

const sociIndexType = 'application/vnd.amazon.soci.index.v1+json';

describe('a registry store', () => {
  const openRegistry = useRegistries();
  const openFaulty = (...plans: FaultPlan[]): ReturnType<typeof openRegistry> =>
    openRegistry({ faults: planFaults(plans) });

  test('checks for a blob, then opens an upload session and sends all bytes in one PUT', async () => {
    const registry = await openRegistry();
    const content = bytesOf('content');
    await openStore(registry).pushBlob(describeBlob(content), content);
    await openStore(registry).pushBlob(describeBlob(content), content);
    expect(summarize(registry.log)).toEqual([
      'HEAD blobs 404',
      'POST blobs/uploads 202',
      'PUT blobs/uploads 201',
      'HEAD blobs 200',
    ]);
  });

  test('does not push an existing manifest again', async () => {
    const registry = await openRegistry();
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    const before = registry.log.length;
    await openStore(registry).pushManifest(image.manifest, 'v1');
    expect(summarize(registry.log.slice(before))).toEqual(['HEAD manifests 200']);
  });

  test.each([
    ['receives its response too late', { kind: 'late', milliseconds: 300 }],
    ['loses its response', { kind: 'drop' }],
  ] as const)('accepts a push that succeeds but %s, even to an immutable tag', async (_title, fault) => {
    const registry = await openRegistry({
      immutableTags: true,
      faults: planFaults([{ method: 'PUT', path: /manifests/, fault }]),
    });
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    expect(await openStore(registry).resolve('v1')).toMatchObject({ digest: image.manifest.digest });
    expect(summarize(registry.log)).toContain('PUT manifests 400');
  });

  test('fails if the registry rejects a push and the tag does not point to the manifest', async () => {
    const refusal = {
      kind: 'status',
      status: 403,
      body: '{"errors":[{"code":"DENIED","message":"no"}]}',
    } as const;
    const registry = await openFaulty({ method: 'PUT', path: /manifests/, times: 'always', fault: refusal });
    const error = await pushSample(openStore(registry), sampleImage('one'), 'v1').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(RegistryError);
    expect(error).toMatchObject({ status: 403, code: 'DENIED', transient: false, method: 'PUT' });
  });

  test("reports a conflict with an immutable tag, with the tag and the registry's error", async () => {
    const registry = await openRegistry({ immutableTags: true });
    const store = openStore(registry);
    await pushSample(store, sampleImage('one'), 'v1');
    const error = await pushSample(store, sampleImage('two'), 'v1').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ImmutableTagError);
    expect(error).toMatchObject({ tag: 'v1', cause: { status: 400, code: 'TAG_INVALID' } });
  });

  test('writes no fallback tag if the registry has a referrers API', async () => {
    const registry = await openRegistry();
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    await pushSample(openStore(registry), sampleReferrer(image.manifest, sociIndexType, {}));
    expect(await openStore(registry).resolve(image.manifest.digest.replace(':', '-'))).toBeUndefined();
  });

  test('updates an index at the fallback tag if there is no referrers API, and deletes the previous index', async () => {
    const registry = await openRegistry({ referrersApi: false });
    const store = openStore(registry);
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const tag = image.manifest.digest.replace(':', '-');
    const first = sampleReferrer(image.manifest, sociIndexType, { b: '2', a: '<1>' });
    await pushSample(store, first);
    const firstList = await store.fetchManifest(tag);
    const descriptor =
      `{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"${first.manifest.digest}",` +
      `"size":${first.manifest.bytes.length},"annotations":{"a":"\\u003c1\\u003e","b":"2"},"artifactType":"${sociIndexType}"}`;
    expect(Buffer.from(firstList.bytes).toString()).toBe(
      `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[${descriptor}]}`,
    );

    const second = sampleReferrer(image.manifest, 'application/vnd.example+json', {});
    await pushSample(store, second);
    const secondList = await store.fetchManifest(tag);
    expect(parseIndex(secondList.bytes).manifests.map(({ digest }) => digest)).toEqual([
      first.manifest.digest,
      second.manifest.digest,
    ]);
    expect(await store.resolve(firstList.digest)).toBeUndefined();

    await pushSample(store, first);
    expect((await store.fetchManifest(tag)).digest).toBe(secondList.digest);
  });

  test('adds a referrer to the fallback tag when it is pushed again after a failure', async () => {
    const registry = await openRegistry({
      referrersApi: false,
      faults: planFaults([
        { method: 'PUT', path: /manifests\/sha256-/, fault: { kind: 'status', status: 403 } },
      ]),
    });
    const store = openStore(registry);
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    const referrer = sampleReferrer(image.manifest, sociIndexType, {});
    await expect(pushSample(store, referrer)).rejects.toThrow(RegistryError);
    await pushSample(store, referrer);
    expect(await store.listReferrers(image.manifest.digest, sociIndexType)).toHaveLength(1);
  });

  test('loses no referrer when several are pushed concurrently to a fallback tag', async () => {
    const registry = await openRegistry({ referrersApi: false });
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    const names = ['a', 'b', 'c'];
    await Promise.all(
      names.map((name) =>
        pushSample(openStore(registry), sampleReferrer(image.manifest, sociIndexType, { name })),
      ),
    );
    expect(await openStore(registry).listReferrers(image.manifest.digest)).toHaveLength(3);
  });

  test('does not overwrite an image at the fallback tag', async () => {
    const registry = await openRegistry({ referrersApi: false });
    const store = openStore(registry);
    const image = sampleImage('one');
    const tag = image.manifest.digest.replace(':', '-');
    await pushSample(store, image, 'v1');
    const other = sampleImage('two');
    await pushSample(store, other, tag);
    const pushed = pushSample(store, sampleReferrer(image.manifest, sociIndexType, {}));
    await expect(pushed).rejects.toThrow(FormatError);
    expect((await store.resolve(tag))?.digest).toBe(other.manifest.digest);
    expect(await store.listReferrers(image.manifest.digest)).toEqual([]);
  });

  test('filters referrers if the registry does not', async () => {
    const registry = await openRegistry({ referrersApi: false });
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    await pushSample(openStore(registry), sampleReferrer(image.manifest, 'application/vnd.a', {}));
    expect(await openStore(registry).listReferrers(image.manifest.digest, 'application/vnd.b')).toEqual([]);
  });

  test.each([
    ['an HTML page', { 'content-type': 'text/html' }, 200],
    ['405', {}, 405],
    ['404', {}, 404],
  ])('uses the fallback tag if the referrers API responds with %s', async (_title, headers, status) => {
    const fault = { kind: 'status', status, headers, body: '<html>' } as const;
    const registry = await openRegistry({
      referrersApi: false,
      faults: planFaults([{ path: /referrers/, times: 'always', fault }]),
    });
    const store = openStore(registry);
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await pushSample(store, sampleReferrer(image.manifest, sociIndexType, {}));
    expect(await store.listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test('fails if the pages of referrers never end', async () => {
    const index = Buffer.from(encodeIndex({ manifests: [] }).bytes).toString();
    const headers = {
      'content-type': 'application/vnd.oci.image.index.v1+json',
      link: '<?page=next>; rel="next"',
    };
    const fault = { kind: 'status', status: 200, headers, body: index } as const;
    const registry = await openFaulty({ path: /referrers/, times: 'always', fault });
    await expect(openStore(registry).listReferrers(sampleImage('x').manifest.digest)).rejects.toThrow(
      'more than 100 pages',
    );
  });

  test('does not read a page of referrers from another origin', async () => {
    const other = await openRegistry();
    const index = Buffer.from(encodeIndex({ manifests: [] }).bytes).toString();
    const headers = {
      'content-type': 'application/vnd.oci.image.index.v1+json',
      link: `<${other.url}/v2/>; rel="next"`,
    };
    const fault = { kind: 'status', status: 200, headers, body: index } as const;
    const registry = await openFaulty({ path: /referrers/, times: 'always', fault });
    expect(await openStore(registry).listReferrers(sampleImage('x').manifest.digest)).toEqual([]);
    expect(other.log).toEqual([]);
  });

  test('rejects a manifest that the registry has replaced', async () => {
    const [one, two] = [sampleImage('one'), sampleImage('two')];
    const body = Buffer.from(two.manifest.bytes).toString();
    const headers = { 'content-type': one.manifest.mediaType };
    const fault = { kind: 'status', status: 200, headers, body } as const;
    const registry = await openFaulty({ path: /manifests/, times: 'always', fault });
    await expect(openStore(registry).fetchManifest(one.manifest.digest)).rejects.toThrow(
      ContentMismatchError,
    );
    expect((await openStore(registry).fetchManifest('latest')).digest).toBe(two.manifest.digest);
  });

  test('rejects a manifest damaged in transit, even if it is fetched by tag', async () => {
    const registry = await openFaulty({
      method: 'GET',
      path: /manifests/,
      fault: { kind: 'corrupt', atByte: 40 },
    });
    await pushSample(openStore(registry), sampleImage('one'), 'v1');
    await expect(openStore(registry).fetchManifest('v1')).rejects.toThrow(ContentMismatchError);
  });

  test('fetches a manifest again if it is truncated without a declared length', async () => {
    const fault = { kind: 'unannounced', afterBytes: 40 } as const;
    const registry = await openFaulty({ method: 'GET', path: /manifests/, fault });
    const { manifest } = sampleImage('one');
    await pushSample(openStore(registry), sampleImage('one'), 'v1');
    expect((await openStore(registry).fetchManifest(manifest.digest)).digest).toBe(manifest.digest);
  });

  test('fetches a referrers list again if it is truncated without a declared length', async () => {
    const fault = { kind: 'unannounced', afterBytes: 1 } as const;
    const registry = await openFaulty({ method: 'GET', path: /referrers/, fault });
    const image = sampleImage('one');
    await pushSample(openStore(registry), image, 'v1');
    await pushSample(openStore(registry), sampleReferrer(image.manifest, sociIndexType, {}));
    expect(await openStore(registry).listReferrers(image.manifest.digest)).toHaveLength(1);
  });

  test('reports an invalid referrers list with its path, without a retry', async () => {
    const headers = { 'content-type': 'application/vnd.oci.image.index.v1+json' };
    const fault = { kind: 'status', status: 200, headers, body: '{"manifests":1}' } as const;
    const registry = await openFaulty({ path: /referrers/, times: 'always', fault });
    const { digest } = sampleImage('one').manifest;
    await expect(openStore(registry).listReferrers(digest)).rejects.toThrow(
      `manifest: the list at /v2/team/app/referrers/${digest}: `,
    );
    expect(registry.log).toHaveLength(1);
  });

  test('rejects a manifest that is served with a different type from the one it states', async () => {
    const index = encodeIndex({ manifests: [] });
    const headers = { 'content-type': 'application/vnd.oci.image.manifest.v1+json' };
    const body = Buffer.from(index.bytes).toString();
    const registry = await openFaulty({
      path: /manifests/,
      times: 'always',
      fault: { kind: 'status', status: 200, headers, body },
    });
    await expect(openStore(registry).fetchManifest('v1')).rejects.toThrow(FormatError);
  });

  test.each([
    ['parameters', 'application/vnd.oci.image.index.v1+json; charset=utf-8'],
    ['only the JSON type', 'application/json'],
  ])('uses the type in the manifest if the header has %s', async (_title, contentType) => {
    const index = encodeIndex({ manifests: [] });
    const headers = { 'content-type': contentType, 'docker-content-digest': index.digest };
    const body = Buffer.from(index.bytes).toString();
    const fault = { kind: 'status', status: 200, headers, body } as const;
    const registry = await openFaulty({ path: /manifests/, times: 'always', fault });
    expect(await openStore(registry).fetchManifest('v1')).toMatchObject({ mediaType: index.mediaType });
    // The HEAD response does not determine the type, so the manifest is fetched.
    expect(await openStore(registry).resolve('v1')).toEqual({
      mediaType: index.mediaType,
      digest: index.digest,
      size: index.bytes.length,
    });
  });

  test('stops reading a manifest of more than 4 MiB', async () => {
    const fault = { kind: 'status', status: 200, body: ' '.repeat(4_194_305) } as const;
    const registry = await openFaulty({ path: /manifests/, times: 'always', fault });
    await expect(openStore(registry).fetchManifest('v1')).rejects.toThrow(
      'the manifest has more than 4194304 bytes',
    );
  });

  test('reports a missing manifest with registry and repository', async () => {
    const registry = await openRegistry();
    const store = openStore(registry);
    await expect(store.fetchManifest('v9')).rejects.toThrow(`${registry.url}/v2/team/app/manifests/v9`);
    await expect(store.fetchManifest('v9')).rejects.toThrow(NotFoundError);
  });

  test.each(['../../v2/other/manifests/v1', 'v1?x=y', 'a b', '', 'v1\r\nHost: other', 'x'.repeat(129)])(
    'sends no request for a reference that is neither a tag nor a digest: %j',
    async (reference) => {
      const registry = await openRegistry();
      await expect(openStore(registry).fetchManifest(reference)).rejects.toThrow(ConfigError);
      await expect(openStore(registry).listReferrers(reference as Digest)).rejects.toThrow(ConfigError);
      expect(registry.log).toEqual([]);
    },
  );

  test('fails with the reason when aborted, even while it waits for a retry', async () => {
    const registry = await openFaulty({ times: 'always', fault: { kind: 'status', status: 503 } });
    const retryPolicy = {
      maximumAttempts: 3,
      baseDelayMilliseconds: 60_000,
      maximumDelayMilliseconds: 60_000,
      maximumRetryAfterMilliseconds: 0,
    };
    const abort = new AbortController();
    const reason = new Error('out of time');
    const resolved = openStore(registry, { retryPolicy }).resolve('v1', abort.signal);
    while (registry.log.length === 0) await new Promise(setImmediate);
    abort.abort(reason);
    await expect(resolved).rejects.toBe(reason);
  });
});
