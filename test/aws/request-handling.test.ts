import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { ecrCredentials } from '../../lambda-src/aws/registry-authorization.ts';
import { requestHandling } from '../../lambda-src/aws/request-handling.ts';
import { standInEnvironment, useAws } from '../helpers/aws.ts';
import { createHttpProxy, type HttpProxy } from '../helpers/http-proxy.ts';

const openAws = useAws();
let proxy: HttpProxy | undefined;

beforeEach(() => {
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) {
    // Assigning undefined would set the text "undefined". The environment is restored after each test.
    process.env[name] = '';
    process.env[name.toUpperCase()] = '';
  }
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});

test('calls to AWS use the proxy from the environment', async () => {
  const aws = await openAws({ registryUrl: 'https://111122223333.dkr.ecr.eu-west-1.amazonaws.com' });
  proxy = await createHttpProxy({ portOf: () => Number(new URL(aws.url).port) });
  Object.assign(process.env, standInEnvironment({ url: 'http://ecr.test' }), { HTTP_PROXY: proxy.host });
  const registry = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
  expect(await ecrCredentials(registry, 'team/app')).toMatchObject({ kind: 'password', username: 'AWS' });
  expect(proxy.requests).toEqual(['POST http://ecr.test/']);
});

test('without a proxy, the SDK creates its own agents', () => {
  expect(requestHandling()).toEqual({
    connectionTimeout: 2000,
    requestTimeout: 6000,
    throwOnRequestTimeout: true,
  });
  expect(requestHandling(24_000)).toMatchObject({ requestTimeout: 30_000 });
});
