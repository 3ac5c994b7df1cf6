// Which requests go through a proxy: by HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in lower case too, as curl and other
// programs have them. This machine and its network link, where metadata services are, are never reached by a proxy.
import http from 'node:http';
import https from 'node:https';
import { getProxyForUrl } from 'proxy-from-env';
import { ConfigError } from '../core/errors.ts';
import { isLocalHost } from './network-address.ts';
import type { ProxyConnection } from './proxy-agents.ts';

declare module 'http' {
  interface Agent {
    /** How Node gives an agent a request. Not documented, but what every agent of a proxy is built on. */
    addRequest(request: ClientRequest, options: RequestOptions): void;
  }
}

export interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** Agents that keep connections, and send through a proxy what is to go through one. */
export function createAgents(connectMilliseconds: number): Agents {
  if (!isProxyConfigured()) {
    return { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };
  }
  const viaHttp = new ProxyChoice(connectMilliseconds, false);
  const viaHttps = new ProxyChoice(connectMilliseconds, true);
  return { http: new HttpAgent(viaHttp), https: new HttpsAgent(viaHttps) };
}

/** Whether the environment names any proxy. */
export function isProxyConfigured(): boolean {
  return ['http', 'https'].some((scheme) => findVariable(scheme) !== undefined);
}

/**
 * The proxy for requests to a host; undefined if they go there directly.
 *
 * @throws ConfigError for a variable that does not name an HTTP proxy.
 */
export function proxyOf(url: URL): URL | undefined {
  if (isLocalHost(url.hostname)) return undefined;
  const variable = findVariable(url.protocol.slice(0, -1));
  // NO_PROXY: the package knows its forms.
  if (variable === undefined || getProxyForUrl(url.href) === '') return undefined;
  const value = process.env[variable] ?? '';
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(address) ? new URL(address) : undefined;
  if (proxy === undefined || !['http:', 'https:'].includes(proxy.protocol)) {
    // Not its value, which may hold a password.
    throw new ConfigError([
      `${variable} is not the address of an HTTP proxy: expected one like http://proxy.example.com:3128`,
    ]);
  }
  return proxy;
}

/** Of the two names of a variable the one that is set; lower case counts first, as with the package and curl. */
function findVariable(scheme: string): string | undefined {
  const name = `${scheme}_proxy`;
  return [name, name.toUpperCase()].find((variable) => (process.env[variable] ?? '') !== '');
}

/** The agents of the proxies that were needed so far. */
class ProxyChoice {
  readonly #agents = new Map<string, Promise<http.Agent>>();

  constructor(
    readonly connectMilliseconds: number,
    readonly isSecure: boolean,
  ) {}

  /** Whether a request goes through a proxy; it is then dealt with. @throws ConfigError as of `proxyOf`. */
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
