// The name of a Lambda function on the command line, and what it says by itself.
import { InvalidArgumentError } from 'commander';

/** The name of a function, or its ARN, each perhaps with a qualifier. */
const functionPattern =
  /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):([0-9]{12}):function:)?([A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?)$/;

/** @throws InvalidArgumentError where no function can have the name. */
export function parseFunctionName(word: string): string {
  if (functionPattern.test(word)) return word;
  throw new InvalidArgumentError('Expected the name of a Lambda function, or its ARN.');
}

/** The region and account that an ARN names; undefined both for a name alone. */
export function placeOfFunction(name: string): { readonly region?: string; readonly account?: string } {
  const [, region, account] = functionPattern.exec(name) ?? [];
  return region === undefined || account === undefined ? {} : { region, account };
}

/** Without what an ARN has before it. */
export function baseNameOfFunction(name: string): string {
  return functionPattern.exec(name)?.[3] ?? name;
}
