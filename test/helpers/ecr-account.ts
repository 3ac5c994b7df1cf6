// An ECR registry as its listings show it, with Lambda functions beside it, at one loopback address, for `soci-index
// backfill`. Pages are small, so that there are several.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const accountId = '111122223333';
export const region = 'eu-west-1';

/** An image in the format of DescribeImages. */
export interface DescribedImage {
  readonly imageDigest: string;
  readonly imageTags?: readonly string[];
  readonly imageSizeInBytes?: number;
  /** Seconds since 1970. */
  readonly imagePushedAt: number;
  readonly imageManifestMediaType?: string;
  readonly artifactMediaType?: string;
  readonly subjectManifestDigest?: string;
}

export interface AccountCall {
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface Refusal {
  readonly status: number;
  readonly type: string;
  readonly message: string;
}

export interface EcrAccountOptions {
  /** Images by repository; called for each request. */
  readonly images: (repository: string) => readonly DescribedImage[] | Promise<readonly DescribedImage[]>;
  readonly repositories: readonly string[];
  /** Environments of functions, by name. Any other function accepts events, but has no settings. */
  readonly functions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Lambda's description of every function, in place of one with these environments. */
  readonly readFunction?: () => object;
  /** The response to GetAuthorizationToken. */
  readonly authorization?: object;
  readonly refuse?: (call: AccountCall) => Refusal | undefined;
  /** Runs before Lambda's response, which waits for it. */
  readonly onInvoke?: (functionName: string, event: PushEvent) => void | Promise<void>;
}

export interface Invocation {
  readonly functionName: string;
  readonly event: PushEvent;
  readonly atMilliseconds: number;
}

export interface PushEvent {
  readonly account: string;
  readonly region: string;
  readonly detail: Readonly<Record<string, string>>;
}

const pageSize = 40;
const ecrTarget = 'AmazonEC2ContainerRegistry_V20150921.';
const functionPath = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/;

export class EcrAccount {
  /** All calls, including rejected ones. */
  readonly calls: AccountCall[] = [];
  /** The invocations that Lambda accepted. */
  readonly invocations: Invocation[] = [];
  readonly #server: Server;

  static async open(options: EcrAccountOptions): Promise<EcrAccount> {
    const account = new EcrAccount(options);
    account.#server.listen(0, '127.0.0.1');
    await once(account.#server, 'listening');
    return account;
  }

  private constructor(readonly options: EcrAccountOptions) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  /** The environment variables by which the SDK finds the account. */
  get environment(): Readonly<Record<string, string>> {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      AWS_ENDPOINT_URL_ECR: url,
      AWS_ENDPOINT_URL_LAMBDA: url,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'never-to-be-seen',
    };
  }

  /** `REPOSITORY:TAG@DIGEST` of each accepted invocation, in order. */
  get invoked(): readonly string[] {
    return this.invocations.map(
      ({ event: { detail } }) =>
        `${detail['repository-name']!}:${detail['image-tag']!}@${detail['image-digest']!}`,
    );
  }

  /** The inputs of all calls of one action, in order. */
  inputsOf(action: string): readonly Readonly<Record<string, unknown>>[] {
    return this.calls.filter((call) => call.action === action).map(({ input }) => input);
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  #readFunction(name: string): object | undefined {
    const { functions = {}, readFunction } = this.options;
    if (readFunction !== undefined) return readFunction();
    const variables = functions[name];
    const arn = `arn:aws:lambda:${region}:${accountId}:function:${name}`;
    return variables && { FunctionName: name, FunctionArn: arn, Environment: { Variables: variables } };
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request);
    const input = (text === '' ? {} : JSON.parse(text)) as Readonly<Record<string, unknown>>;
    const [, functionName, purpose] = functionPath.exec(request.url ?? '') ?? [];
    const lambdaAction = purpose === 'invocations' ? 'Invoke' : 'GetFunctionConfiguration';
    const target = String(request.headers['x-amz-target']);
    const action = purpose === undefined ? target.replace(ecrTarget, '') : lambdaAction;
    const call = { action, input };
    this.calls.push(call);
    const refusal = this.options.refuse?.(call);
    if (refusal !== undefined) {
      refuse(response, refusal);
      return;
    }
    switch (action) {
      case 'Invoke': {
        const name = decodeURIComponent(functionName!);
        const event = input as unknown as PushEvent;
        this.invocations.push({ functionName: name, event, atMilliseconds: performance.now() });
        await this.options.onInvoke?.(name, event);
        response.writeHead(request.headers['x-amz-invocation-type'] === 'Event' ? 202 : 200).end();
        return;
      }
      case 'GetFunctionConfiguration': {
        const described = this.#readFunction(decodeURIComponent(functionName!).split(':').at(-1)!);
        if (described === undefined) response.writeHead(404).end();
        else reply(response, described);
        return;
      }
      case 'DescribeRepositories': {
        const { items, rest } = cutPage(this.options.repositories, input);
        reply(response, {
          repositories: items.map((repositoryName) => ({ repositoryName, registryId: accountId })),
          ...rest,
        });
        return;
      }
      case 'DescribeImages': {
        const repositoryName = String(input['repositoryName']);
        if (!this.options.repositories.includes(repositoryName)) {
          const message = `The repository with name '${repositoryName}' does not exist`;
          refuse(response, { status: 400, type: 'RepositoryNotFoundException', message });
          return;
        }
        const { items, rest } = cutPage(await this.options.images(repositoryName), input);
        const described = items.map((image) => ({ registryId: accountId, repositoryName, ...image }));
        reply(response, { imageDetails: described, ...rest });
        return;
      }
      case 'GetAuthorizationToken':
        reply(response, { authorizationData: [this.options.authorization] });
        return;
      default:
        response.writeHead(404).end();
    }
  }
}

function cutPage<Item>(
  items: readonly Item[],
  { maxResults, nextToken }: Readonly<Record<string, unknown>>,
): { readonly items: readonly Item[]; readonly rest: { readonly nextToken?: string } } {
  const start = Number(nextToken ?? 0);
  const end = start + Math.min(Number(maxResults ?? 100), pageSize);
  return { items: items.slice(start, end), rest: end < items.length ? { nextToken: String(end) } : {} };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return Buffer.concat(pieces).toString('utf8');
}

function refuse(response: ServerResponse, { status, type, message }: Refusal): void {
  const headers = { 'x-amzn-errortype': type, 'x-amzn-requestid': 'e4b46cbf' };
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify({ __type: type, message }));
}

function reply(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
}
