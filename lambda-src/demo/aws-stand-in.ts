// The five calls that the functions make to AWS, answered on the loopback interface: for the demo and for tests. The SDK
// finds it by its own variables: AWS_ENDPOINT_URL_ECR, AWS_ENDPOINT_URL_LAMBDA and AWS_ENDPOINT_URL_EVENTBRIDGE.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AwsStandInOptions {
  /** `http://127.0.0.1:PORT`: what ECR says where the registry is. */
  readonly registryUrl?: string;
  /** What ECR gives for a password. @default that of local-registry with ECR's ways */
  readonly password?: string;
  /** What ECR says of the registry and the password, where it is not that. */
  readonly authorization?: Readonly<Record<string, unknown>>;
  /** How ECR describes a repository, but for its name. @default its tags can be moved */
  readonly repository?: Readonly<Record<string, unknown>>;
  /** What ECR answers to DescribeImages. @default that there are none */
  readonly describeImages?: (input: unknown) => Readonly<Record<string, unknown>>;
  /** What EventBridge answers to events, in place of taking them. It refuses events with status 200. */
  readonly putEventsAnswer?: () => Readonly<Record<string, unknown>> | undefined;
  /** Refuses calls. @default none */
  readonly refuse?: (call: AwsCall) => AwsRefusal | undefined;
  /** Hears of each event that a function was invoked with, after the answer. */
  readonly onInvoke?: (functionName: string, event: unknown) => void;
}

/** One call that was made. */
export interface AwsCall {
  readonly action: string;
  /** The JSON that was sent. */
  readonly input: unknown;
  /** Invoke only. */
  readonly functionName?: string;
  readonly invocationType?: string;
}

export interface AwsRefusal {
  readonly status: number;
  /** The error's name, such as `AccessDeniedException`. */
  readonly type: string;
  readonly message: string;
}

export interface AwsStandIn {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** The calls so far, tries that were refused included. */
  readonly calls: readonly AwsCall[];
  close(): Promise<void>;
}

const defaultPassword = 'ecr-authorization-token';
const passwordSeconds = 12 * 60 * 60;
/** Before the action, in the header that names it. */
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
  const refusal = options.refuse?.(call);
  if (refusal !== undefined) {
    // Lambda names the error in a header, ECR in the body; the SDK takes either.
    const headers = { 'content-type': 'application/json', 'x-amzn-errortype': refusal.type };
    response.writeHead(refusal.status, headers);
    response.end(JSON.stringify({ __type: refusal.type, message: refusal.message }));
    return;
  }
  switch (call.action) {
    case 'Invoke':
      response.writeHead(202).end(() => options.onInvoke?.(call.functionName ?? '', call.input));
      return;
    case 'GetAuthorizationToken':
      reply(response, { authorizationData: [authorize(options)] });
      return;
    case 'DescribeRepositories': {
      const { repositoryNames } = call.input as { repositoryNames: readonly string[] };
      const described = { imageTagMutability: 'MUTABLE', ...options.repository };
      reply(response, {
        repositories: repositoryNames.map((repositoryName) => ({ repositoryName, ...described })),
      });
      return;
    }
    case 'DescribeImages':
      reply(response, options.describeImages?.(call.input) ?? { imageDetails: [] });
      return;
    case 'PutEvents': {
      const { Entries: entries } = call.input as { Entries: readonly unknown[] };
      reply(response, {
        FailedEntryCount: 0,
        Entries: entries.map(() => ({ EventId: randomUUID() })),
        ...options.putEventsAnswer?.(),
      });
      return;
    }
    default:
      response.writeHead(404).end();
  }
}

/** ECR and EventBridge speak JSON 1.1 with the action in a header, Lambda REST with the function in the path. */
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

function authorize({ registryUrl, password = defaultPassword, authorization }: AwsStandInOptions): object {
  return {
    authorizationToken: Buffer.from(`AWS:${password}`).toString('base64'),
    // JSON 1.1 has times as seconds.
    expiresAt: Date.now() / 1000 + passwordSeconds,
    proxyEndpoint: registryUrl,
    ...authorization,
  };
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
