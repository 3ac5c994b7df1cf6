// Lambda's GetFunctionConfiguration: the ARN and the environment of a function.
// https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { Lambda } from './invoke-function.ts';
import { AwsError } from './aws-error.ts';

export interface FunctionDescription {
  readonly arn: string;
  readonly environment: Readonly<Record<string, string>>;
}

/**
 * @param functionName The function's name or ARN.
 * @throws Any error from the SDK; AwsError if the caller may not use the key that encrypts the environment.
 */
export async function readFunction(
  lambda: Lambda,
  functionName: string,
  signal: AbortSignal,
): Promise<FunctionDescription> {
  const { FunctionArn: arn, Environment: environment } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: functionName }),
    { abortSignal: signal },
  );
  if (environment?.Error !== undefined) {
    throw new AwsError(
      `Lambda did not return the environment of ${functionName}: ${environment.Error.Message ?? 'no reason given'}`,
    );
  }
  if (arn === undefined) throw new AwsError(`Lambda returned no ARN for ${functionName}`);
  return { arn, environment: environment?.Variables ?? {} };
}
