// Sends requests to one repository of a registry: with authorization, along redirects, again where that may help. Its
// failures are RegistryErrors.
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
  /** Statuses that are an answer. Every other one is a failure. */
  readonly accepted: readonly number[];
  /** Whether the address is an upload's session, which a registry may lose. */
  readonly isUpload?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer with an accepted status. Its body is read or discarded by whoever asked. */
export interface RegistryAnswer extends HttpResponse {
  /** Where the answer came from, after redirects. */
  readonly url: URL;
  readonly source: AnswerSource;
}

const userAgent = 'soci-index-builder';
const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** After these, HTTP allows a client to go on with GET: what was to be written would be lost. */
const methodChangingStatuses: ReadonlySet<number> = new Set([301, 302, 303]);
/** With these a gateway in front of a registry may refuse HEAD. Whether the question itself was at fault, GET tells. */
const headRefusals: ReadonlySet<number> = new Set([400, 403, 405, 406, 501]);
const unknownMethodStatuses: ReadonlySet<number> = new Set([405, 501]);
/** Bytes of a refusal's body that are read for the registry's own words. */
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
   * Sends a request until it is answered and `read` has made something of the answer, or it fails for good.
   *
   * @throws RegistryError; the signal's reason when aborted; what `read` throws of its own, but for a FormatError or
   *   ContentMismatchError about an answer that may have been cut: that is a failure of the connection.
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

  /** Sends a request once; only a refused proof of identity is renewed and shown again. */
  async exchange(request: RegistryRequest, attempt: number): Promise<RegistryAnswer> {
    try {
      const { access } = request;
      const shown = await this.#authorization.header(access);
      let answer = await this.#follow(request, shown, attempt);
      const isExpiry = answer.status === 401 || (answer.status === 403 && shown !== undefined);
      // Another origin never saw our proof: its refusal is not about it.
      if (isExpiry && answer.url.origin === this.origin.origin) {
        const challenge = answer.headers['www-authenticate'];
        const renewed = await this.#authorization.renew(access, shown, challenge).catch((error: unknown) => {
          // An answer that is left unread keeps the process alive until the registry hangs up.
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
   * Asks with HEAD for something that may be missing: an answer of status 200 or 404. Undefined if the registry refuses
   * HEAD; whoever asks then uses GET, and where the method itself is unknown it is not sent again.
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

  /** An error of the socket as a RegistryError, any other as it is. */
  toRegistryError(error: unknown, request: RegistryRequest, attempt: number, progress = ''): unknown {
    request.signal?.throwIfAborted();
    if (error instanceof RegistryError) {
      // A token's failure does not know for which try it was asked.
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
      // ECR answers a blob's GET with a redirect to S3, which refuses a request that carries an Authorization header.
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
    if (target === undefined) throw refuse('a redirect to no address');
    if (redirects >= maximumRedirects) throw refuse(`more than ${maximumRedirects} redirects`);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead && methodChangingStatuses.has(response.status))
      throw refuse('a redirect that loses what is sent');
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

/** Where nothing announces an answer's end, a broken connection looks like one: what is damaged then may only be cut. */
function mayBeCut({ headers }: RegistryAnswer, error: unknown): boolean {
  const isDamage = error instanceof FormatError || error instanceof ContentMismatchError;
  return isDamage && headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
}

export function answerEndedEarly({ method, url }: RegistryRequest): RegistryFailure {
  return { method, url, problem: 'the answer ended early', transient: true };
}

/** The code and message of the first error that the registry's answer names, as far as it does. */
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
    // A load balancer's page, or nothing.
    return {};
  }
}

/** What node:http, node:dns and node:tls throw, as against faults of our own. */
function isSystemError(error: unknown): error is Error & { code: string } {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}
