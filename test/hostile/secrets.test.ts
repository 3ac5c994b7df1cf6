// The command line's output contains no secret, in success and in every kind of failure: no password, no token, no
// presigned URL, even if a registry echoes what we sent. (With NODE_DEBUG=http, Node itself prints what it sends, which
// is the purpose of that variable; SECURITY.md says so.) The functions' output is tested in test/handlers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { type FaultPlan, planFaults } from '../helpers/registry-faults/faults.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';
import { pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { useRegistries } from '../registry/registries.ts';
import { findSecrets } from './secret-search.ts';

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();
const repository = 'team/app';
const username = 'somebody';
const password = 'correct-horse/battery+staple';
const token = 'token-that-a-service-gave-7f3a';
const identityToken = 'identity-token-of-a-login-91bc';
const signature = 'signature-of-an-address-55de';
const secrets = [password, `${username}:${password}`, token, identityToken, signature];
/**
 * What local-registry puts into its redirects. The name of an upload session is not a secret, because it is useless
 * without a password.
 */
const redirectSecret = /X-Amz-Signature/;

const printed: string[] = [];

async function run(
  args: readonly string[],
  environment: Record<string, string> = {},
  input = password,
): Promise<Finished> {
  const finished = await runSociIndex(args, { DOCKER_CONFIG: folder, ...environment }, input);
  printed.push(finished.stdout, finished.stderr);
  return finished;
}

const asUser = ['--username', username, '--password-stdin'];
const access = { scheme: 'basic', username, password } as const;

describe('findSecrets', () => {
  test.each([
    ['plain', `a ${password} b`],
    ['in a header', Buffer.from(`${username}:${password}`).toString('base64')],
    ['in base64 after another name', Buffer.from(`xy:${password}:z`).toString('base64')],
    ['in base64 after a longer name', Buffer.from(`xyz:${password}`).toString('base64')],
    ['in a URL', `?password=${encodeURIComponent(password)}&`],
    ['in hexadecimal', Buffer.from(password).toString('hex')],
  ])('finds a password %s', (_, text) => {
    expect(findSecrets(text, [password])).toEqual([password]);
  });

  test('finds nothing in a text without secrets', () => {
    expect(findSecrets('correct horse, battery and staple', secrets)).toEqual([]);
  });
});

describe('a registry that echoes what it received', () => {
  const words = `you sent Basic ${Buffer.from(`${username}:${password}`).toString('base64')}, that is ${password}`;
  const body = JSON.stringify({ errors: [{ code: 'DENIED', message: words }] });

  const steps: readonly (readonly [string, Omit<FaultPlan, 'fault'>])[] = [
    // Before the first response, nothing has been sent that the registry could echo.
    ['its manifest is requested', { method: 'GET', path: /manifests/, times: [2, 3, 4] }],
    ['a blob is requested', { method: 'GET', path: /blobs/, times: 'always' }],
    ['the existence of a blob is checked', { method: 'HEAD', path: /blobs/, times: 'always' }],
    ['an upload starts', { method: 'POST', path: /blobs\/uploads/, times: 'always' }],
    ['an upload ends', { method: 'PUT', path: /blobs\/uploads/, times: 'always' }],
    ['a manifest is pushed', { method: 'PUT', path: /manifests/, times: 'always' }],
  ];

  test.each(steps)('reveals no secret when %s', async (_, plan) => {
    let faults = planFaults([]);
    const registry = await openRegistry({ access, faults: (request) => faults(request) });
    const credentials = () => Promise.resolve({ kind: 'password', username, password } as const);
    const store = new RegistryStore({ registry: registry.host, repository, credentials });
    await pushImage(store, { tag: 'v1' });
    const index = (options: readonly string[], environment: Record<string, string>): Promise<Finished> => {
      faults = planFaults([{ ...plan, fault: { kind: 'status', status: 400, body } }]);
      const image = `${registry.host}/${repository}:v1`;
      return run(['index', image, '--min-layer-size', '0', ...options, ...asUser], environment);
    };
    const words = await index([], {});
    const json = await index(['--json'], { DEBUG: '*' });
    // A rejected HEAD is repeated as a GET.
    const exitCode = plan.method === 'HEAD' ? 0 : 1;
    expect([words.exitCode, json.exitCode]).toEqual([exitCode, exitCode]);
    if (plan.method !== 'HEAD') expect(words.stderr).toMatch(/status 400/);
    // The response to a HEAD has no body.
    if (plan.method !== 'HEAD') {
      expect(words.stderr).toContain('you sent Basic [secret], that is [secret]');
      expect(JSON.parse(json.stdout)).toMatchObject({ status: 'failed' });
    }
  });
});

describe('presigned URLs', () => {
  test('are followed without being printed', async () => {
    const registry = await openRegistry({ access, redirectBlobs: true });
    const credentials = () => Promise.resolve({ kind: 'password', username, password } as const);
    const store = new RegistryStore({ registry: registry.host, repository, credentials });
    await pushImage(store, { tag: 'v1' });
    const image = `${registry.host}/${repository}:v1`;
    const indexed = await run(['index', image, '--min-layer-size', '0', ...asUser]);
    const inspected = await run(['inspect', `${image}-soci`, '--json', ...asUser]);
    expect([indexed.exitCode, inspected.exitCode]).toEqual([0, 0]);
    expect(registry.log.some(({ origin }) => origin === 'storage')).toBe(true);
  });

  test('of upload sessions are printed without their signature', async () => {
    const location = `/v2/${repository}/blobs/uploads/session?_state=${signature}`;
    let faults = planFaults([]);
    const registry = await openRegistry({ faults: (request) => faults(request) });
    await pushImage(new RegistryStore({ registry: registry.host, repository }), { tag: 'v1' });
    faults = planFaults([
      { method: 'POST', times: 'always', fault: { kind: 'status', status: 202, headers: { location } } },
      { method: 'PUT', path: /uploads/, times: 'always', fault: { kind: 'status', status: 400 } },
    ]);
    const { stderr } = await run(['index', `${registry.host}/${repository}:v1`, '--min-layer-size', '0']);
    expect(stderr).toMatch(/PUT http:[^ ?]*\/blobs\/uploads\/session: status 400/);
  });

  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.closeAllConnections();
  });
  const listen = async (answer: Parameters<typeof createServer>[1]): Promise<string> => {
    const server = createServer(answer);
    servers.push(server);
    server.unref();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test.each<readonly [string, (storage: string) => string]>([
    ['because the storage rejects it', (storage) => `http://${storage}/x?X-Amz-Signature=${signature}`],
    ['because the server speaks no TLS', (storage) => `https://${storage}/x?X-Amz-Signature=${signature}`],
    ['because it points to a file', () => `file:///x?X-Amz-Signature=${signature}`],
    [
      'with a password in the URL',
      (storage) => `http://${username}:${password}@${storage}/x?X-Amz-Signature=${signature}`,
    ],
  ])('stay secret if a request fails %s', async (_, locationOf) => {
    const storage = await listen((request, response) => {
      const url = request.url ?? '';
      response
        .writeHead(404)
        .end(JSON.stringify({ errors: [{ code: 'DENIED', message: 'no such key' }], url }));
    });
    const registry = await listen((_request, response) => {
      response.writeHead(307, { location: locationOf(storage) }).end();
    });
    const { exitCode, stderr } = await run(['inspect', `${registry}/${repository}:v1`, ...asUser]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`http://${registry}/v2/${repository}/manifests/v1`);
  });

  test('tokens that a registry echoes stay secret, too', async () => {
    // The registry is its own token service, and echoes everything that it receives.
    const registry = await listen((request, response) => {
      const realm = `http://${request.headers.host ?? ''}/token`;
      const { authorization = '' } = request.headers;
      request.resume();
      if (request.url?.startsWith('/token') === true) response.end(JSON.stringify({ token, expires_in: 60 }));
      else if (!authorization.startsWith('Bearer')) {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();
      } else {
        const message = `you sent ${authorization}, by ${identityToken} or ${password}`;
        response.writeHead(403).end(JSON.stringify({ errors: [{ code: 'DENIED', message }] }));
      }
    });
    const image = `${registry}/${repository}:v1`;
    const directory = join(folder, 'login');
    mkdirSync(directory);
    writeFileSync(
      join(directory, 'config.json'),
      JSON.stringify({ auths: { [registry]: { identitytoken: identityToken } } }),
    );
    const byLogin = await run(['index', image, '--json'], { DOCKER_CONFIG: directory });
    expect(byLogin.stderr).toContain('you sent Bearer [secret], by [secret] or');
    printed.splice(printed.length - 2, 2);
    // The client does not know the password when it logs in with a token, so it cannot redact it. Only this registry
    // knows it.
    expect(findSecrets(byLogin.stdout + byLogin.stderr, [token, identityToken])).toEqual([]);
  });
});

describe('invalid settings', () => {
  test.each<readonly [string, string]>([
    [
      'invalid JSON',
      `{"auths": {"registry.example": {"auth": "${Buffer.from(`u:${password}`).toString('base64')}"`,
    ],
    [
      'an invalid auth',
      `{"auths":{"registry.example":{"auth":"${Buffer.from(password).toString('base64')}"}}}`,
    ],
    ['auths of the wrong type', `{"auths":"${password}"}`],
  ])('are reported without being printed: %s', async (title, config) => {
    const registry = await openRegistry({ access });
    const directory = join(folder, title.replaceAll(' ', '-'));
    mkdirSync(directory);
    writeFileSync(join(directory, 'config.json'), config);
    const image = `${registry.host}/${repository}:v1`;
    const { exitCode, stderr } = await run(['inspect', image], { DOCKER_CONFIG: directory });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('config.json');
  });

  test('a password in place of an image name is not treated as a secret', async () => {
    const { exitCode } = await run(['inspect', `${username}:${password}@registry.example/app:v1`]);
    expect(exitCode).toBe(2);
    // The error quotes the user's own input, which is visible on the line above in a terminal.
    printed.splice(printed.length - 2, 2);
  });
});

afterAll(() => {
  expect(printed.length).toBeGreaterThan(30);
  expect(printed.filter((text) => findSecrets(text, secrets).length > 0)).toEqual([]);
  expect(printed.filter((text) => redirectSecret.test(text))).toEqual([]);
});
