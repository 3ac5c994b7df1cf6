// How ECR's lists are read: page by page, as many on a page as ECR gives, and with more patience than a function has.
import { ECRClient } from '@aws-sdk/client-ecr';
import { requestHandling } from './request-handling.ts';

export type EcrListing = ECRClient;

/** ECR's own limit for DescribeRepositories and DescribeImages. */
export const maximumPage = 1000;

/** A page of a thousand images takes ECR longer than a single answer. */
const extraPageMilliseconds = 24_000;

/**
 * The SDK waits up to 20 s before a try; with this many, throttling of some minutes is sat out. Nothing is lost when a
 * list is read again.
 */
const attempts = 12;

/** @param region By default the one that the SDK finds. */
export function openEcrListing(region?: string): EcrListing {
  return new ECRClient({
    requestHandler: requestHandling(extraPageMilliseconds),
    maxAttempts: attempts,
    ...(region !== undefined && { region }),
  });
}
