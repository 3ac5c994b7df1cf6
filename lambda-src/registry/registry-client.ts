// Sends requests to one repository of a registry, with authentication, redirects and retries. Failures are RegistryErrors.
import { STATUS_CODES } from 'node:http';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { dropUndefined } from '../core/oci/json-fields.ts';
import { RegistryAuthorization, type Access } from './authorization.ts';
import type { CredentialsProvider } from './credentials.ts';
import { isRemote, maximumRedirects, parseLocation, refusalOf } from './redirect.ts';
import { cleanText, RegistryError, type RegistryFailure } from './registry-error.ts';
import {
  isTransientSocketError,
  isTransientStatus,
  parseRetryAfter,
  withRetries,
  type AnswerSource,
  type RetryPolicy,
} from './retry.ts';
import { readBody, type HttpResponse, type Transport } from './transport.ts';

export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly url: URL;
  readonly access: Access;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Accepted statuses. Every other status is a failure. */
  readonly accepted: readonly number[];
  /** Whether the URL is an upload session, which a registry may lose. */
  readonly isUpload?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A response with an accepted status. The caller reads or discards its body. */
export interface RegistryAnswer extends HttpResponse {
  /** The URL of the response, after redirects. */
  readonly url: URL;
  readonly source: AnswerSource;
}

const userAgent = 'soci-index-builder';
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** For these redirects, HTTP allows a client to continue with GET, so a write would be lost. */
const methodChangingStatuses: ReadonlySet<number> = new Set([301, 302, 303]);
/**
 * Statuses with which a gateway in front of a registry may refuse HEAD. A GET then shows whether the request itself was
 * wrong.
 */
const headRefusals: ReadonlySet<number> = new Set([400, 403, 405, 406, 501]);
const unknownMethodStatuses: ReadonlySet<number> = new Set([405, 501]);
/** Bytes of a refusal's body to read for the registry's message. */
const maximumRefusalBytes = 65_536;

export class RegistryClient {
  readonly #authorization: RegistryAuthorization;
  #knowsNoHead = false;

  constructor(
    readonly origin: URL,
    repository: string,
    credentials: CredentialsProvider,
    readonly transport: Transport,
    readonly retryPolicy: RetryPolicy,
  ) {
    this.#authorization = new RegistryAuthorization(origin, repository, transport, credentials);
  }

  /**
   * Sends a request, with retries, until `read` has processed the response or the request has failed permanently.
   *
   * @throws RegistryError; the signal's reason when aborted; any error from `read`. A FormatError or ContentMismatchError
   *   about a response that may be truncated is treated as a connection failure.
   */
  async send<Result>(
    request: RegistryRequest,
    read: (answer: RegistryAnswer, attempt: number) => Promise<Result> | Result,
  ): Promise<Result> {
    return withRetries(this.retryPolicy, request.signal, async (attempt) => {
      const answer = await this.exchange(request, attempt);
      try {
        return await read(answer, attempt);
      } catch (error) {
        throw mayBeCut(answer, error)
          ? new RegistryError({ ...answerEndedEarly(request), cause: error }, attempt)
          : this.toRegistryError(error, request, attempt);
      }
    });
  }

  /** Sends a request once; only refused credentials are renewed and sent again. */
  async exchange(request: RegistryRequest, attempt: number): Promise<RegistryAnswer> {
    try {
      const { access } = request;
      const shown = await this.#authorization.header(access);
      let answer = await this.#follow(request, shown, attempt);
      const isExpiry = answer.status === 401 || (answer.status === 403 && shown !== undefined);
      // Another origin never received our credentials, so its refusal does not concern them.
      if (isExpiry && answer.url.origin === this.origin.origin) {
        const challenge = answer.headers['www-authenticate'];
        const renewed = await this.#authorization.renew(access, shown, challenge).catch((error: unknown) => {
          // An unread response keeps the process alive until the registry closes the connection.
          answer.discard();
          throw error;
        });
        if (renewed !== undefined) {
          answer.discard();
          answer = await this.#follow(request, renewed, attempt);
        }
      }
      if (request.accepted.includes(answer.status)) return answer;
      throw new RegistryError(await this.#readRefusal(request, answer), attempt);
    } catch (error) {
      throw this.toRegistryError(error, request, attempt);
    }
  }

  /**
   * A HEAD request for something that may be missing: a response with status 200 or 404. Undefined if the registry refuses
   * HEAD; the caller then uses GET. If the registry does not support the method at all, HEAD is not sent again.
   */
  async head(
    request: Omit<RegistryRequest, 'method' | 'accepted'>,
    attempt: number,
  ): Promise<RegistryAnswer | undefined> {
    if (this.#knowsNoHead) return undefined;
    const accepted = [200, 404, ...headRefusals];
    const answer = await this.exchange({ ...request, method: 'HEAD', accepted }, attempt);
    answer.discard();
    if (!headRefusals.has(answer.status)) return answer;
    this.#knowsNoHead = unknownMethodStatuses.has(answer.status);
    return undefined;
  }

  /** Converts a socket error to a RegistryError; other errors are unchanged. */
  toRegistryError(error: unknown, request: RegistryRequest, attempt: number, progress = ''): unknown {
    request.signal?.throwIfAborted();
    if (error instanceof RegistryError) {
      // The failure of a token request does not have the attempt number of the request that needed the token.
      return error.attempt === attempt ? error : new RegistryError(error.failure, attempt);
    }
    if (!isSystemError(error)) return error;
    const { method, url } = request;
    const problem = `${progress}${this.#cleanMessage(error.message === '' ? error.code : error.message)}`;
    return new RegistryError(
      { method, url, problem, transient: isTransientSocketError(error), cause: error },
      attempt,
    );
  }

  async #follow(
    request: RegistryRequest,
    authorization: string | undefined,
    attempt: number,
  ): Promise<RegistryAnswer> {
    const { method, body, signal } = request;
    let url = request.url;
    for (let redirects = 0; ; redirects++) {
      const isOwn = url.origin === this.origin.origin;
      const headers: Record<string, string> = { 'user-agent': userAgent, ...request.headers };
      // ECR redirects a GET of a blob to S3, which refuses requests with an Authorization header.
      if (isOwn && authorization !== undefined) headers['authorization'] = authorization;
      const remoteOnly = !isOwn && isRemote(this.origin);
      const sent = dropUndefined({ method, url, headers, body, remoteOnly, signal });
      const response = await this.transport.send(sent);
      if (!redirectStatuses.has(response.status)) {
        const source = isOwn ? (request.isUpload === true ? 'upload' : 'registry') : 'redirect';
        return { ...response, url, source };
      }
      response.discard();
      url = this.#nextUrl(request, response, url, redirects, attempt);
    }
  }

  #nextUrl(
    request: RegistryRequest,
    response: HttpResponse,
    url: URL,
    redirects: number,
    attempt: number,
  ): URL {
    const refuse = (problem: string): RegistryError =>
      new RegistryError(
        { method: request.method, url: request.url, status: response.status, problem, transient: false },
        attempt,
      );
    const target = parseLocation(response.headers.location, url);
    if (target === undefined) throw refuse('a redirect to a missing or invalid address');
    if (redirects >= maximumRedirects) throw refuse(`more than ${maximumRedirects} redirects`);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && methodChangingStatuses.has(response.status))
      throw refuse('a redirect that would lose the request body');
    const refusal = refusalOf(this.origin, target);
    if (refusal !== undefined) throw refuse(`a redirect ${refusal}`);
    return target;
  }

  async #readRefusal(request: RegistryRequest, answer: RegistryAnswer): Promise<RegistryFailure> {
    const { status, headers, source } = answer;
    const { code, message } = parseRefusal(await readBody(answer, maximumRefusalBytes));
    const words = [code, message]
      .filter((word) => word !== undefined)
      .map((word) => this.#cleanMessage(word));
    const place = [
      source === 'redirect' && answer.url.origin !== request.url.origin ? ` from ${answer.url.host}` : '',
      answer.proxy === undefined ? '' : ` through the proxy ${answer.proxy}`,
    ].join('');
    return dropUndefined({
      method: request.method,
      url: request.url,
      status,
      code,
      problem: `${words.length === 0 ? (STATUS_CODES[status] ?? 'unknown') : words.join(': ')}${place}`,
      transient: isTransientStatus(status, source),
      isAnonymous: this.#authorization.isAnonymous,
      retryAfterMilliseconds: parseRetryAfter(headers['retry-after'], Date.now()),
    });
  }

  #cleanMessage(text: string): string {
    return cleanText(this.#authorization.redact(text));
  }
}

/**
 * If nothing marks the end of a response, a broken connection looks like the end. Damaged content may then only be
 * truncated.
 */
function mayBeCut({ headers }: RegistryAnswer, error: unknown): boolean {
  const isDamage = error instanceof FormatError || error instanceof ContentMismatchError;
  return isDamage && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

export function answerEndedEarly({ method, url }: RegistryRequest): RegistryFailure {
  return { method, url, problem: 'the response ended early', transient: true };
}

/** Code and message of the first error in the registry's response, if it contains any. */
function parseRefusal(bytes: Uint8Array | undefined): { code?: string; message?: string } {
  try {
    const json = JSON.parse(new TextDecoder().decode(bytes)) as {
      errors?: { code?: unknown; message?: unknown }[];
    };
    const first = json.errors?.[0];
    const code =
      typeof first?.code === 'string' && /^[A-Z_]{1,64}$/.test(first.code) ? first.code : undefined;
    const message = typeof first?.message === 'string' && first.message !== '' ? first.message : undefined;
    return dropUndefined({ code, message });
  } catch {
    // The error page of a load balancer, or an empty body.
    return {};
  }
}

/** Errors of node:http, node:dns and node:tls, as opposed to bugs in this program. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}
