// Sends a reply.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { contentOf, type Reply, type ServedContent } from './reply.ts';

/** Generated content is requested in pieces of this size. */
const pieceBytes = 262_144;

/** @returns Bytes of the body that were written to the connection. */
export async function sendReply(response: ServerResponse, method: string, reply: Reply): Promise<number> {
  const content = reply.body ?? contentOf(new Uint8Array(0));
  // A 204 response has no body and no length: https://www.rfc-editor.org/rfc/rfc9110#section-8.6
  const length = reply.status === 204 ? {} : { 'content-length': String(content.size) };
  response.writeHead(reply.status, { ...reply.headers, ...length });
  const sentBytes = method === 'HEAD' ? 0 : await sendContent(response, content, 0, content.size);
  response.end();
  return sentBytes;
}

/**
 * Writes the bytes of `content` from `start`, excluding `end`, as fast as the client reads them.
 *
 * @returns Bytes that were written: fewer if the client has closed the connection.
 */
export async function sendContent(
  response: ServerResponse,
  content: ServedContent,
  start: number,
  end: number,
): Promise<number> {
  const closed = once(response, 'close');
  let position = start;
  while (position < end) {
    for (const piece of content.read(position, Math.min(position + pieceBytes, end))) {
      if (response.destroyed) return position - start;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
      position += piece.length;
    }
  }
  return position - start;
}
