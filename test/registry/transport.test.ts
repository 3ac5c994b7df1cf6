import { afterEach, describe, expect, test } from '@jest/globals';
import { getMaxListeners, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { isTransientSocketError } from '../../lambda-src/registry/retry.ts';
import { readBody, Transport, type HttpRequest, type Timers } from '../../lambda-src/registry/transport.ts';
import { countedBytes, readAll } from '../content/sample-content.ts';
import { sleepTurns, turnTimers } from '../helpers/turn-timers.ts';

const timeouts = { connectMilliseconds: 80, stallMilliseconds: 80, answerMilliseconds: 80 };
/** For tests in which no timeout may expire, even on a busy machine. */
const calm = { connectMilliseconds: 60_000, stallMilliseconds: 60_001, answerMilliseconds: 60_002 };

describe('a transport', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    await Promise.all(closers.splice(0).map((close) => close()));
  });

  const serve = async (listener: RequestListener): Promise<{ url: URL; connections: () => number }> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    let connections = 0;
    server.on('connection', () => connections++);
    await once(server, 'listening');
    closers.push(async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    });
    return { url: urlOf(server.address() as AddressInfo), connections: () => connections };
  };
  const serveRaw = async (onConnection: (socket: Socket) => void): Promise<URL> => {
    const sockets: Socket[] = [];
    const server = net.createServer((socket) => {
      sockets.push(socket.on('error', () => {}));
      onConnection(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return urlOf(server.address() as AddressInfo);
  };
  const urlOf = ({ port }: AddressInfo): URL => new URL(`http://127.0.0.1:${port}/path?query=1`);
  const get = (url: URL, more: Partial<HttpRequest> = {}): HttpRequest => ({
    method: 'GET',
    url,
    headers: {},
    remoteOnly: false,
    ...more,
  });

  test('sends method, path, query, headers and body', async () => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      const { method, url: path, headers } = request;
      const pieces: Uint8Array[] = [];
      request.on('data', (piece: Uint8Array) => pieces.push(piece));
      request.on('end', () => {
        seen.push([method, path, headers['x-one'], headers['content-length'], Buffer.concat(pieces).length]);
        response.end('answer');
      });
    });
    const transport = new Transport(calm);
    const body = countedBytes(1_000_000);
    const response = await transport.send(get(url, { method: 'PUT', headers: { 'x-one': '1' }, body }));
    expect(Buffer.from(await readAll(response.body)).toString()).toBe('answer');
    await readAll((await transport.send(get(url))).body);
    await readAll((await transport.send(get(url, { method: 'POST' }))).body);
    expect(seen).toEqual([
      ['PUT', '/path?query=1', '1', '1000000', 1_000_000],
      ['GET', '/path?query=1', undefined, undefined, 0],
      ['POST', '/path?query=1', undefined, '0', 0],
    ]);
  });

  test('sends any number of requests with the same signal, without a warning of a leak', async () => {
    const { url } = await serve((_request, response) => response.end('answer'));
    const { signal } = new AbortController();
    const { body } = await new Transport(calm).send(get(url, { signal }));
    expect(getMaxListeners(signal)).toBe(Infinity);
    await readAll(body);
  });

  test('does not make an Authorization header from a user name in the URL', async () => {
    const seen: unknown[] = [];
    const { url } = await serve((request, response) => {
      seen.push(request.headers.authorization);
      response.end();
    });
    url.username = 'user';
    url.password = 'secret';
    await readAll((await new Transport(calm).send(get(url))).body);
    expect(seen).toEqual([undefined]);
  });

  test('rejects a header with a line break', async () => {
    const { url, connections } = await serve((_request, response) => response.end());
    const headers = { authorization: 'Bearer x\r\nHost: other' };
    await expect(new Transport(calm).send(get(url, { headers }))).rejects.toThrow('Invalid character');
    expect(connections()).toBe(0);
  });

  test.each([
    ['read to its end', 1000, 1],
    ['discarded and short', 60_000, 1],
    ['discarded and long', 5_000_000, 3],
  ])('reuses a connection after a response that was %s', async (title, length, expected) => {
    const { url, connections } = await serve((_request, response) => response.end(new Uint8Array(length)));
    const transport = new Transport(calm);
    for (let request = 1; request <= 3; request++) {
      const response = await transport.send(get(url));
      if (title === 'read to its end') await readAll(response.body);
      else response.discard();
      // Waits until the connection is idle or closed.
      await sleepTurns(30);
    }
    expect(connections()).toBe(expected);
  });

  test.each([
    ['that never responds', 'http:', 'no response within 0.08 seconds'],
    ['that never finishes the TLS handshake', 'https:', 'no connection within 0.08 seconds'],
  ])('times out on a server %s', async (_title, protocol, problem) => {
    const url = await serveRaw(() => {});
    url.protocol = protocol;
    const error: unknown = await new Transport(timeouts, turnTimers).send(get(url)).catch((e: unknown) => e);
    expect(String(error)).toContain(problem);
    expect(isTransientSocketError(error)).toBe(true);
  });

  test('times out if the server does not read an upload', async () => {
    const url = await serveRaw((socket) => socket.pause());
    const body = new Uint8Array(64_000_000);
    const sent = new Transport(timeouts, turnTimers).send(get(url, { method: 'PUT', body }));
    await expect(sent).rejects.toThrow('no byte could be sent within 0.08 seconds');
  });

  test('restarts the stall timeout whenever upload bytes are sent, and then waits for the response', async () => {
    const started: number[] = [];
    const timers: Timers = {
      ...turnTimers,
      setTimeout(callback, milliseconds) {
        started.push(milliseconds);
        return turnTimers.setTimeout(callback, milliseconds);
      },
    };
    const { url } = await serve((request, response) => {
      // Late enough for the last byte to be reported as sent.
      request.resume().once('end', () => void sleepTurns(100).then(() => response.writeHead(201).end()));
    });
    const body = new Uint8Array(1_000_000); // four pieces of up to 256 KiB
    const response = await new Transport(calm, timers).send(get(url, { method: 'PUT', body }));
    response.discard();
    const { connectMilliseconds, stallMilliseconds, answerMilliseconds } = calm;
    expect(started.filter((milliseconds) => milliseconds !== connectMilliseconds)).toEqual([
      answerMilliseconds,
      answerMilliseconds, // when the connection is established
      stallMilliseconds,
      stallMilliseconds,
      stallMilliseconds,
      answerMilliseconds,
    ]);
  });

  test('accepts a response that arrives before the upload ends', async () => {
    const closed: true[] = [];
    const url = await serveRaw((socket) => {
      socket.once('close', () => {
        closed.push(true);
      });
      socket.once('data', () => {
        socket.write('HTTP/1.1 413 Payload Too Large\r\nContent-Length: 3\r\n\r\nno!');
        // The socket keeps reading, so that it notices when the connection closes.
        socket.on('error', () => {});
      });
    });
    const body = new Uint8Array(64_000_000);
    const response = await new Transport(calm).send(get(url, { method: 'PUT', body }));
    expect([response.status, Buffer.from(await readAll(response.body)).toString()]).toEqual([413, 'no!']);
    // The connection cannot be reused, so the transport closes it.
    while (closed.length === 0) await new Promise(setImmediate);
  });

  test('detects a truncated response', async () => {
    const url = await serveRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345'));
    });
    const response = await new Transport(calm).send(get(url));
    const error: unknown = await readAll(response.body).catch((e: unknown) => e);
    expect(isTransientSocketError(error)).toBe(true);
  });

  test.each([
    ['a protocol other than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['a length that is not a number', 'HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n'],
  ])('does not retry a server that sends %s', async (_title, words) => {
    const url = await serveRaw((socket) => socket.once('data', () => socket.end(words)));
    const error: unknown = await new Transport(calm).send(get(url)).catch((e: unknown) => e);
    expect(String(error)).toContain('Parse Error');
    expect(isTransientSocketError(error)).toBe(false);
  });

  test('reads at most the permitted size of a body', async () => {
    const { url } = await serve((_request, response) => response.end('12345'));
    const transport = new Transport(calm);
    expect(await readBody(await transport.send(get(url)), 4)).toBeUndefined();
    expect(Buffer.from((await readBody(await transport.send(get(url)), 5)) ?? []).toString()).toBe('12345');
  });

  test('an aborted request fails with the reason', async () => {
    const url = await serveRaw(() => {});
    const abort = new AbortController();
    const reason = new Error('out of time');
    const sent = new Transport(calm).send(get(url, { signal: abort.signal }));
    setImmediate(() => {
      abort.abort(reason);
    });
    await expect(sent).rejects.toBe(reason);
    const late = new Transport(timeouts, turnTimers).send(get(url, { signal: AbortSignal.abort(reason) }));
    await expect(late).rejects.toBe(reason);
  });
});
