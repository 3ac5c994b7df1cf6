// The name of a Lambda function on the command line, with the region and account that it contains.
import { InvalidArgumentError } from 'commander';

/** A function name or its ARN, optionally with a qualifier. */
const functionPattern =
  /^(?:arn:aws[a-z-]*:lambda:([a-z0-9-]+):([0-9]{12}):function:)?([A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_$-]{1,128})?)$/;

/** @throws InvalidArgumentError if it is not a valid function name. */
export function parseFunctionName(word: string): string {
  if (functionPattern.test(word)) return word;
  throw new InvalidArgumentError('Expected the name or ARN of a Lambda function.');
}

/** The region and account in an ARN; undefined for a plain name. */
export function placeOfFunction(name: string): { readonly region?: string; readonly account?: string } {
  const [, region, account] = functionPattern.exec(name) ?? [];
  return region === undefined || account === undefined ? {} : { region, account };
}

/** Without the prefix of an ARN. */
export function baseNameOfFunction(name: string): string {
  return functionPattern.exec(name)?.[3] ?? name;
}
