import { describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { planFaults } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryAuthorization } from '../../lambda-src/registry/authorization.ts';
import type { Credentials, CredentialsProvider } from '../../lambda-src/registry/credentials.ts';
import { Transport } from '../../lambda-src/registry/transport.ts';
import { bytesOf, describeBlob, pushSample, readAll, sampleImage } from '../content/sample-content.ts';
import { turnTimers } from '../helpers/turn-timers.ts';
import { openStore, quickTimeouts, repository, summarize, useRegistries } from './registries.ts';

const password = 'correct-horse-battery';
const known: Credentials = { kind: 'password', username: 'robot', password };
const bearer = { scheme: 'bearer', username: 'robot', password } as const;
const basic = { scheme: 'basic', username: 'robot', password } as const;

function give(credentials: Credentials | undefined): CredentialsProvider {
  return () => Promise.resolve(credentials);
}

function authorizations(registry: LocalRegistry): string[] {
  return registry.log.map(({ origin, authorization }) => `${origin} ${authorization ?? 'none'}`);
}

describe('authorization', () => {
  const openRegistry = useRegistries();

  test('sends a password only after the registry has requested it, and then with every request', async () => {
    const registry = await openRegistry({ access: basic });
    const store = openStore(registry, { credentials: give(known) });
    await store.resolve('v1');
    await store.resolve('v1');
    expect(authorizations(registry)).toEqual(['registry none', 'registry basic', 'registry basic']);
  });

  test('requests one token for reading and one for writing, and reuses both', async () => {
    const registry = await openRegistry({ access: bearer });
    const store = openStore(registry, { credentials: give(known) });
    const image = sampleImage('one');
    await pushSample(store, image, 'v1');
    await store.fetchManifest('v1');
    await store.fetchManifest('v1');
    expect(summarize(registry.log).filter((line) => line.includes('token'))).toEqual([
      'GET token 200',
      'GET token 200',
    ]);
  });

  test('requests a token only once for concurrent requests', async () => {
    const registry = await openRegistry({ access: bearer });
    const store = openStore(registry, { credentials: give(known) });
    await Promise.all(['a', 'b', 'c', 'd'].map((tag) => store.resolve(tag)));
    expect(summarize(registry.log).filter((line) => line.includes('token'))).toHaveLength(1);
  });

  test('renews a token once if it expires during the work', async () => {
    const registry = await openRegistry({ access: bearer });
    const store = openStore(registry, { credentials: give(known) });
    await store.resolve('v1');
    registry.expireTokens();
    const before = registry.log.length;
    expect(await store.resolve('v1')).toBeUndefined();
    expect(summarize(registry.log.slice(before))).toEqual([
      'HEAD manifests 401',
      'GET token 200',
      'HEAD manifests 404',
    ]);
  });

  test('resumes a download after its token has expired', async () => {
    const content = bytesOf('0123456789');
    const registry = await openRegistry({
      access: bearer,
      faults: planFaults([
        { path: /blobs\/sha256/, times: [2], fault: { kind: 'truncate', afterBytes: 4 } },
        { path: /blobs\/sha256/, times: [3], fault: { kind: 'status', status: 401 } },
      ]),
    });
    registry.serveBlob(repository, describeBlob(content).digest, content);
    const store = openStore(registry, { credentials: give(known) });
    expect(await readAll(store.fetchBlob(describeBlob(content)))).toEqual(content);
  });

  test('requests credentials again after the password has expired, which ECR reports as 403', async () => {
    const registry = await openRegistry({
      ...ecrWays,
      faults: planFaults([{ method: 'HEAD', times: [3], fault: { kind: 'status', status: 403 } }]),
    });
    let asked = 0;
    const credentials: CredentialsProvider = () => {
      asked++;
      // The first password is a different one, so its header is different too.
      return Promise.resolve({
        kind: 'password',
        username: 'AWS',
        password: asked === 2 ? ecrWays.access.password : 'expired-password',
      });
    };
    const store = openStore(registry, { credentials });
    await expect(store.resolve('v1')).rejects.toThrow('status 401');
    expect(await store.resolve('v1')).toBeUndefined();
    expect(asked).toBe(2);
  });

  test('sends a wrong password once, and does not retry', async () => {
    const registry = await openRegistry({ access: basic });
    const store = openStore(registry, { credentials: give({ ...known, password: 'wrong-password' }) });
    await expect(store.resolve('v1')).rejects.toThrow(/HEAD .*\/manifests\/v1: status 401, .*\(attempt 1\)/);
    expect(authorizations(registry)).toEqual(['registry none', 'registry basic']);
    await expect(store.resolve('v1')).rejects.toThrow('status 401');
    expect(registry.log).toHaveLength(3);
  });

  test('does not mistake an access error of the storage for one of the registry', async () => {
    const content = bytesOf('content');
    const registry = await openRegistry({
      access: bearer,
      redirectBlobs: true,
      faults: planFaults([{ path: /^\/team/, fault: { kind: 'status', status: 403 } }]),
    });
    registry.serveBlob(repository, describeBlob(content).digest, content);
    const store = openStore(registry, { credentials: give(known) });
    await store.resolve('v1');
    await readAll(store.fetchBlob(describeBlob(content)));
    expect(summarize(registry.log).filter((line) => line.includes('token'))).toHaveLength(1);
  });

  test('requests the scope that the registry names if it differs from the expected one', async () => {
    const scopes: unknown[] = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://registry');
      const isToken = url.pathname === '/token';
      if (isToken) scopes.push(url.searchParams.get('scope'));
      const challenge = 'Bearer realm="/token",scope="repository:mirror/team/app:pull"';
      response.writeHead(isToken ? 200 : 401, isToken ? {} : { 'www-authenticate': challenge });
      response.end(isToken ? '{"token":"a-token"}' : '');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await expect(openStore({ host }).resolve('v1')).rejects.toThrow('status 401');
    server.close();
    server.closeAllConnections();
    expect(scopes).toEqual(['repository:mirror/team/app:pull']);
  });

  test('reports a wrong password that the token service rejects', async () => {
    const registry = await openRegistry({ access: bearer });
    const store = openStore(registry, { credentials: give({ ...known, password: 'wrong-password' }) });
    await expect(store.resolve('v1')).rejects.toThrow(
      /GET http:\/\/127.0.0.1:\d+\/token: status 401, from the token service \(attempt 1\)/,
    );
  });

  test('needs no credentials for public content', async () => {
    const registry = await openRegistry({ access: { ...bearer, anonymousPull: true } });
    const store = openStore(registry);
    expect(await store.resolve('v1')).toBeUndefined();
    expect(authorizations(registry)).toEqual(['registry none', 'storage none', 'registry bearer']);
    const content = bytesOf('content');
    await expect(store.pushBlob(describeBlob(content), content)).rejects.toThrow('status 401');
  });

  test('fails if access is denied without credentials', async () => {
    const registry = await openRegistry({ access: basic });
    await expect(openStore(registry).resolve('v1')).rejects.toThrow('status 401');
    expect(registry.log).toHaveLength(1);
  });

  test('sends an identity token in place of a password', async () => {
    const registry = await openRegistry({ access: bearer });
    const identityToken = 'local-registry-identity-token';
    const store = openStore(registry, { credentials: give({ kind: 'identity-token', identityToken }) });
    expect(await store.resolve('v1')).toBeUndefined();
    expect(registry.log[1]).toMatchObject({ method: 'POST', path: '/token', authorization: undefined });
  });

  test('does not send credentials to another origin after a redirect', async () => {
    const content = bytesOf('content');
    const registry = await openRegistry({ ...ecrWays });
    registry.serveBlob(repository, describeBlob(content).digest, content);
    const credentials = give({ kind: 'password', username: 'AWS', password: ecrWays.access.password });
    await readAll(openStore(registry, { credentials }).fetchBlob(describeBlob(content)));
    expect(authorizations(registry)).toEqual(['registry none', 'registry basic', 'storage none']);
  });

  test('sends credentials after a redirect within the registry', async () => {
    const registry = await openRegistry({
      access: basic,
      faults: planFaults([
        { path: /v1$/, times: [2], fault: { kind: 'status', status: 307, headers: { location: 'v2' } } },
      ]),
    });
    const store = openStore(registry, { credentials: give(known) });
    await store.resolve('v1');
    expect(registry.log.at(-1)).toMatchObject({ path: '/v2/team/app/manifests/v2', authorization: 'basic' });
  });

  test.each([
    ['missing', 'Bearer service="x"', 'does not name a token service'],
    ['a file URL', 'Bearer realm="file:///etc/passwd"', 'to a file: URL'],
    ['an invalid URL', 'Bearer realm="http://["', 'does not name a token service'],
  ])('does not send a token request if the realm is %s', async (_title, challenge, problem) => {
    const headers = { 'www-authenticate': challenge };
    const registry = await openRegistry({
      faults: planFaults([{ times: 'always', fault: { kind: 'status', status: 401, headers } }]),
    });
    const error: unknown = await openStore(registry, { credentials: give(known) })
      .resolve('v1')
      .catch((e: unknown) => e);
    expect(String(error)).toContain(problem);
    expect(registry.log).toHaveLength(1);
  });

  test.each([
    ['invalid JSON', '<html>'],
    ['no token', '{}'],
    ['null', 'null'],
    ['a token that contains a line break', '{"token":"a\\r\\nHost: other"}'],
    ['a token that is a number', '{"token":5}'],
    ['an oversized token', `{"token":"${'x'.repeat(70_000)}"}`],
  ])('fails if the token service responds with %s', async (_title, body) => {
    const registry = await openRegistry({
      access: bearer,
      faults: planFaults([{ path: /token/, times: 'always', fault: { kind: 'status', status: 200, body } }]),
    });
    await expect(openStore(registry, { credentials: give(known) }).resolve('v1')).rejects.toThrow(
      'answered without a usable token (attempt 1)',
    );
  });

  test('retries if the token service is unavailable', async () => {
    const registry = await openRegistry({
      access: bearer,
      faults: planFaults([{ path: /token/, times: [1, 2], fault: { kind: 'status', status: 503 } }]),
    });
    expect(await openStore(registry, { credentials: give(known) }).resolve('v1')).toBeUndefined();
  });

  // In the last tenth of its lifetime, a token could expire in transit, and the registry would reject a valid request.
  test.each<readonly [string, number, number]>([
    ['is reused during the first nine tenths of its lifetime', 899, 1],
    ['is not reused after nine tenths of its lifetime', 900, 2],
  ])('a token of 1,000 seconds %s', async (_, seconds, tokens) => {
    const body = '{"token":"a-token","expires_in":1000}';
    const registry = await openRegistry({
      access: bearer,
      faults: planFaults([{ path: /token/, times: 'always', fault: { kind: 'status', status: 200, body } }]),
    });
    let now = 1_000_000;
    const authorization = new RegistryAuthorization(
      new URL(registry.url),
      repository,
      new Transport(quickTimeouts, turnTimers),
      give(known),
      () => now,
    );
    await authorization.renew('pull', undefined, `Bearer realm="${registry.url}/token",service="a"`);
    now += seconds * 1000;
    expect(await authorization.header('pull')).toBe('Bearer a-token');
    expect(summarize(registry.log)).toEqual(new Array(tokens).fill('GET token 200'));
  });

  test('redacts secrets in an error, even if the registry repeats them', async () => {
    const encoded = Buffer.from(`robot:${password}`).toString('base64');
    const message = `you sent Basic ${encoded}, that is ${password}`;
    const body = JSON.stringify({ errors: [{ code: 'DENIED', message }] });
    const registry = await openRegistry({
      access: basic,
      faults: planFaults([{ times: [2], fault: { kind: 'status', status: 400, body } }]),
    });
    const store = openStore(registry, { credentials: give(known) });
    const error = (await store.fetchManifest('v1').catch((e: unknown) => e)) as Error;
    expect(error.message).toContain('status 400, DENIED: you sent Basic [secret], that is [secret]');
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(password);
  });
});
