// An ECR account for one test, where the SDK looks for it: in the environment.
import { afterEach } from '@jest/globals';
import { EcrAccount, type EcrAccountOptions } from './ecr-account.ts';

/** Accounts that are closed, and an environment that is put back, after each test of the file. */
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
