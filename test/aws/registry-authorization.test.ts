import { describe, expect, test } from '@jest/globals';
import { ecrCredentials, openEcrRegistry } from '../../lambda-src/aws/registry-authorization.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();
const registryUrl = 'https://111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const registryHost = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

describe('openEcrRegistry', () => {
  test('returns the address and password that ECR reports', async () => {
    const aws = await openAws({
      registryUrl,
      authorization: { authorizationToken: encode('AWS:pass:with:colons') },
    });
    const { registry, credentials } = await openEcrRegistry();
    expect(registry).toBe(registryHost);
    await expect(credentials(registryHost, 'app')).resolves.toEqual({
      kind: 'password',
      username: 'AWS',
      password: 'pass:with:colons',
    });
    expect(aws.calls).toEqual([{ action: 'GetAuthorizationToken', input: {} }]);
  });

  test('keeps the port of the address', async () => {
    await openAws({ registryUrl: 'http://127.0.0.1:5000' });
    await expect(openEcrRegistry()).resolves.toHaveProperty('registry', '127.0.0.1:5000');
  });

  test('withholds the password from other registries', async () => {
    await openAws({ registryUrl });
    const { credentials } = await openEcrRegistry();
    await expect(credentials('444455556666.dkr.ecr.eu-west-1.amazonaws.com', 'app')).resolves.toBeUndefined();
  });

  test.each<readonly [string, number, number]>([
    ['keeps a password that is valid for hours', 12 * 60 * 60, 1],
    ['renews a password that is about to expire', 14 * 60, 3],
    ['keeps a password that is valid for another quarter of an hour', 16 * 60, 1],
  ])('%s', async (_, passwordSeconds, calls) => {
    const aws = await openAws({
      registryUrl,
      authorization: { expiresAt: Date.now() / 1000 + passwordSeconds },
    });
    const { credentials } = await openEcrRegistry();
    await credentials(registryHost, 'app');
    await credentials(registryHost, 'app');
    expect(aws.calls).toHaveLength(calls);
  });

  test.each<readonly [string, Record<string, unknown>]>([
    ['an endpoint', { proxyEndpoint: undefined }],
    ['a valid endpoint', { proxyEndpoint: 'no address' }],
    ['a password', { authorizationToken: undefined }],
    ['a user name before the password', { authorizationToken: encode('secret') }],
    ['an expiry time', { expiresAt: undefined }],
  ])('throws if the response lacks %s', async (_, authorization) => {
    await openAws({ registryUrl, authorization });
    await expect(openEcrRegistry()).rejects.toThrow('without an address, a password or an expiry time');
  });

  test('throws if the response is empty', async () => {
    await openAws({ refuse: () => ({ status: 200, type: '', message: '' }) });
    await expect(openEcrRegistry()).rejects.toThrow('without an address, a password or an expiry time');
  });

  test("throws AWS's error if access is denied", async () => {
    await openAws({
      refuse: () => ({ status: 400, type: 'AccessDeniedException', message: 'no identity-based policy' }),
    });
    await expect(openEcrRegistry()).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: 'no identity-based policy',
    });
  });

  test('stops when time is up', async () => {
    await openAws({ registryUrl });
    await expect(openEcrRegistry(AbortSignal.abort())).rejects.toHaveProperty('name', 'AbortError');
  });
});

describe('ecrCredentials', () => {
  test("returns ECR's password for a registry of any account", async () => {
    const { calls } = await openAws({ registryUrl: 'https://999999999999.dkr.ecr.eu-west-1.amazonaws.com' });
    await expect(ecrCredentials('111122223333.dkr.ecr.eu-west-1.amazonaws.com', 'app')).resolves.toEqual({
      kind: 'password',
      username: 'AWS',
      password: 'ecr-authorization-token',
    });
    expect(calls.map(({ action }) => action)).toEqual(['GetAuthorizationToken']);
  });

  test('returns nothing for any other registry, without calling ECR', async () => {
    const { calls } = await openAws();
    await expect(ecrCredentials('registry.example.com', 'app')).resolves.toBeUndefined();
    expect(calls).toEqual([]);
  });
});
