// Authentication to a registry: Basic, or Bearer tokens from the service that the registry names.
// https://distribution.github.io/distribution/spec/auth/token/
//
// Credentials are sent to the registry's own origin, and to the token service (realm) that this registry names. For Docker
// Hub and many other registries, the token service is on another host, so a client that refused it could not log in. The
// realm must use HTTPS, unless the registry itself is used over plain HTTP. A registry cannot obtain the credentials of
// another one this way: a realm only ever receives those that the user has for the registry that named it.
import { dropUndefined } from '../core/oci/json-fields.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import { isRemote, parseLocation, refusalOf } from './redirect.ts';
import { RegistryError } from './registry-error.ts';
import { isTransientStatus, parseRetryAfter } from './retry.ts';
import { readBody, type HttpRequest, type Transport } from './transport.ts';

/** The kind of access that a request needs. */
export type Access = 'pull' | 'push';

/** An Authorization header, with its validity. */
interface Proof {
  /** Undefined without credentials: an anonymous request has no header. */
  readonly header: string | undefined;
  readonly expiresAtMilliseconds: number;
}

const maximumTokenAnswerBytes = 65_536;

/** Validity of a token in seconds if its service does not specify it; defined by the protocol. */
const defaultTokenSeconds = 60;

/** A token is renewed after this share of its validity, so that it does not expire in transit. */
const usablePart = 0.9;

/** The request that needs the token reports the number of attempts itself. */
const firstAttempt = 1;

/** A shorter secret would occur in ordinary words, and redacting it would reveal it. */
const minimumRedactedCharacters = 6;

const clientId = 'soci-index-builder';

export class RegistryAuthorization {
  /** The registry's last challenge. Before the first one, no credentials are sent. */
  #challenge: Challenge | undefined;
  /** The scope that the registry requested, by kind of access. */
  readonly #scopes: Map<Access, string>;
  /** One authentication at a time for each kind of access: parallel requests wait for the same token. */
  readonly #proofs = new Map<Access, Promise<Proof>>();
  #isAnonymous = true;
  /** All secrets, for `redact`. */
  readonly #secrets = new Set<string>();

  constructor(
    readonly registry: URL,
    readonly repository: string,
    readonly transport: Transport,
    readonly credentials: CredentialsProvider,
    /** The current time in milliseconds. */
    readonly now: () => number = Date.now,
  ) {
    this.#scopes = new Map([
      ['pull', `repository:${repository}:pull`],
      ['push', `repository:${repository}:pull,push`],
    ]);
  }

  /** Whether there are no credentials, or the registry has not requested any. */
  get isAnonymous(): boolean {
    return this.#isAnonymous;
  }

  /** The Authorization header to start with, or undefined if the registry has not requested one. */
  async header(access: Access): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    const held = await this.#proofs.get(access);
    if (held !== undefined && held.expiresAtMilliseconds > this.now()) return held.header;
    this.#proofs.delete(access);
    return (await this.#prove(access)).header;
  }

  /**
   * A new header after the registry has refused `refused`, or undefined if no other header can be made.
   *
   * @param wwwAuthenticate The challenge. Absent in the 403 response that ECR sends for an expired password.
   */
  async renew(
    access: Access,
    refused: string | undefined,
    wwwAuthenticate: string | undefined,
  ): Promise<string | undefined> {
    const challenges = parseChallenges(wwwAuthenticate ?? '');
    const challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ??
      challenges.find(({ scheme }) => scheme === 'basic');
    if (challenge !== undefined) {
      this.#challenge = challenge;
      const scope = challenge.parameters.get('scope') ?? '';
      // The challenge for the check before an upload contains only the scope for reading; the upload needs its own scope.
      if (scope !== '' && !covers(this.#scopes.get(access) ?? '', scope)) this.#scopes.set(access, scope);
    }
    if (this.#challenge === undefined) return undefined;
    const held = await this.#proofs.get(access)?.catch(() => undefined);
    // Another request may have renewed it in the meantime.
    if (held === undefined || held.header === refused) this.#proofs.delete(access);
    const { header } = await this.#prove(access);
    return header === refused ? undefined : header;
  }

  /** Redacts all secrets that are used here, because a registry's message may repeat what the registry received. */
  redact(text: string): string {
    let redacted = text;
    for (const secret of this.#secrets) {
      if (secret.length >= minimumRedactedCharacters) redacted = redacted.replaceAll(secret, '[secret]');
    }
    return redacted;
  }

  #prove(access: Access): Promise<Proof> {
    const held = this.#proofs.get(access);
    if (held !== undefined) return held;
    const proof = this.#obtainProof(access);
    this.#proofs.set(access, proof);
    // A failure is reported to the requests that wait for it, not to later ones.
    proof.catch(() => {
      if (this.#proofs.get(access) === proof) this.#proofs.delete(access);
    });
    return proof;
  }

  async #obtainProof(access: Access): Promise<Proof> {
    const credentials = await this.credentials(this.registry.host, this.repository);
    this.#isAnonymous = credentials === undefined;
    if (this.#challenge?.scheme === 'bearer') return this.#requestToken(access, this.#challenge, credentials);
    const header = credentials?.kind === 'password' ? this.#basicHeader(credentials) : undefined;
    return { header, expiresAtMilliseconds: Infinity };
  }

  async #requestToken(
    access: Access,
    challenge: Challenge,
    credentials: Credentials | undefined,
  ): Promise<Proof> {
    const realm = parseLocation(challenge.parameters.get('realm'), this.registry);
    if (realm === undefined)
      throw this.#tokenError(this.registry, 'requests a token, but does not name a token service');
    const refusal = refusalOf(this.registry, realm);
    if (refusal !== undefined) throw this.#tokenError(this.registry, `redirects token requests ${refusal}`);
    const request = this.#tokenRequest(realm, challenge.parameters.get('service'), access, credentials);
    const response = await this.transport.send(request);
    const bytes = await readBody(response, maximumTokenAnswerBytes);
    if (response.status !== 200) {
      const failure = {
        method: request.method,
        url: realm,
        status: response.status,
        problem: 'from the token service',
        isAnonymous: this.#isAnonymous,
        transient: isTransientStatus(response.status, 'registry'),
        retryAfterMilliseconds: parseRetryAfter(response.headers['retry-after'], this.now()),
      };
      throw new RegistryError(dropUndefined(failure), firstAttempt);
    }
    const token = bytes === undefined ? undefined : parseToken(bytes);
    if (token === undefined) throw this.#tokenError(realm, 'answered without a usable token');
    this.#secrets.add(token.token);
    return {
      header: `Bearer ${token.token}`,
      expiresAtMilliseconds: this.now() + token.seconds * 1000 * usablePart,
    };
  }

  #tokenRequest(
    realm: URL,
    service: string | undefined,
    access: Access,
    credentials: Credentials | undefined,
  ): HttpRequest {
    const remoteOnly = isRemote(this.registry) && realm.origin !== this.registry.origin;
    const parameters = new URLSearchParams();
    if (service !== undefined) parameters.set('service', service);
    parameters.set('scope', this.#scopes.get(access) ?? '');
    if (credentials?.kind === 'identity-token') {
      this.#secrets.add(credentials.identityToken);
      parameters.set('grant_type', 'refresh_token');
      parameters.set('client_id', clientId);
      parameters.set('refresh_token', credentials.identityToken);
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const body = new TextEncoder().encode(parameters.toString());
      return { method: 'POST', url: realm, headers, body, remoteOnly };
    }
    const url = new URL(realm);
    for (const [name, value] of parameters) url.searchParams.append(name, value);
    const headers: Record<string, string> = {};
    if (credentials !== undefined) headers['authorization'] = this.#basicHeader(credentials);
    return { method: 'GET', url, headers, remoteOnly };
  }

  #basicHeader({ username, password }: Extract<Credentials, { kind: 'password' }>): string {
    const encoded = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
    this.#secrets.add(password);
    this.#secrets.add(encoded);
    return `Basic ${encoded}`;
  }

  #tokenError(url: URL, problem: string): RegistryError {
    return new RegistryError({ method: 'GET', url, problem, transient: false }, firstAttempt);
  }
}

/** Whether a token with the first scope can be used for the second. */
function covers(held: string, asked: string): boolean {
  const [heldName, heldActions] = splitActions(held);
  const [askedName, askedActions] = splitActions(asked);
  return heldName === askedName && askedActions.every((action) => heldActions.includes(action));
}

/** `repository:team/app:pull,push` as resource and actions. */
function splitActions(scope: string): [name: string, actions: readonly string[]] {
  const colon = scope.lastIndexOf(':');
  return [scope.slice(0, Math.max(colon, 0)), scope.slice(colon + 1).split(',')];
}

interface Token {
  readonly token: string;
  readonly seconds: number;
}

/** The token in a service's response, or undefined if the response contains no token that is valid in a header. */
function parseToken(bytes: Uint8Array): Token | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const fields = json as Record<string, unknown>;
  // Two names for the same field: Docker's and OAuth's.
  const token = fields['token'] ?? fields['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  const seconds = fields['expires_in'];
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : defaultTokenSeconds };
}
