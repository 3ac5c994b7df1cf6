import { describe, expect, test } from '@jest/globals';
import { deadHost } from '../helpers/dead-host.ts';
import { planFaults } from '../helpers/registry-faults/faults.ts';
import { parseLocation, refusalOf } from '../../lambda-src/registry/redirect.ts';
import { RegistryClient } from '../../lambda-src/registry/registry-client.ts';
import { Transport } from '../../lambda-src/registry/transport.ts';
import { turnTimers } from '../helpers/turn-timers.ts';
import { openStore, quickRetries, quickTimeouts, repository, useRegistries } from './registries.ts';

const remote = new URL('https://registry.example');
const local = new URL('http://127.0.0.1:5000');

test.each([
  ['https://storage.example/x?signature=1', undefined],
  ['https://10.0.0.1/x', undefined],
  ['https://registry.example/other', undefined],
  ['http://storage.example/x', 'from HTTPS to plain HTTP'],
  ['http://registry.example/x', 'from HTTPS to plain HTTP'],
  ['file:///etc/passwd', 'to a file: URL'],
  ['data:text/plain,x', 'to a data: URL'],
  ['https://127.0.0.1/x', 'to an address of this machine or its network link'],
  ['https://localhost:8080/x', 'to an address of this machine or its network link'],
  ['http://169.254.169.254/latest/meta-data/', 'to an address of this machine or its network link'],
  ['https://[fd00:ec2::254]/', 'to an address of this machine or its network link'],
])('a redirect from a remote registry to %s is rejected: %s', (target, refusal) => {
  expect(refusalOf(remote, new URL(target))).toBe(refusal);
});

test.each([
  ['http://127.0.0.1:6000/x', undefined],
  ['https://storage.example/x', undefined],
  ['file:///etc/passwd', 'to a file: URL'],
])('a redirect from a registry on this machine to %s is rejected: %s', (target, refusal) => {
  expect(refusalOf(local, new URL(target))).toBe(refusal);
});

test.each([
  ['/v2/x?a=b', 'https://registry.example/v2/x?a=b'],
  ['other', 'https://registry.example/v2/other'],
  ['https://user:secret@storage.example/x#part', 'https://storage.example/x'],
  ['//storage.example/x', 'https://storage.example/x'],
  ['/a\r\nHost: other', 'https://registry.example/aHost:%20other'],
  ['http://[', undefined],
  [undefined, undefined],
])('a Location of %j resolves to %s', (location, expected) => {
  expect(parseLocation(location, new URL('https://registry.example/v2/base'))?.href).toBe(expected);
});

describe('redirects', () => {
  const openRegistry = useRegistries();
  const redirect = (status: number, location: string): ReturnType<typeof openRegistry> =>
    openRegistry({
      faults: planFaults([{ times: 'always', fault: { kind: 'status', status, headers: { location } } }]),
    });

  test('in a loop fail with an error that names the request', async () => {
    const registry = await redirect(307, '/v2/again');
    await expect(openStore(registry).resolve('v1')).rejects.toThrow(
      'manifests/v1: status 307, more than 5 redirects (attempt 1)',
    );
    expect(registry.log).toHaveLength(6);
  });

  test.each([
    [307, 'file:///etc/passwd', 'a redirect to a file: URL'],
    [302, 'http://[', 'a redirect to a missing or invalid address'],
  ])('with status %d to %s are not followed', async (status, location, problem) => {
    const registry = await redirect(status, location);
    await expect(openStore(registry).resolve('v1')).rejects.toThrow(problem);
  });

  test('that would drop the request body are not followed', async () => {
    const registry = await openRegistry({
      faults: planFaults([
        { method: 'POST', fault: { kind: 'status', status: 302, headers: { location: '/v2/elsewhere' } } },
      ]),
    });
    const { client, urls } = openClient(registry.url);
    await expect(
      client.exchange({ method: 'POST', url: urls, access: 'push', accepted: [202] }, 1),
    ).rejects.toThrow('a redirect that would lose the request body');
  });

  test('to a name that resolves to this machine are rejected for a remote registry', async () => {
    const storage = await openRegistry();
    // The client treats its registry as remote. Only the first request is actually sent.
    const client = new RegistryClient(
      remote,
      repository,
      () => Promise.resolve(undefined),
      new Transport(quickTimeouts, turnTimers),
      quickRetries,
    );
    const url = new URL(`http://localhost:${new URL(storage.url).port}/v2/`);
    await expect(client.exchange({ method: 'GET', url, access: 'pull', accepted: [200] }, 1)).rejects.toThrow(
      'localhost resolves to an address of this machine or its network link (attempt 1)',
    );
    expect(storage.log).toEqual([]);
  });

  test('to an unreachable host are retried from the start', async () => {
    const registry = await openRegistry({
      faults: planFaults([
        {
          times: [1, 2],
          fault: { kind: 'status', status: 307, headers: { location: `http://${deadHost}/x` } },
        },
      ]),
    });
    expect(await openStore(registry).resolve('v1')).toBeUndefined();
    expect(registry.log.map(({ status }) => status)).toEqual([307, 307, 404]);
  });
});

function openClient(url: string): { client: RegistryClient; urls: URL } {
  const origin = new URL(url);
  const nobody = (): Promise<undefined> => Promise.resolve(undefined);
  const client = new RegistryClient(
    origin,
    repository,
    nobody,
    new Transport(quickTimeouts, turnTimers),
    quickRetries,
  );
  return { client, urls: new URL(`${origin.origin}/v2/${repository}/blobs/uploads/`) };
}
