import { partition } from '@aws-sdk/core/client';
import { describe, expect, test } from '@jest/globals';
import { ecrRegionOf, isRegion, sqsRegionOf } from '../../lambda-src/aws/partition.ts';

/** One region in each partition that the SDK knows. */
const regions = [
  'eu-west-1',
  'cn-north-1',
  'eusc-de-east-1',
  'us-iso-east-1',
  'us-isob-east-1',
  'eu-isoe-west-1',
  'us-isof-south-1',
  'us-gov-west-1',
];

describe.each(regions)('the partition of %s', (region) => {
  const { name, dnsSuffix, dualStackDnsSuffix } = partition(region);

  test('has a well-formed region that the SDK knows', () => {
    expect(name === 'aws').toBe(region === 'eu-west-1');
    expect(isRegion(region)).toBe(true);
  });

  test.each(['ecr', 'ecr-fips'])('has ECR registries at ACCOUNT.dkr.%s', (service) => {
    expect(ecrRegionOf(`111122223333.dkr.${service}.${region}.${dnsSuffix}`)).toBe(region);
  });

  test.each(['sqs', 'sqs-fips'])('has SQS queues at %s', (service) => {
    expect(sqsRegionOf(`${service}.${region}.${dnsSuffix}`)).toBe(region);
    expect(sqsRegionOf(`${service}.${region}.${dualStackDnsSuffix}`)).toBe(region);
  });
});

test.each([
  ['111122223333.dkr-ecr.ap-southeast-2.on.aws', 'ap-southeast-2'],
  ['111122223333.dkr-ecr-fips.us-east-1.on.aws', 'us-east-1'],
  ['111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn', 'cn-north-1'],
  ['111122223333.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu', 'eusc-de-east-1'],
  ['public.ecr.aws', undefined],
  ['111122223333.dkr.ecr.eu-west-1.amazonaws.com.evil.example', undefined],
  ['111122223333.dkr.ecr.eu-west-1.amazonawsxcom', undefined],
  ['evil.example/111122223333.dkr.ecr.eu-west-1.amazonaws.com', undefined],
  ['1.dkr.ecr.eu-west-1.amazonaws.com', undefined],
  ['localhost:5000', undefined],
])('the region of the registry %s is %s', (host, region) => {
  expect(ecrRegionOf(host)).toBe(region);
});

test.each([
  ['eu-west-1.queue.amazonaws.com', 'eu-west-1'],
  ['vpce-0123abcd-ef.sqs.eu-west-1.vpce.amazonaws.com', 'eu-west-1'],
  ['sqs.eu-west-1.amazonaws.com.evil.example', undefined],
  ['queue.example.com', undefined],
  ['127.0.0.1', undefined],
])('the region of the queue host %s is %s', (host, region) => {
  expect(sqsRegionOf(host)).toBe(region);
});
