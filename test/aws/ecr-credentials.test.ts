import { describe, expect, test } from '@jest/globals';
import { ecrCredentials } from '../../lambda-src/aws/registry-authorization.ts';
import { useAws } from '../helpers/aws.ts';

const openAws = useAws();

describe('credentials for a registry', () => {
  test('of ECR are those that ECR gives, whichever account it is of', async () => {
    const { calls } = await openAws({ registryUrl: 'https://999999999999.dkr.ecr.eu-west-1.amazonaws.com' });
    await expect(ecrCredentials('111122223333.dkr.ecr.eu-west-1.amazonaws.com', 'app')).resolves.toEqual({
      kind: 'password',
      username: 'AWS',
      password: 'ecr-authorization-token',
    });
    expect(calls.map(({ action }) => action)).toEqual(['GetAuthorizationToken']);
  });

  test('of anybody else are none, and ECR is not asked', async () => {
    const { calls } = await openAws();
    await expect(ecrCredentials('registry.example.com', 'app')).resolves.toBeUndefined();
    expect(calls).toEqual([]);
  });
});
