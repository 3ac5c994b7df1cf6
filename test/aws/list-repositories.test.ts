import { expect, test } from '@jest/globals';
import { openEcrListing } from '../../lambda-src/aws/ecr-listing.ts';
import { listRepositories } from '../../lambda-src/aws/list-repositories.ts';
import { useEcrAccount } from '../helpers/use-ecr-account.ts';

const openAccount = useEcrAccount();

test('lists each repository of a registry once across all pages', async () => {
  const repositories = Array.from({ length: 81 }, (_, index) => `team/app-${index}`);
  const account = await openAccount({ repositories, images: () => [] });
  const listed: string[] = [];
  const { signal } = new AbortController();
  for await (const name of listRepositories(openEcrListing(), signal)) listed.push(name);
  expect(listed).toEqual(repositories);
  expect(account.inputsOf('DescribeRepositories').map((input) => input['nextToken'])).toEqual([
    undefined,
    '40',
    '80',
  ]);
});
