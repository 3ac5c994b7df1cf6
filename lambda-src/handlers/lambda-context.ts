// What the functions use of Lambda's context object.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

export interface LambdaContext {
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  /** A number in digits. */
  readonly memoryLimitInMB: string;
  /** Milliseconds until Lambda ends the invocation by force. */
  getRemainingTimeInMillis(): number;
}
