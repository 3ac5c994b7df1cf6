// An HTTP proxy on loopback that connects every host name to the test's servers.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestHttp, type ServerResponse } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

export interface HttpProxyOptions {
  /** The loopback port to which a request for `HOST:PORT` goes. */
  readonly portOf: (target: string) => number;
  /** The response to each request instead of forwarding it; `silence` means no response. */
  readonly refusal?: number | 'silence';
}

export interface HttpProxy {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** The requests received: `CONNECT registry.test:443`, `GET http://registry.test/v2/`. */
  readonly requests: readonly string[];
  /** The values of Proxy-Authorization that it received. */
  readonly authorizations: readonly string[];
  close(): Promise<void>;
}

export async function createHttpProxy({ portOf, refusal }: HttpProxyOptions): Promise<HttpProxy> {
  const requests: string[] = [];
  const authorizations: string[] = [];
  const sockets = new Set<Socket>();
  const note = ({ method = '', url = '', headers }: IncomingMessage): void => {
    requests.push(`${method} ${url}`);
    const authorization = headers['proxy-authorization'];
    if (authorization !== undefined) authorizations.push(authorization);
  };
  const keep = (socket: Socket): void => {
    sockets.add(socket.on('error', () => {}));
  };

  const server = createServer((incoming: IncomingMessage, response: ServerResponse) => {
    note(incoming);
    if (refusal === 'silence') return;
    if (refusal !== undefined) {
      response.writeHead(refusal).end('no');
      return;
    }
    const url = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const outgoing = requestHttp(
      { host: '127.0.0.1', port: portOf(url.host), method, path: `${url.pathname}${url.search}`, headers },
      (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)),
    );
    incoming.pipe(outgoing);
  });
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    note(incoming);
    if (refusal === 'silence') return;
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = net.connect(portOf(incoming.url ?? ''), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    keep(upstream);
  });
  server.on('connection', keep);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
