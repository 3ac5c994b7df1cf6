// ECR's DescribeRepositories, page by page: the names of all repositories in a registry.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
import { DescribeRepositoriesCommand } from '@aws-sdk/client-ecr';
import { type EcrListing, maximumPage } from './ecr-listing.ts';

/** @throws Any error from the SDK; the signal's reason. */
export async function* listRepositories(listing: EcrListing, signal: AbortSignal): AsyncGenerator<string> {
  let nextToken: string | undefined;
  do {
    const answer = await listing.send(
      new DescribeRepositoriesCommand({
        maxResults: maximumPage,
        ...(nextToken !== undefined && { nextToken }),
      }),
      { abortSignal: signal },
    );
    for (const { repositoryName } of answer.repositories ?? []) {
      if (repositoryName !== undefined) yield repositoryName;
    }
    ({ nextToken } = answer);
  } while (nextToken !== undefined);
}
