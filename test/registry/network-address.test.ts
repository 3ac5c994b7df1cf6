import { expect, test } from '@jest/globals';
import { isLocalHost, isLoopbackHost, lookUpRemoteHost } from '../../lambda-src/registry/network-address.ts';

test.each([
  ['http://localhost', true, true],
  ['http://LOCALHOST.', true, true],
  ['http://registry.localhost', true, true],
  ['http://127.0.0.1', true, true],
  ['http://127.255.0.3', true, true],
  ['http://0x7f.1', true, true],
  ['http://2130706433', true, true],
  ['http://[::1]', true, true],
  ['http://[::ffff:127.0.0.1]', true, true],
  ['http://0.0.0.0', false, true],
  ['http://[::]', false, true],
  ['http://169.254.169.254', false, true],
  ['http://[::ffff:169.254.169.254]', false, true],
  ['http://169.254.170.2', false, true],
  ['http://100.100.100.200', false, true],
  ['http://[fd00:ec2::254]', false, true],
  ['http://[fe80::1]', false, true],
  ['http://10.0.0.1', false, false],
  ['http://192.168.0.1', false, false],
  ['http://128.0.0.1', false, false],
  ['http://[fd12:3456::1]', false, false],
  ['http://[2001:db8::1]', false, false],
  ['http://localhost.example.com', false, false],
  ['http://notlocalhost', false, false],
])('%s is loopback: %s, on this machine or its link: %s', (address, loopback, local) => {
  const { hostname } = new URL(address);
  expect([isLoopbackHost(hostname), isLocalHost(hostname)]).toEqual([loopback, local]);
});

test('rejects an innocent-looking name that resolves to this machine', async () => {
  const lookUp = (all: boolean): Promise<NodeJS.ErrnoException | null> =>
    new Promise((resolve) => {
      lookUpRemoteHost('localhost', { all }, resolve);
    });
  for (const all of [true, false]) {
    expect(await lookUp(all)).toMatchObject({
      code: 'ERR_LOCAL_ADDRESS',
      message: 'localhost resolves to an address of this machine or its network link',
    });
  }
});

test('returns any other address in the requested form', async () => {
  const lookUp = (all: boolean): Promise<unknown[]> =>
    new Promise((resolve) => {
      lookUpRemoteHost('192.0.2.1', { all }, (...result) => {
        resolve(result);
      });
    });
  expect(await lookUp(true)).toEqual([null, [{ address: '192.0.2.1', family: 4 }]]);
  expect(await lookUp(false)).toEqual([null, '192.0.2.1', 4]);
});
