// Connects to registries with TLS, including invalid certificates, and through proxies.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { deadHost } from '../helpers/dead-host.ts';
import { type Authority, type Certificate, createAuthority } from '../helpers/certificates.ts';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';
import { createHttpProxy, type HttpProxy, type HttpProxyOptions } from '../helpers/http-proxy.ts';
import { pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { createTlsFront } from '../helpers/tls-front.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';

// Each run starts a process.
jest.setTimeout(60_000);

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();
const authorityFile = join(folder, 'authority.pem');
let authority: Authority;

beforeAll(() => {
  authority = createAuthority();
  writeFileSync(authorityFile, authority.cert);
});

const trusting = { NODE_EXTRA_CA_CERTS: authorityFile };

/** Runs without the machine's proxy settings, and with a Docker config without credentials. */
function run(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Finished> {
  const none = {
    HTTP_PROXY: '',
    HTTPS_PROXY: '',
    NO_PROXY: '',
    http_proxy: '',
    https_proxy: '',
    no_proxy: '',
  };
  return runSociIndex(args, { DOCKER_CONFIG: folder, ...none, ...environment });
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

/** Returns the port of a registry with an image at `v1`. It uses TLS if a certificate is given. */
async function openRegistryWithImage(
  certificate?: Certificate,
): Promise<{ port: number; log: LocalRegistry['log'] }> {
  const registry = await openRegistry();
  await pushImage(openStore(registry), { tag: 'v1' });
  const port = Number(new URL(registry.url).port);
  if (certificate === undefined) return { port, log: registry.log };
  const front = await createTlsFront(port, certificate);
  closers.push(() => front.close());
  return { port: front.port, log: registry.log };
}

const everyLayer = ['--min-layer-size', '0'];

describe('a registry with TLS on loopback', () => {
  test('is indexed and verified with --tls if its authority is trusted', async () => {
    const { port } = await openRegistryWithImage(authority.issue(['127.0.0.1']));
    const image = `127.0.0.1:${port}/${repository}:v1`;
    const indexed = await run(['index', image, '--tls', '--json', ...everyLayer], trusting);
    expect(JSON.parse(indexed.stdout)).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
    const verified = await run(['verify', `${image}-soci`, '--tls', ...everyLayer], trusting);
    expect(verified.exitCode).toBe(0);
  });

  test.each<readonly [string, () => Certificate, Record<string, string>, RegExp]>([
    [
      'of an unknown authority',
      () => authority.issue(['127.0.0.1']),
      {},
      /The certificate of 127\.0\.0\.1:\d+ is signed by an unknown authority\. To trust that authority, .*NODE_EXTRA_CA_CERTS=ca\.pem/,
    ],
    [
      'that has expired',
      () => authority.issue(['127.0.0.1'], new Date('2021-01-01T00:00:00Z')),
      trusting,
      /The certificate of 127\.0\.0\.1:\d+ has expired\./,
    ],
    [
      'for another host',
      () => authority.issue(['registry.test']),
      trusting,
      /The certificate is not valid for 127\.0\.0\.1:\d+\./,
    ],
  ])(
    'with a certificate %s fails with advice after one attempt',
    async (_title, issue, environment, advice) => {
      const { port, log } = await openRegistryWithImage(issue());
      const before = log.length;
      const finished = await run(['index', `127.0.0.1:${port}/${repository}:v1`, '--tls'], environment);
      expect(finished.exitCode).toBe(1);
      expect(finished.stderr).toMatch(advice);
      expect(finished.stderr).toContain('(attempt 1)');
      expect(log).toHaveLength(before);
    },
  );

  test('requires --tls, and the error suggests it', async () => {
    const { port } = await openRegistryWithImage(authority.issue(['127.0.0.1']));
    const finished = await run(['inspect', `127.0.0.1:${port}/${repository}:v1`], trusting);
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain('If it uses TLS, leave out --plain-http; on loopback, add --tls');
  });

  test.each(['index', 'inspect', 'verify', 'doctor', 'wait'])(
    '%s rejects --tls with --plain-http before any request',
    async (command) => {
      const registry = await openRegistry();
      const image = `${registry.host}/${repository}:v1`;
      const finished = await run([command, image, '--tls', '--plain-http']);
      expect(finished.exitCode).toBe(2);
      expect(finished.stderr).toContain('--tls and --plain-http cannot be used together');
      expect(registry.log).toEqual([]);
    },
  );
});

describe('through a proxy', () => {
  const openProxy = async (options: HttpProxyOptions): Promise<HttpProxy> => {
    const proxy = await createHttpProxy(options);
    closers.push(() => proxy.close());
    return proxy;
  };

  test.each(['HTTPS_PROXY', 'https_proxy'])(
    'HTTPS uses a tunnel through the proxy in %s',
    async (variable) => {
      const { port } = await openRegistryWithImage(authority.issue(['registry.test']));
      const proxy = await openProxy({ portOf: () => port });
      const environment = { ...trusting, [variable]: `http://user:p%40ss@${proxy.host}` };
      const image = `registry.test/${repository}:v1`;
      const finished = await run(['index', image, '--json', ...everyLayer], environment);
      expect(JSON.parse(finished.stdout)).toMatchObject({ image, status: 'indexed' });
      expect(new Set(proxy.requests)).toEqual(new Set(['CONNECT registry.test:443']));
      expect(new Set(proxy.authorizations)).toEqual(
        new Set([`Basic ${Buffer.from('user:p@ss').toString('base64')}`]),
      );
    },
  );

  test("the registry's certificate is checked through the proxy, including for an IP address", async () => {
    const { port } = await openRegistryWithImage(authority.issue(['192.0.2.7', '127.0.0.2']));
    const proxy = await openProxy({ portOf: () => port });
    const environment = { ...trusting, HTTPS_PROXY: `http://${proxy.host}` };
    const right = await run(['inspect', `192.0.2.7/${repository}:v1`], environment);
    expect(right).toMatchObject({ exitCode: 0 });
    const wrong = await run(['inspect', `192.0.2.8/${repository}:v1`], environment);
    expect(wrong.stderr).toContain('The certificate is not valid for 192.0.2.8.');
  });

  test.each([
    ['HTTP_PROXY', ''],
    ['http_proxy', 'http://'],
  ])('plain HTTP uses the proxy in %s, written as %sHOST:PORT', async (variable, scheme) => {
    const { port } = await openRegistryWithImage();
    const proxy = await openProxy({ portOf: () => port });
    const image = `registry.test:8080/${repository}:v1`;
    const finished = await run(['index', image, '--plain-http', '--json', ...everyLayer], {
      [variable]: `${scheme}${proxy.host}`,
    });
    expect(JSON.parse(finished.stdout)).toMatchObject({ image, status: 'indexed' });
    expect(proxy.requests).toContain(`GET http://registry.test:8080/v2/${repository}/manifests/v1`);
    expect(proxy.requests.every((request) => / http:\/\/registry\.test:8080\/v2\//.test(request))).toBe(true);
  });

  test('loopback and hosts in NO_PROXY are reached directly', async () => {
    const { port } = await openRegistryWithImage();
    const proxy = await openProxy({ portOf: () => 1 });
    const environment = { HTTP_PROXY: `http://${proxy.host}`, HTTPS_PROXY: `http://${proxy.host}` };
    const direct = await run(['inspect', `127.0.0.1:${port}/${repository}:v1`], environment);
    expect(direct.exitCode).toBe(0);
    const unnamed = await run(['inspect', `registry.invalid/${repository}:v1`], {
      ...environment,
      NO_PROXY: 'other.test,.invalid',
    });
    expect(unnamed.stderr).toContain('registry.invalid');
    expect(proxy.requests).toEqual([]);
  });

  test.each([
    [
      403,
      /the proxy 127\.0\.0\.1:\d+ refused a connection to registry\.test:443 with status 403 \(attempt 1\)/,
    ],
    [
      407,
      /the proxy 127\.0\.0\.1:\d+ refused a connection to registry\.test:443 with status 407: .*password/,
    ],
    [
      503,
      /the proxy 127\.0\.0\.1:\d+ refused a connection to registry\.test:443 with status 503 \(attempt 6\)/,
    ],
  ])('an error names a proxy that refuses with %i', async (refusal, message) => {
    const proxy = await openProxy({ portOf: () => 1, refusal });
    const HTTPS_PROXY = `http://user:hunter22@${proxy.host}`;
    const finished = await run(['inspect', `registry.test/${repository}:v1`], { HTTPS_PROXY, DEBUG: '*' });
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toMatch(message);
    expect(finished.stderr).toContain("Check the proxy's URL in HTTPS_PROXY or HTTP_PROXY");
    expect(finished.stderr).not.toContain('hunter22');
    expect(proxy.requests.every((request) => request.startsWith('CONNECT '))).toBe(true);
  });

  test('an error names a proxy that refuses plain HTTP', async () => {
    const proxy = await openProxy({ portOf: () => 1, refusal: 407 });
    const finished = await run(['inspect', `registry.test/${repository}:v1`, '--plain-http'], {
      HTTP_PROXY: proxy.host,
    });
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toMatch(/status 407, .* through the proxy 127\.0\.0\.1:\d+ /);
  });

  test('an error names an unreachable proxy', async () => {
    const finished = await run(['inspect', `registry.test/${repository}:v1`], { HTTPS_PROXY: deadHost });
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain(`the proxy ${deadHost} cannot be reached: connect ECONNREFUSED`);
  });

  test.each(['socks5://user:hunter22@127.0.0.1:1', 'http://', '//'])(
    'an invalid proxy is invalid usage, and its value is not shown: %s',
    async (value) => {
      const finished = await run(['inspect', `registry.test/${repository}:v1`], { HTTPS_PROXY: value });
      expect(finished.exitCode).toBe(2);
      expect(finished.stderr).toContain('HTTPS_PROXY is not the URL of an HTTP proxy');
      expect(finished.stderr).not.toContain('hunter22');
    },
  );

  test('an error of an AWS call names a proxy that refuses', async () => {
    const proxy = await openProxy({ portOf: () => 1, refusal: 403 });
    const finished = await run(
      ['redrive', 'https://sqs.eu-west-1.amazonaws.com/111122223333/failures', '--function', 'soci-filter'],
      {
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'secret-access-key',
        HTTPS_PROXY: proxy.host,
      },
    );
    expect(finished.exitCode).toBe(1);
    expect(finished.stderr).toContain(
      `the proxy ${proxy.host} refused a connection to sqs.eu-west-1.amazonaws.com:443 with status 403`,
    );
    expect(proxy.requests).toEqual(['CONNECT sqs.eu-west-1.amazonaws.com:443']);
  });
});
