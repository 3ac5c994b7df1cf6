// The parts of Lambda's context object that the functions use.
// https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html

export interface LambdaContext {
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  /** A number, as a string. */
  readonly memoryLimitInMB: string;
  /** Milliseconds until Lambda kills the invocation. */
  getRemainingTimeInMillis(): number;
}
