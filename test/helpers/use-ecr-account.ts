// An ECR account for one test, which the SDK finds in the environment.
import { afterEach } from '@jest/globals';
import { EcrAccount, type EcrAccountOptions } from './ecr-account.ts';

/** Closes the accounts and restores the environment after each test of the file. */
export function useEcrAccount(): (options: EcrAccountOptions) => Promise<EcrAccount> {
  const environment = { ...process.env };
  const opened: EcrAccount[] = [];
  afterEach(async () => {
    process.env = { ...environment };
    await Promise.all(opened.splice(0).map((account) => account.close()));
  });
  return async (options) => {
    const account = await EcrAccount.open(options);
    opened.push(account);
    Object.assign(process.env, account.environment);
    return account;
  };
}
