// Access control of the local registry: anonymous, with a password, or with a token that is issued for a password.
import { randomUUID } from 'node:crypto';
import { replyWithError, replyWithJson, type Reply } from './reply.ts';

export type AccessOptions =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly scheme: 'bearer';
      readonly username: string;
      readonly password: string;
      /** Whether anonymous clients get a token for pulling. */
      readonly anonymousPull?: boolean;
    };

const service = 'local-registry';
/** The same validity as in responses of Docker's token service. */
const tokenSeconds = 300;

/** The token service's name for a long-lived login token. */
const identityToken = 'local-registry-identity-token';

export class AccessControl {
  /** Tokens with their scopes. */
  readonly #tokens = new Map<string, ReadonlySet<string>>();

  /** @param realm URL of the token service. */
  constructor(
    readonly options: AccessOptions | undefined,
    readonly realm: string,
  ) {}

  /** The refusal of a request that is not authorized, otherwise undefined. */
  refuse(authorization: string | undefined, repository: string, isRead: boolean): Reply | undefined {
    if (this.options === undefined) return undefined;
    const actions = isRead ? 'pull' : 'pull,push';
    const scope = `repository:${repository}:${actions}`;
    const allowed =
      this.options.scheme === 'basic'
        ? this.#isPassword(authorization)
        : this.#tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '')?.has(scope) === true;
    return allowed ? undefined : this.challenge(scope);
  }

  /** A refusal with the challenge for a scope. */
  challenge(scope: string): Reply {
    const header =
      this.options?.scheme === 'bearer'
        ? `Bearer realm="${this.realm}",service="${service}",scope="${scope}"`
        : `Basic realm="${service}",service="${service}"`;
    return replyWithError(401, 'UNAUTHORIZED', 'authentication required', { 'www-authenticate': header });
  }

  /** Answers a request to the token service. */
  issueToken(authorization: string | undefined, parameters: URLSearchParams): Reply {
    const { options } = this;
    if (options?.scheme !== 'bearer') return replyWithError(404, 'UNSUPPORTED', 'there is no token service');
    const scope = parameters.get('scope') ?? '';
    const isKnown = this.#isPassword(authorization) || parameters.get('refresh_token') === identityToken;
    const isAnonymous =
      authorization === undefined && options.anonymousPull === true && scope.endsWith(':pull');
    if (!isKnown && !isAnonymous) return replyWithError(401, 'UNAUTHORIZED', 'wrong user name or password');
    const token = randomUUID();
    // Push permission includes pull permission.
    this.#tokens.set(token, new Set([scope, scope.replace(/:pull,push$/, ':pull')]));
    const headers = { 'content-type': 'application/json' };
    return replyWithJson(200, { token, access_token: token, expires_in: tokenSeconds }, headers);
  }

  /** Invalidates every token issued so far, as if it had expired. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  #isPassword(authorization: string | undefined): boolean {
    const expected = Buffer.from(`${this.options?.username ?? ''}:${this.options?.password ?? ''}`);
    return authorization === `Basic ${expected.toString('base64')}`;
  }
}
