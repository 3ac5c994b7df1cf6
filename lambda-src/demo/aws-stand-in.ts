// A local server for the five AWS calls that the functions make, for the demo and for tests. The SDK finds it through its
// own variables: AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL_LAMBDA and AWS_ENDPOINT_URL_EVENTBRIDGE.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AwsStandInOptions {
  /** `http://127.0.0.1:PORT`: the registry address that ECR returns. */
  readonly registryUrl?: string;
  /** Answers a call instead of the stand-in. @default the stand-in answers all calls */
  readonly intercept?: (call: AwsCall) => AwsAnswer | undefined;
  /** Receives each event that a function was invoked with, after the response is sent. */
  readonly onInvoke?: (functionName: string, event: unknown) => void;
}

/** One call that was made. */
export interface AwsCall {
  readonly action: string;
  /** The request body, as JSON. */
  readonly input: unknown;
  /** For Invoke only. */
  readonly functionName?: string;
  readonly invocationType?: string;
}

/** A JSON answer. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

export interface AwsStandIn {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The calls so far, including intercepted ones. */
  readonly calls: readonly AwsCall[];
  close(): Promise<void>;
}

const authorizationToken = Buffer.from('AWS:ecr-authorization-token').toString('base64');
const tokenLifetimeSeconds = 12 * 60 * 60;
/** The prefix of the action in the header. */
const targetPattern = /^(?:AmazonEC2ContainerRegistry_V20150921|AWSEvents)\.(\w+)$/;
const invocationPath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

export async function createAwsStandIn(options: AwsStandInOptions = {}): Promise<AwsStandIn> {
  const calls: AwsCall[] = [];
  const server = createServer((request, response) => {
    void answer(request, response, options, calls);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    close: () => closeServer(server),
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  options: AwsStandInOptions,
  calls: AwsCall[],
): Promise<void> {
  const call = await readCall(request);
  calls.push(call);
  const intercepted = options.intercept?.(call);
  if (intercepted !== undefined) {
    reply(response, intercepted.body, intercepted);
    return;
  }
  switch (call.action) {
    case 'Invoke':
      response.writeHead(202).end(() => options.onInvoke?.(call.functionName ?? '', call.input));
      return;
    case 'GetAuthorizationToken': {
      // JSON 1.1 encodes times in seconds.
      const expiresAt = Date.now() / 1000 + tokenLifetimeSeconds;
      reply(response, {
        authorizationData: [{ authorizationToken, expiresAt, proxyEndpoint: options.registryUrl }],
      });
      return;
    }
    case 'DescribeRepositories': {
      const { repositoryNames } = call.input as { repositoryNames: readonly string[] };
      reply(response, {
        repositories: repositoryNames.map((repositoryName) => ({
          repositoryName,
          imageTagMutability: 'MUTABLE',
        })),
      });
      return;
    }
    case 'DescribeImages':
      reply(response, { imageDetails: [] });
      return;
    case 'PutEvents': {
      const { Entries: entries } = call.input as { Entries: readonly unknown[] };
      reply(response, { FailedEntryCount: 0, Entries: entries.map(() => ({ EventId: randomUUID() })) });
      return;
    }
    default:
      response.writeHead(404).end();
  }
}

/**
 * ECR and EventBridge use JSON 1.1 with the action in a header; Lambda uses REST with the function in the path.
 */
async function readCall(request: IncomingMessage): Promise<AwsCall> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  const input: unknown = text === '' ? undefined : JSON.parse(text);
  const functionName = invocationPath.exec(request.url ?? '')?.[1];
  if (functionName !== undefined) {
    const invocationType = request.headers['x-amz-invocation-type'];
    return {
      action: 'Invoke',
      input,
      functionName: decodeURIComponent(functionName),
      ...(typeof invocationType === 'string' && { invocationType }),
    };
  }
  const target = request.headers['x-amz-target'];
  const action = typeof target === 'string' ? targetPattern.exec(target)?.[1] : undefined;
  return { action: action ?? request.url ?? '', input };
}

function reply(
  response: ServerResponse,
  body: object,
  { status, headers }: Omit<AwsAnswer, 'body'> = { status: 200 },
): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1', ...headers });
  response.end(JSON.stringify(body));
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
