// Lambda's Invoke: sends an event to a function, without waiting for the result.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { AwsError } from './aws-error.ts';
import { requestHandling } from './request-handling.ts';

export type Lambda = LambdaClient;

/** The status with which Lambda accepts an event into its queue. */
const acceptedStatus = 202;

/**
 * Callers that invoke functions often keep the client, and with it the connection.
 *
 * @param region The function's region. By default, the one that the SDK finds.
 */
export function openLambda(region?: string): Lambda {
  return new LambdaClient({ requestHandler: requestHandling(), ...(region !== undefined && { region }) });
}

/**
 * Invokes a function of this account asynchronously.
 *
 * @param functionName The function's name or ARN.
 * @throws The error that prevented Lambda from accepting the event.
 */
export async function invokeFunction(
  functionName: string,
  event: unknown,
  lambda: Lambda = openLambda(),
): Promise<void> {
  const { StatusCode: status } = await lambda.send(
    new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'Event',
      Payload: JSON.stringify(event),
    }),
  );
  if (status !== acceptedStatus) {
    throw new AwsError(
      `Lambda answered the invocation of ${functionName} with status ${status ?? 'unknown'}`,
    );
  }
}
