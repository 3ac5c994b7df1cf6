// An OCI registry on the loopback interface, in memory, for the demo and for tests. It follows the distribution
// specification, and optionally behaves like Amazon ECR.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AccessControl, type AccessOptions } from './access-control.ts';
import { continueUpload, deleteBlob, openUpload, readBlob, replyWithRange } from './blob-handlers.ts';
import { algorithmOf } from './content-digest.ts';
import type { Interception, Interceptor } from './interception.ts';
import {
  deleteManifest,
  listReferrers,
  listTags,
  putManifest,
  readManifest,
  type ManifestRules,
} from './manifest-handlers.ts';
import { contentOf, replyWithError, type Reply, type ServedContent } from './reply.ts';
import { Repository } from './repository.ts';
import type { RegistryRequest } from './request.ts';
import { sendReply } from './send-reply.ts';

export interface LocalRegistryOptions {
  /** @default anonymous access to everything */
  readonly access?: AccessOptions;
  /** Whether an existing tag is immutable, even for the same manifest. @default false */
  readonly immutableTags?: boolean;
  /**
   * Whether blobs are served from another origin, which refuses credentials, through URLs that can be used once. @default
   * false
   */
  readonly redirectBlobs?: boolean;
  /** @default true */
  readonly referrersApi?: boolean;
  /** Referrers per response. @default 1000 */
  readonly referrersPageSize?: number;
  /**
   * Whether a tag `sha256-HEX` is read as the digest `sha256:HEX`, as in some registries.
   *
   * @default false
   */
  readonly readsTagsAsDigests?: boolean;
  /** Whether manifests can be deleted. @default true */
  readonly deletes?: boolean;
  /** @default none */
  readonly intercept?: Interceptor;
}

/** The behaviour of Amazon ECR where it differs from other registries. */
export const ecrWays = {
  access: { scheme: 'basic', username: 'AWS', password: 'ecr-authorization-token' },
  immutableTags: true,
  redirectBlobs: true,
  deletes: false,
} as const satisfies LocalRegistryOptions;

/** One request that was answered or aborted. */
export interface LoggedRequest {
  /** The registry, or the second origin that serves redirected blobs and tokens. */
  readonly origin: 'registry' | 'storage';
  readonly method: string;
  /** Without the query, which may contain a signature. */
  readonly path: string;
  readonly range: string | undefined;
  /** The scheme of the Authorization header, in lower case; never its credentials. */
  readonly authorization: string | undefined;
  /** Undefined if the connection ended without a response. */
  readonly status: number | undefined;
  /** Bytes of the response's body. */
  readonly bytes: number;
}

export interface LocalRegistry {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `127.0.0.1:PORT`, as used in a reference. */
  readonly host: string;
  /** The requests so far, in the order in which they ended. */
  readonly log: readonly LoggedRequest[];
  /** Adds a blob to a repository, without a request and without storing its bytes. */
  serveBlob(repository: string, digest: string, content: ServedContent | Uint8Array): void;
  /** Invalidates every token issued so far. */
  expireTokens(): void;
  close(): Promise<void>;
}

export async function createLocalRegistry(options: LocalRegistryOptions = {}): Promise<LocalRegistry> {
  const registry = new RegistryServer(options);
  await registry.listen();
  return registry;
}

/** The parts of a repository URL. The name matches greedily, because it may contain `manifests`. */
const repositoryPath =
  /^\/v2\/([a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*)\/(blobs\/uploads|blobs|manifests|referrers|tags)\/([^/]*)$/;

class RegistryServer implements LocalRegistry {
  readonly log: LoggedRequest[] = [];
  readonly #repositories = new Map<string, Repository>();
  /** Signatures of redirects that have not been followed yet. */
  readonly #signatures = new Set<string>();
  readonly #server: Server;
  readonly #storage: Server;
  readonly #rules: ManifestRules;
  #access: AccessControl | undefined;
  #url = '';

  constructor(readonly options: LocalRegistryOptions) {
    this.#rules = {
      immutableTags: options.immutableTags ?? false,
      referrersApi: options.referrersApi ?? true,
      referrersPageSize: options.referrersPageSize ?? 1000,
      deletes: options.deletes ?? true,
    };
    this.#server = this.#createServer('registry', (request) => this.#answer(request));
    this.#storage = this.#createServer('storage', (request) => this.#answerAsStorage(request));
  }

  async listen(): Promise<void> {
    for (const server of [this.#server, this.#storage]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    this.#url = originOf(this.#server);
    this.#access = new AccessControl(this.options.access, `${originOf(this.#storage)}/token`);
  }

  get url(): string {
    return this.#url;
  }

  get host(): string {
    return new URL(this.url).host;
  }

  serveBlob(repository: string, digest: string, content: ServedContent | Uint8Array): void {
    this.#repository(repository).blobs.set(digest, 'read' in content ? content : contentOf(content));
  }

  expireTokens(): void {
    this.#access?.expireTokens();
  }

  async close(): Promise<void> {
    for (const server of [this.#server, this.#storage]) {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    }
  }

  #createServer(origin: LoggedRequest['origin'], answer: (request: RegistryRequest) => Reply): Server {
    return createServer((incoming, response) => {
      // A client's connection error must not crash the process.
      response.on('error', () => {});
      void this.#serve(origin, incoming, response, answer);
    });
  }

  async #serve(
    origin: LoggedRequest['origin'],
    incoming: IncomingMessage,
    response: ServerResponse,
    answer: (request: RegistryRequest) => Reply,
  ): Promise<void> {
    const method = incoming.method ?? '';
    const { pathname: path, searchParams: query } = new URL(incoming.url ?? '/', 'http://registry');
    const interception = this.options.intercept?.({ method, path }) ?? {};
    const send = interception.send ?? sendReply;
    let bytes: number | undefined;
    try {
      const reply = await this.#reply(incoming, { method, path, query }, interception, answer);
      if (reply !== undefined) {
        response.once('close', () => incoming.resume());
        bytes = await send(response, method, reply);
      }
    } finally {
      this.log.push({
        origin,
        method,
        path,
        range: incoming.headers.range,
        authorization: incoming.headers.authorization?.split(' ')[0]?.toLowerCase(),
        status: bytes === undefined ? undefined : response.statusCode,
        bytes: bytes ?? 0,
      });
    }
  }

  /** Reads the request and returns the response; undefined if the connection ended before the request was complete. */
  async #reply(
    incoming: IncomingMessage,
    target: Pick<RegistryRequest, 'method' | 'path' | 'query'>,
    { reply, requestBytes = Infinity, ignoresRange = false }: Interception,
    answer: (request: RegistryRequest) => Reply,
  ): Promise<Reply | undefined> {
    if (reply !== undefined) {
      incoming.resume();
      return this.#interceptedReply(reply, target.path);
    }
    const body = await readRequestBody(incoming, requestBytes);
    if (body === undefined) return undefined;
    const headers = { ...incoming.headers };
    if (ignoresRange) delete headers.range;
    return answer({ ...target, headers, body });
  }

  #interceptedReply(reply: Reply, path: string): Reply {
    const access = this.options.access === undefined ? undefined : this.#access;
    if (reply.status !== 401 || access === undefined) return reply;
    return access.challenge(`repository:${repositoryPath.exec(path)?.[1] ?? ''}:pull`);
  }

  #answer(request: RegistryRequest): Reply {
    const { method, path } = request;
    if (path === '/v2/') {
      return this.#access?.refuse(request.headers.authorization, '', true) ?? { status: 200 };
    }
    const [, name, kind, written] = repositoryPath.exec(path) ?? [];
    const last = this.options.readsTagsAsDigests === true ? written?.replace(/^sha256-/, 'sha256:') : written;
    if (name === undefined || last === undefined) return replyWithError(404, 'NAME_UNKNOWN', 'unknown path');
    const isRead = method === 'GET' || method === 'HEAD';
    const refusal = this.#access?.refuse(request.headers.authorization, name, isRead);
    if (refusal !== undefined) return refusal;
    const repository = this.#repository(name);
    switch (`${isRead && kind !== 'blobs/uploads' ? 'READ' : method} ${kind ?? ''}`) {
      case 'READ manifests':
        return readManifest(request, repository, last);
      case 'PUT manifests':
        return putManifest(request, name, repository, last, this.#rules);
      case 'DELETE manifests':
        return deleteManifest(repository, last, this.#rules);
      case 'READ blobs':
        return this.#readBlob(request, name, repository, last);
      case 'DELETE blobs':
        return deleteBlob(repository, last);
      case 'READ referrers':
        return listReferrers(request, name, repository, last, this.#rules);
      case 'READ tags':
        return listTags(request, name, repository);
      case 'POST blobs/uploads':
        return openUpload(request, name, repository, this.#repositories);
      case 'GET blobs/uploads':
      case 'PATCH blobs/uploads':
      case 'PUT blobs/uploads':
      case 'DELETE blobs/uploads':
        return continueUpload(request, name, repository, last);
      default:
        return replyWithError(405, 'UNSUPPORTED', `${method} is not supported for this path`);
    }
  }

  #readBlob(request: RegistryRequest, name: string, repository: Repository, digest: string): Reply {
    if (algorithmOf(digest) === undefined) return replyWithError(400, 'DIGEST_INVALID', 'invalid digest');
    const isRedirected = this.options.redirectBlobs === true && request.method === 'GET';
    if (!isRedirected || !repository.blobs.has(digest)) return readBlob(request, repository, digest);
    const signature = randomUUID();
    this.#signatures.add(signature);
    const location = `${originOf(this.#storage)}/${name}/${digest}?X-Amz-Signature=${signature}`;
    return { status: 307, headers: { location } };
  }

  /** The second origin: storage, like S3 for ECR, and a token service. */
  #answerAsStorage(request: RegistryRequest): Reply {
    if (request.path === '/token') {
      const parameters =
        request.method === 'POST' ? new URLSearchParams(Buffer.from(request.body).toString()) : request.query;
      return this.#access?.issueToken(request.headers.authorization, parameters) ?? { status: 404 };
    }
    // S3 accepts a signature or an Authorization header, but not both.
    if (request.headers.authorization !== undefined) return { status: 400 };
    if (!this.#signatures.delete(request.query.get('X-Amz-Signature') ?? '')) return { status: 403 };
    const [, name = '', digest = ''] = /^\/(.+)\/([^/]+)$/.exec(request.path) ?? [];
    const blob = this.#repositories.get(name)?.blobs.get(digest);
    return blob === undefined ? { status: 404 } : replyWithRange(request, blob, {});
  }

  #repository(name: string): Repository {
    const repository = this.#repositories.get(name) ?? new Repository();
    this.#repositories.set(name, repository);
    return repository;
  }
}

function originOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The body, or undefined if it was aborted by the client, or exceeded `maximumBytes`. */
async function readRequestBody(
  incoming: IncomingMessage,
  maximumBytes: number,
): Promise<Uint8Array | undefined> {
  const { socket } = incoming;
  const pieces: Uint8Array[] = [];
  let byteCount = 0;
  try {
    for await (const piece of incoming as AsyncIterable<Uint8Array>) {
      pieces.push(piece);
      byteCount += piece.length;
      if (byteCount >= maximumBytes) socket.resetAndDestroy();
    }
  } catch {
    return undefined;
  }
  return byteCount >= maximumBytes ? undefined : Buffer.concat(pieces);
}
