// Decides which requests go through a proxy, based on HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in upper or lower case, like
// curl and other programs. This machine and its network link, with their metadata services, are never reached through a
// proxy.
import http from 'node:http';
import https from 'node:https';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigError } from '../core/errors.ts';
import { isLocalHost } from './network-address.ts';
import type { ProxyConnection } from './proxy-agents.ts';

declare module 'http' {
  interface Agent {
    /** Node's internal agent interface. It is undocumented, but every proxy agent relies on it. */
    addRequest(request: ClientRequest, options: RequestOptions): void;
  }
}

export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Keep-alive agents that use a proxy where one applies. */
export function createAgents(connectMilliseconds: number): Agents {
  if (!isProxyConfigured()) {
    return { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  }
  const viaHttp = new ProxyChoice(connectMilliseconds, false);
  const viaHttps = new ProxyChoice(connectMilliseconds, true);
  return { http: new HttpAgent(viaHttp), https: new HttpsAgent(viaHttps) };
}

/** Whether the environment configures any proxy. */
export function isProxyConfigured(): boolean {
  return ['http', 'https'].some((scheme) => findVariable(scheme) !== undefined);
}

/**
 * The proxy for requests to a host; undefined for a direct connection.
 *
 * @throws ConfigError for a variable that is not the URL of an HTTP proxy.
 */
export function proxyOf(url: URL): URL | undefined {
  if (isLocalHost(url.hostname)) return undefined;
  const variable = findVariable(url.protocol.slice(0, -1));
  // The package implements NO_PROXY.
  if (variable === undefined || getProxyForUrl(url.href) === '') return undefined;
  const value = process.env[variable] ?? '';
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol)) {
    // The value is not shown, because it may contain a password.
    throw new ConfigError([
      `${variable} is not the URL of an HTTP proxy; expected a URL such as http://proxy.example.com:3128`,
    ]);
  }
  return proxy;
}

/** The name of the variable that is set; lower case takes precedence, as in the package and in curl. */
function findVariable(scheme: string): string | undefined {
  const name = `${scheme}_proxy`;
  return [name, name.toUpperCase()].find((variable) => (process.env[variable] ?? '') !== '');
}

/** The agents created so far, by proxy. */
class ProxyChoice {
  readonly #agents = new Map<string, Promise<http.Agent>>();

  constructor(
    readonly connectMilliseconds: number,
    readonly isSecure: boolean,
  ) {}

  /**
   * Sends a request through its proxy, if it has one.
   *
   * @returns Whether it has one.
   * @throws Same as `proxyOf`.
   */
  takes(request: http.ClientRequest, options: http.RequestOptions): boolean {
    const { host, port } = options;
    const name = host?.includes(':') === true ? `[${host}]` : (host ?? '');
    const proxy = proxyOf(new URL(`${this.isSecure ? 'https' : 'http'}://${name}:${port ?? ''}`));
    if (proxy === undefined) return false;
    const agent = this.#agents.get(proxy.href) ?? this.#load(proxy);
    this.#agents.set(proxy.href, agent);
    void agent.then((loaded) => {
      loaded.addRequest(request, Object.assign(options, { secureEndpoint: this.isSecure }));
    });
    return true;
  }

  async #load(proxy: URL): Promise<http.Agent> {
    const { createProxyAgent } = await import('./proxy-agents.ts');
    return createProxyAgent(connectionTo(proxy, this.connectMilliseconds), this.isSecure);
  }
}

function connectionTo(proxy: URL, connectMilliseconds: number): ProxyConnection {
  const { username, password } = proxy;
  const bare = new URL(proxy);
  bare.username = '';
  bare.password = '';
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization =
    username === '' && password === '' ? undefined : `Basic ${Buffer.from(user).toString('base64')}`;
  return { proxy: bare, authorization, connectMilliseconds };
}

class HttpAgent extends http.Agent {
  constructor(readonly choice: ProxyChoice) {
    super({ keepAlive: true });
  }

  override addRequest(request: http.ClientRequest, options: http.RequestOptions): void {
    if (!this.choice.takes(request, options)) super.addRequest(request, options);
  }
}

class HttpsAgent extends https.Agent {
  constructor(readonly choice: ProxyChoice) {
    super({ keepAlive: true });
  }

  override addRequest(request: http.ClientRequest, options: http.RequestOptions): void {
    if (!this.choice.takes(request, options)) super.addRequest(request, options);
  }
}
