// Uses ECR's DescribeRepositories, because the registry API does not report in advance which tags are immutable.
// https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_DescribeRepositories.html
import { DescribeRepositoriesCommand, ECRClient, type Repository } from '@aws-sdk/client-ecr';
import { Wildcard } from '../core/wildcard.ts';
import { AwsError } from './aws-error.ts';
import { requestHandling } from './request-handling.ts';

/**
 * Whether an existing tag of the repository is immutable.
 *
 * @throws Any error from the SDK; an error if the repository does not exist.
 */
export async function isTagImmutable(
  repository: string,
  tag: string,
  signal?: AbortSignal,
): Promise<boolean> {
  const client = new ECRClient({ requestHandler: requestHandling() });
  const command = new DescribeRepositoriesCommand({ repositoryNames: [repository] });
  const answer = await client.send(command, signal === undefined ? {} : { abortSignal: signal });
  const [described] = answer.repositories ?? [];
  if (described === undefined) throw new AwsError(`ECR answered DescribeRepositories without ${repository}`);
  return isImmutableIn(described, tag);
}

/** A repository has one setting, and exclusion filters name the tags that have the opposite setting. */
function isImmutableIn(repository: Repository, tag: string): boolean {
  const isExcluded = (repository.imageTagMutabilityExclusionFilters ?? []).some(
    ({ filter }) => filter !== undefined && new Wildcard(filter).matches(tag),
  );
  switch (repository.imageTagMutability) {
    case 'IMMUTABLE':
      return true;
    case 'IMMUTABLE_WITH_EXCLUSION':
      return !isExcluded;
    case 'MUTABLE_WITH_EXCLUSION':
      return isExcluded;
    case 'MUTABLE':
    case undefined:
      return false;
  }
}
