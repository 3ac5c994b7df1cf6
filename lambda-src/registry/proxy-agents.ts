// The agents that send requests through a proxy. This file is loaded only if there is a proxy (proxy.ts): what it imports
// takes longer to start than a function may.
import type http from 'node:http';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';

type ConnectOptions = Parameters<HttpsProxyAgent<string>['connect']>[1];

/** A proxy that cannot be reached, or does not pass a request on. */
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

/** How an agent reaches its proxy. */
export interface ProxyConnection {
  /** Without user name and password: the packages print it where DEBUG asks them to. */
  readonly proxy: URL;
  /** Value of the header Proxy-Authorization. */
  readonly authorization: string | undefined;
  readonly connectMilliseconds: number;
}

/** @param isSecure Whether the requests are HTTPS: they go through a tunnel, which the proxy cannot look into. */
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
    // The package leaves the host's name out, so that Node would look for an IP address in place of the proxy's name.
    const checkServerIdentity = (_name: string, certificate: tls.PeerCertificate) =>
      tls.checkServerIdentity(host, certificate);
    const socket = await reachProxy(this, () =>
      super.connect(request, { ...options, checkServerIdentity } as ConnectOptions),
    );
    if (status === 200) return socket;
    // The package would have the request read the proxy's answer as if it were the registry's.
    socket.destroy();
    throw refusal(this.connection.proxy, `${host}:${options.port}`, status);
  }
}

/** Without keep-alive: a request that waits for a connection has its head rewritten only when it gets a new one. */
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
 * Connects through the proxy, and gives up after a while. Node does not tell an agent when a request that has no socket yet
 * is destroyed.
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
  // The packages make the socket at once, and of these options.
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
  const why = status === 407 ? ': it asks for a user name and a password, or refuses those given' : '';
  return new ProxyError(
    proxy,
    `refused a connection to ${target} with status ${status ?? 'unknown'}${why}`,
    status !== undefined && status >= 500 && status !== 501 ? 'ERR_PROXY_UNAVAILABLE' : 'ERR_PROXY_REFUSED',
  );
}
