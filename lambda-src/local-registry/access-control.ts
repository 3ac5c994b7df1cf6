// Who may do what: nobody is asked, or a password is, or a token that a password buys.
import { randomUUID } from 'node:crypto';
import { replyWithError, replyWithJson, type Reply } from './reply.ts';

export type AccessOptions =
  | { readonly scheme: 'basic'; readonly username: string; readonly password: string }
  | {
      readonly scheme: 'bearer';
      readonly username: string;
      readonly password: string;
      /** Whether a token to pull is given to anyone. */
      readonly anonymousPull?: boolean;
    };

const service = 'local-registry';
/** What Docker's token service gives. */
const tokenSeconds = 300;

/** The token service's own name for a login's long-lived token. */
const identityToken = 'local-registry-identity-token';

export class AccessControl {
  /** Tokens and the scopes they hold for. */
  readonly #tokens = new Map<string, ReadonlySet<string>>();

  /** @param realm Address of the token service. */
  constructor(
    readonly options: AccessOptions | undefined,
    readonly realm: string,
  ) {}

  /** Refuses a request whose Authorization header does not allow it, else undefined. */
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

  /** The refusal that says how to be allowed. */
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
    // Who may push may pull.
    this.#tokens.set(token, new Set([scope, scope.replace(/:pull,push$/, ':pull')]));
    const headers = { 'content-type': 'application/json' };
    return replyWithJson(200, { token, access_token: token, expires_in: tokenSeconds }, headers);
  }

  /** Makes every token that was given worthless, as time does. */
  expireTokens(): void {
    this.#tokens.clear();
  }

  #isPassword(authorization: string | undefined): boolean {
    const expected = Buffer.from(`${this.options?.username ?? ''}:${this.options?.password ?? ''}`);
    return authorization === `Basic ${expected.toString('base64')}`;
  }
}
