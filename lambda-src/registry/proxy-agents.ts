// Agents that send requests through a proxy. Loaded only if a proxy is configured (proxy.ts), because the packages slow
// down the start of a function.
import type http from 'node:http';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** The proxy cannot be reached, or does not forward a request. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: 'ERR_PROXY_REFUSED' | 'ERR_PROXY_UNAVAILABLE' | 'ERR_PROXY_UNREACHABLE';

  constructor(
    proxy: URL,
    problem: string,
    code: ProxyError['code'],
    options: { readonly cause?: unknown } = {},
  ) {
    super(`the proxy ${proxy.host} ${problem}`, options);
    this.code = code;
  }
}

/** How an agent connects to its proxy. */
export interface ProxyConnection {
  /** Without user name and password, which the packages would print if DEBUG is set. */
  readonly proxy: URL;
  /** Value of the Proxy-Authorization header. */
  readonly authorization: string | undefined;
  readonly connectMilliseconds: number;
}

/** @param isSecure Whether the requests are HTTPS: they go through a tunnel, which the proxy cannot inspect. */
export function createProxyAgent(connection: ProxyConnection, isSecure: boolean): http.Agent {
  return isSecure ? new TunnelAgent(connection) : new ForwardingAgent(connection);
}

class TunnelAgent extends HttpsProxyAgent<string> {
  constructor(readonly connection: ProxyConnection) {
    super(connection.proxy, { keepAlive: true, headers: authorizationHeaders(connection) });
  }

  override async connect(request: http.ClientRequest, options: ConnectOptions): Promise<Socket> {
    let status: number | undefined;
    request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
      status = answer.statusCode;
    });
    const { host = '' } = options;
    // The package omits the host name, so Node would verify the certificate for an IP address instead of the proxy's name.
    const checkServerIdentity = (_name: string, certificate: tls.PeerCertificate) =>
      tls.checkServerIdentity(host, certificate);
    const socket = await reachProxy(this, () =>
      super.connect(request, { ...options, checkServerIdentity } as ConnectOptions),
    );
    if (status === 200) return socket;
    // The package would present the proxy's response to the request as if it came from the registry.
    socket.destroy();
    throw refusal(this.connection.proxy, `${host}:${options.port}`, status);
  }
}

/** No keep-alive: the package rewrites the head of a waiting request only when the request gets a new connection. */
class ForwardingAgent extends HttpProxyAgent<string> {
  constructor(readonly connection: ProxyConnection) {
    super(connection.proxy, { headers: authorizationHeaders(connection) });
  }

  override async connect(...request: Parameters<HttpProxyAgent<string>['connect']>): Promise<Socket> {
    return reachProxy(this, () => super.connect(...request));
  }
}

function authorizationHeaders({ authorization }: ProxyConnection): http.OutgoingHttpHeaders {
  return authorization === undefined ? {} : { 'Proxy-Authorization': authorization };
}

/**
 * Connects through the proxy, with a timeout. Node does not notify an agent when a request without a socket is destroyed.
 *
 * @throws ProxyError
 */
async function reachProxy(
  agent: TunnelAgent | ForwardingAgent,
  connect: () => Promise<Socket>,
): Promise<Socket> {
  const { proxy, connectMilliseconds } = agent.connection;
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
  }, connectMilliseconds);
  // The packages create the socket at once, with these options.
  Object.assign(agent.connectOpts, { signal: abort.signal });
  try {
    return await connect();
  } catch (error) {
    const problem = abort.signal.aborted
      ? `did not answer within ${connectMilliseconds / 1000} seconds`
      : `cannot be reached: ${error instanceof Error ? error.message : String(error)}`;
    throw new ProxyError(proxy, problem, 'ERR_PROXY_UNREACHABLE', { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

function refusal(proxy: URL, target: string, status: number | undefined): ProxyError {
  const why = status === 407 ? ': it requires a user name and a password, or has rejected them' : '';
  return new ProxyError(
    proxy,
    `refused a connection to ${target} with status ${status ?? 'unknown'}${why}`,
    status !== undefined && status >= 500 && status !== 501 ? 'ERR_PROXY_UNAVAILABLE' : 'ERR_PROXY_REFUSED',
  );
}
