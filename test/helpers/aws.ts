// A stand-in for AWS for one test, where the SDK looks for it: in the environment, as on Lambda.
import { afterEach } from '@jest/globals';
import {
  createAwsStandIn,
  type AwsStandIn,
  type AwsStandInOptions,
} from '../../lambda-src/demo/aws-stand-in.ts';

/** The variables by which the SDK finds the stand-in. */
export function standInEnvironment({ url }: Pick<AwsStandIn, 'url'>): Readonly<Record<string, string>> {
  return {
    AWS_ENDPOINT_URL_ECR: url,
    AWS_ENDPOINT_URL_LAMBDA: url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'secret-access-key',
  };
}

/** Stand-ins that are closed, and an environment that is put back, after each test of the file. */
export function useAws(): (options?: AwsStandInOptions) => Promise<AwsStandIn> {
  const environment = { ...process.env };
  const opened: AwsStandIn[] = [];
  afterEach(async () => {
    process.env = { ...environment };
    await Promise.all(opened.splice(0).map((standIn) => standIn.close()));
  });
  return async (options) => {
    const standIn = await createAwsStandIn(options);
    opened.push(standIn);
    Object.assign(process.env, standInEnvironment(standIn));
    return standIn;
  };
}
