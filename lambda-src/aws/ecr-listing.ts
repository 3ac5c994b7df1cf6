// The ECR client for reading lists: with ECR's maximum page size, and with longer timeouts and more retries than a function
// can afford.
import { ECRClient } from '@aws-sdk/client-ecr';
import { requestHandling } from './request-handling.ts';

export type EcrListing = ECRClient;

/** ECR's own limit for DescribeRepositories and DescribeImages. */
export const maximumPage = 1000;

/** ECR takes longer for a page of a thousand images than for other responses. */
const extraPageMilliseconds = 24_000;

/**
 * The SDK waits up to 20 s before a retry; this many retries outlast a few minutes of throttling. Repeating a list request
 * does no harm.
 */
const attempts = 12;

/** @param region By default, the one that the SDK finds. */
export function openEcrListing(region?: string): EcrListing {
  return new ECRClient({
    requestHandler: requestHandling(extraPageMilliseconds),
    maxAttempts: attempts,
    ...(region !== undefined && { region }),
  });
}
