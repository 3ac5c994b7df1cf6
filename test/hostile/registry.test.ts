// A hostile registry, tested through RegistryStore. The address 0.0.0.0 represents another machine here: the client does
// not consider it the loopback interface, although it leads there.
//
// Tested elsewhere: the rules themselves (test/registry/redirect.test.ts, network-address.test.ts), names that lead to
// this machine (network-address.test.ts), which origins receive credentials (authorization.test.ts, blob-upload.test.ts),
// endless bodies (transport.test.ts, registry-store.test.ts), endless pages (registry-store.test.ts), and false digests
// and lengths (blob-download.test.ts).
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSocketServer, type AddressInfo, type Server as SocketServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { readAll } from '../content/sample-content.ts';
import { blobOf, ociTypes } from '../helpers/images.ts';
import { turnTimers } from '../helpers/turn-timers.ts';
import { quickRetries, quickTimeouts } from '../registry/registries.ts';

const username = 'somebody';
const password = 'never-to-be-seen';
const basic = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

interface Seen {
  readonly path: string;
  readonly authorization: string | undefined;
}

const opened: (Server | SocketServer)[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
});

async function listen(
  address: string,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly host: string; readonly seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    seen.push({ path: request.url ?? '', authorization: request.headers.authorization });
    request.resume();
    answer(request, response);
  });
  opened.push(server);
  server.listen(0, address);
  await once(server, 'listening');
  return { host: `${address}:${(server.address() as AddressInfo).port}`, seen };
}

function openStore(host: string): RegistryStore {
  return new RegistryStore({
    registry: host,
    repository: 'team/app',
    scheme: 'http',
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
    retryPolicy: quickRetries,
    timeouts: quickTimeouts,
    timers: turnTimers,
  });
}

const blob = blobOf(Buffer.from('content'), ociTypes.gzip);
const { digest } = blob.descriptor;

type Use = (store: RegistryStore) => Promise<unknown>;
const uses: readonly (readonly [string, Use])[] = [
  ['a blob', (store) => readAll(store.fetchBlob(blob.descriptor))],
  ['a manifest', (store) => store.fetchManifest('v1')],
  ['what a tag points to', (store) => store.resolve('v1')],
  ['referrers', (store) => store.listReferrers(digest)],
  ['an upload', (store) => store.pushBlob(blob.descriptor, blob.bytes)],
];

async function failureOf(work: Promise<unknown>): Promise<RegistryError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(RegistryError);
  return error as RegistryError;
}

describe('a remote registry', () => {
  /** Where the registry must not send us; HOST is a server on this machine. */
  const targets = [
    'http://HOST/latest/meta-data/iam/security-credentials/',
    'http://localhost:PORT/',
    'http://127.1:PORT/',
    'http://0x7f000001:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://169.254.170.2/v2/credentials',
    'http://[fd00:ec2::254]/latest/meta-data/',
    'file:///proc/self/environ',
    'gopher://HOST/',
  ];

  test.each(uses)('cannot redirect %s to this machine, its network link or its files', async (_, use) => {
    const victim = await listen('127.0.0.1', (__, response) => response.end('secret'));
    for (const target of targets) {
      const location = target.replace('HOST', victim.host).replace('PORT', victim.host.split(':')[1]!);
      const registry = await listen('0.0.0.0', (__, response) => response.writeHead(307, { location }).end());
      const error = await failureOf(use(openStore(registry.host)));
      expect({ target, words: error.message }).toEqual({
        target,
        words: expect.stringMatching(
          /status 307, a redirect to (an address of this machine or its network link|a file: URL|a gopher: URL) \(attempt 1\)$/,
        ) as unknown,
      });
      expect(error.transient).toBe(false);
    }
    expect(victim.seen).toEqual([]);
  });

  test('cannot move an upload to this machine, which receives neither content nor password', async () => {
    const victim = await listen('127.0.0.1', (_, response) => response.writeHead(201).end());
    for (const location of [`http://${victim.host}/upload`, 'http://169.254.169.254/x', 'file:///tmp/x']) {
      const registry = await listen('0.0.0.0', ({ method }, response) => {
        if (method === 'POST') response.writeHead(202, { location }).end();
        else response.writeHead(404).end();
      });
      const error = await failureOf(openStore(registry.host).pushBlob(blob.descriptor, blob.bytes));
      expect(error.message).toMatch(
        /the registry sends the upload to (an address of this machine|a file: URL)/,
      );
    }
    expect(victim.seen).toEqual([]);
  });

  test('cannot name a token service on this machine, which receives no password', async () => {
    const victim = await listen('127.0.0.1', (_, response) => response.end('{"token":"t"}'));
    for (const realm of [`http://${victim.host}/token`, 'http://169.254.169.254/', 'file:///etc/passwd']) {
      const registry = await listen('0.0.0.0', (_, response) => {
        response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();
      });
      const error = await failureOf(openStore(registry.host).fetchManifest('v1'));
      expect(error.message).not.toContain(password);
      expect(error.message).toMatch(
        /redirects token requests to (an address of this machine|a file: URL|a gopher: URL)/,
      );
    }
    expect(victim.seen).toEqual([]);
  });

  test('cannot continue its list of referrers on this machine', async () => {
    const victim = await listen('127.0.0.1', (_, response) => response.end());
    const registry = await listen('0.0.0.0', (_, response) => {
      response.writeHead(200, {
        'content-type': ociTypes.index,
        link: `<http://${victim.host}/more>; rel="next"`,
      });
      response.end('{"schemaVersion":2,"manifests":[]}');
    });
    expect(await openStore(registry.host).listReferrers(digest)).toEqual([]);
    expect(victim.seen).toEqual([]);
  });

  test('receives the password itself when it requires one, so the tests above would detect a leak', async () => {
    const registry = await listen('0.0.0.0', ({ headers }, response) => {
      if (headers.authorization !== undefined) response.writeHead(404).end();
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    });
    expect(await openStore(registry.host).resolve('v1')).toBeUndefined();
    expect(registry.seen.map(({ authorization }) => authorization)).toEqual([undefined, basic]);
  });
});

describe('a response that is not valid HTTP', () => {
  test.each<readonly [string, string]>([
    [
      'a header that would become two',
      'HTTP/1.1 307 X\r\nLocation: /a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
    ],
    ['a header with a NUL', 'HTTP/1.1 307 X\r\nLocation: /a\0b\r\nContent-Length: 0\r\n\r\n'],
    ['endless headers', `HTTP/1.1 200 X\r\n${`X-A: ${'a'.repeat(1000)}\r\n`.repeat(100)}\r\n`],
    ['two content lengths', 'HTTP/1.1 200 X\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['an invalid content length', 'HTTP/1.1 200 X\r\nContent-Length: -1\r\n\r\n'],
    [
      'chunks and a content length',
      'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n',
    ],
    ['an invalid chunk size', 'HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ])('(%s) fails the request with a one-line message', async (_, answer) => {
    const server = createSocketServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(answer, 'latin1'));
    });
    opened.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(openStore(`127.0.0.1:${port}`).fetchManifest('v1'));
    expect(error.message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/manifests\/v1: [ -~]+ \(attempt \d\)$/,
    );
  });

  test('an endless error text or one with control characters becomes one short line', async () => {
    const message = `\u001b[2J\r\nforged: line \u202e${'x'.repeat(50_000)}`;
    const bodies = [
      JSON.stringify({ errors: [{ code: 'DENIED', message }] }),
      'y'.repeat(1_000_000),
      '{"errors":[null]}',
    ];
    for (const body of bodies) {
      const registry = await listen('127.0.0.1', (_, response) => response.writeHead(403).end(body));
      const { message: words } = await failureOf(openStore(registry.host).fetchManifest('v1'));
      expect(words.length).toBeLessThan(500);
      expect(words).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('a malicious name', () => {
  const store = openStore('registry.example');

  test.each(['v1\r\nX-Evil: 1', '../../other/manifests/v1', 'v1?x=y', '%2e%2e', '', 'x'.repeat(129)])(
    'the tag %j causes no request',
    async (tag) => {
      await expect(store.fetchManifest(tag)).rejects.toThrow(ConfigError);
    },
  );

  test.each(['sha256:../../x', `sha256:${'a'.repeat(64)}/../x`, 'sha256:\r\n'])(
    'the digest %j causes no request',
    async (hostile) => {
      const target = { mediaType: ociTypes.gzip, digest: hostile as Digest, size: 1 };
      await expect(store.listReferrers(target.digest)).rejects.toThrow(ConfigError);
      await expect(store.pushBlob(target, new Uint8Array(1))).rejects.toThrow();
      await expect((async () => readAll(store.fetchBlob(target)))()).rejects.toThrow(ConfigError);
    },
  );

  test.each([
    'registry.example/../x',
    'registry.example@evil.example',
    'user:password@registry.example',
    'registry.example\r\nHost: x',
    'registry.example#',
    '',
  ])('the registry %j is invalid', (registry) => {
    expect(() => new RegistryStore({ registry, repository: 'team/app' })).toThrow(ConfigError);
  });

  test.each(['../x', 'a//b', 'a/../b', 'a\r\nb', 'A', 'a?b', 'a%2fb'])(
    'the repository %j is invalid',
    (repository) => {
      expect(() => new RegistryStore({ registry: 'registry.example', repository })).toThrow(ConfigError);
    },
  );
});
