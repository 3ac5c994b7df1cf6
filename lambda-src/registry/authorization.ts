// Proves to a registry who we are: Basic, or Bearer tokens from the service that the registry names.
// https://distribution.github.io/distribution/spec/auth/token/
//
// Whom the credentials are shown to: the registry's own origin, and the token service (realm) that this registry names,
// which is another host for Docker Hub and many more: a client that refused it could not log in there. The realm must
// speak HTTPS, unless the registry itself is used over plain HTTP. A registry cannot thereby get at the credentials of
// another one: those shown to a realm are always those that the user has for the registry that named it.
import { dropUndefined } from '../core/oci/json-fields.ts';
import { parseChallenges, type Challenge } from './challenge.ts';
import type { Credentials, CredentialsProvider } from './credentials.ts';
import { isRemote, parseLocation, refusalOf } from './redirect.ts';
import { RegistryError } from './registry-error.ts';
import { isTransientStatus, parseRetryAfter } from './retry.ts';
import { readBody, type HttpRequest, type Transport } from './transport.ts';

/** What a request does in the repository. */
export type Access = 'pull' | 'push';

/** An Authorization header, as long as it holds. */
interface Proof {
  /** Undefined where nobody is known: an anonymous request then goes without. */
  readonly header: string | undefined;
  readonly expiresAtMilliseconds: number;
}

const maximumTokenAnswerBytes = 65_536;

/** Seconds that a token holds where its service does not say: so the protocol. */
const defaultTokenSeconds = 60;

/** A token is renewed when this part of its time is over, so that it does not expire on its way. */
const usablePart = 0.9;

/** Whoever sends the request that a token is for knows better which try it is, and says so. */
const firstAttempt = 1;

/** A shorter secret would be found in innocent words, and give itself away by its absence. */
const minimumRedactedCharacters = 6;

const clientId = 'soci-index-builder';

export class RegistryAuthorization {
  /** What the registry last asked for. Before its first refusal nothing is shown to it. */
  #challenge: Challenge | undefined;
  /** The scope that the registry asked for, by what we do. */
  readonly #scopes: Map<Access, string>;
  /** One proof at a time for each access: requests side by side wait for the same token. */
  readonly #proofs = new Map<Access, Promise<Proof>>();
  #isAnonymous = true;
  /** Everything that must not be seen, for `redact`. */
  readonly #secrets = new Set<string>();

  constructor(
    readonly registry: URL,
    readonly repository: string,
    readonly transport: Transport,
    readonly credentials: CredentialsProvider,
    /** The time in milliseconds. */
    readonly now: () => number = Date.now,
  ) {
    this.#scopes = new Map([
      ['pull', `repository:${repository}:pull`],
      ['push', `repository:${repository}:pull,push`],
    ]);
  }

  /** Whether no credentials are known, or the registry has asked for none. */
  get isAnonymous(): boolean {
    return this.#isAnonymous;
  }

  /** The Authorization header to begin with, or undefined where the registry has asked for none. */
  async header(access: Access): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    const held = await this.#proofs.get(access);
    if (held !== undefined && held.expiresAtMilliseconds > this.now()) return held.header;
    this.#proofs.delete(access);
    return (await this.#prove(access)).header;
  }

  /**
   * Another header after the registry has refused `refused`, or undefined where there is no other.
   *
   * @param wwwAuthenticate What the refusal asks for. Absent in a 403, with which ECR answers an expired password.
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
      // A question before an upload is refused with the scope of a question; the upload will need its own.
      if (scope !== '' && !covers(this.#scopes.get(access) ?? '', scope)) this.#scopes.set(access, scope);
    }
    if (this.#challenge === undefined) return undefined;
    const held = await this.#proofs.get(access)?.catch(() => undefined);
    // Another request may have renewed it in the meantime.
    if (held === undefined || held.header === refused) this.#proofs.delete(access);
    const { header } = await this.#prove(access);
    return header === refused ? undefined : header;
  }

  /** The text without any secret that has passed through here. A registry's message may repeat what it was sent. */
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
    // A failure is told to those who wait for it, not to those who come later.
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
      throw this.#tokenError(this.registry, 'asks for a token and names no service for it');
    const refusal = refusalOf(this.registry, realm);
    if (refusal !== undefined) throw this.#tokenError(this.registry, `names a token service ${refusal}`);
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
    if (token === undefined) throw this.#tokenError(realm, 'answered without a token that can be used');
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

/** Whether a token of the first scope serves where the second is asked for. */
function covers(held: string, asked: string): boolean {
  const [heldName, heldActions] = splitActions(held);
  const [askedName, askedActions] = splitActions(asked);
  return heldName === askedName && askedActions.every((action) => heldActions.includes(action));
}

/** `repository:team/app:pull,push` as what it is of, and its actions. */
function splitActions(scope: string): [name: string, actions: readonly string[]] {
  const colon = scope.lastIndexOf(':');
  return [scope.slice(0, Math.max(colon, 0)), scope.slice(colon + 1).split(',')];
}

interface Token {
  readonly token: string;
  readonly seconds: number;
}

/** The token of a service's answer, or undefined where it has none that could stand in a header. */
function parseToken(bytes: Uint8Array): Token | undefined {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof json !== 'object' || json === null) return undefined;
  const fields = json as Record<string, unknown>;
  // Two names for one thing: Docker's, and OAuth's.
  const token = fields['token'] ?? fields['access_token'];
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token)) return undefined;
  const seconds = fields['expires_in'];
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : defaultTokenSeconds };
}
