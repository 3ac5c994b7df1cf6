import { describe, expect, test } from '@jest/globals';
import { readFunction } from '../../lambda-src/aws/function-description.ts';
import { openLambda } from '../../lambda-src/aws/invoke-function.ts';
import { useEcrAccount } from '../helpers/use-ecr-account.ts';

const openAccount = useEcrAccount();
const signal = new AbortController().signal;

describe('readFunction', () => {
  test('returns the ARN and the environment', async () => {
    const functions = { 'soci-filter': { SOCI_FILTERS: '*:*' } };
    await openAccount({ repositories: [], images: () => [], functions });
    await expect(readFunction(openLambda(), 'soci-filter', signal)).resolves.toEqual({
      arn: 'arn:aws:lambda:eu-west-1:111122223333:function:soci-filter',
      environment: { SOCI_FILTERS: '*:*' },
    });
  });

  test('throws if the caller may not decrypt the environment', async () => {
    const Environment = { Error: { ErrorCode: 'AccessDeniedException', Message: 'no kms:Decrypt' } };
    await openAccount({
      repositories: [],
      images: () => [],
      readFunction: () => ({ FunctionArn: 'arn', Environment }),
    });
    await expect(readFunction(openLambda(), 'soci-filter', signal)).rejects.toThrow(
      'Lambda did not return the environment of soci-filter: no kms:Decrypt',
    );
  });

  test('throws if the response has no ARN', async () => {
    await openAccount({ repositories: [], images: () => [], readFunction: () => ({}) });
    await expect(readFunction(openLambda(), 'soci-filter', signal)).rejects.toThrow(
      'Lambda returned no ARN for soci-filter',
    );
  });
});
