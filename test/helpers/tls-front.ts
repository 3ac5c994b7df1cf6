// A TLS proxy on loopback in front of a plain HTTP server, like a load balancer in front of a registry.
import { once } from 'node:events';
import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface TlsFront {
  readonly port: number;
  close(): Promise<void>;
}

/** @param port The server's port. */
export async function createTlsFront(port: number, certificate: Certificate): Promise<TlsFront> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket.on('error', () => {}));
  };
  const server = tls.createServer(certificate, (socket) => {
    const upstream = net.connect(port, '127.0.0.1');
    keep(socket);
    keep(upstream);
    socket.pipe(upstream).pipe(socket);
  });
  server.on('connection', keep).on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
