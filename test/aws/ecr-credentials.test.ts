import { describe, expect, test } from '@jest/globals';
import { ecrRegionOf } from '../../lambda-src/aws/ecr-host.ts';
import { ecrCredentials } from '../../lambda-src/aws/registry-authorization.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

describe('the region of an ECR registry', () => {
  test.each([
    ['111122223333.dkr.ecr.eu-west-1.amazonaws.com', 'eu-west-1'],
    ['111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com', 'us-gov-west-1'],
    ['111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn', 'cn-north-1'],
    ['111122223333.dkr-ecr.ap-southeast-2.on.aws', 'ap-southeast-2'],
    ['public.ecr.aws', undefined],
    ['111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example', undefined],
    ['evil.example/111122223333.dkr.ecr.eu-west-1.amazonaws.com', undefined],
    ['1.dkr.ecr.eu-west-1.amazonaws.com', undefined],
    ['localhost:5000', undefined],
  ])('%s: %s', (host, region) => {
    expect(ecrRegionOf(host)).toBe(region);
  });
});

describe('credentials for a registry', () => {
  test('of ECR are those that ECR gives, whichever account it is of', async () => {
    const { calls } = await openAws({ registryUrl: 'https://999999999999.dkr.ecr.eu-west-1.amazonaws.com' });
    await expect(ecrCredentials('111122223333.dkr.ecr.eu-west-1.amazonaws.com')).resolves.toEqual({
      kind: 'password',
      username: 'AWS',
      password: 'ecr-authorization-token',
    });
    expect(calls.map(({ action }) => action)).toEqual(['GetAuthorizationToken']);
  });

  test('of anybody else are none, and ECR is not asked', async () => {
    const { calls } = await openAws();
    await expect(ecrCredentials('registry.example.com')).resolves.toBeUndefined();
    expect(calls).toEqual([]);
  });
});
