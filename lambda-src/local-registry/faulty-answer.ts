// Sends a reply, with the fault that was asked for.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.ts';
import { contentOf, type Reply, type ServedContent } from './reply.ts';

/** A slow answer comes in so many pieces a second. */
const slowPiecesPerSecond = 20;

/** Made-up bytes are asked for in pieces of this size. */
const pieceBytes = 262_144;

/**
 * @returns Bytes of the body that were handed to the connection.
 */
export async function sendReply(
  response: ServerResponse,
  method: string,
  reply: Reply,
  fault: Fault | undefined,
): Promise<number> {
  if (fault?.kind === 'late') await sleep(fault.milliseconds, undefined, { ref: false });
  if (fault?.kind === 'drop') {
    response.destroy();
    return 0;
  }
  const content = alter(reply.body ?? contentOf(new Uint8Array(0)), fault);
  const hasLength = reply.status !== 204 && fault?.kind !== 'unannounced';
  const headers = { ...reply.headers, ...(hasLength ? { 'content-length': String(content.size) } : {}) };
  // Without a length and without chunks the end of the connection is the end of the body, as in HTTP/1.0.
  if (fault?.kind === 'unannounced') response.useChunkedEncodingByDefault = false;
  response.writeHead(reply.status, headers);
  if (method === 'HEAD' || content.size === 0) {
    response.end();
    return 0;
  }
  const sentBytes = await sendBody(response, content, fault);
  if (fault?.kind === 'reset') response.socket?.resetAndDestroy();
  else if (fault?.kind === 'truncate' || fault?.kind === 'unannounced') response.socket?.end();
  else if (fault?.kind !== 'stall') response.end();
  else if (!response.destroyed) await once(response, 'close');
  return sentBytes;
}

async function sendBody(
  response: ServerResponse,
  content: ServedContent,
  fault: Fault | undefined,
): Promise<number> {
  const limit = fault !== undefined && 'afterBytes' in fault ? fault.afterBytes : content.size;
  const slowBytes =
    fault?.kind === 'slow' ? Math.max(Math.floor(fault.bytesPerSecond / slowPiecesPerSecond), 1) : undefined;
  const closed = once(response, 'close');
  let sentBytes = 0;
  while (sentBytes < Math.min(limit, content.size)) {
    const end = Math.min(sentBytes + (slowBytes ?? pieceBytes), limit, content.size);
    for (const piece of content.read(sentBytes, end)) {
      // A client that went away is a fact of the test, not an error of the registry.
      if (response.destroyed) return sentBytes;
      if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
      sentBytes += piece.length;
    }
    if (slowBytes !== undefined) await sleep(1000 / slowPiecesPerSecond, undefined, { ref: false });
  }
  return sentBytes;
}

function alter(content: ServedContent, fault: Fault | undefined): ServedContent {
  if (fault?.kind === 'corrupt') {
    return {
      size: content.size,
      *read(start, end) {
        let position = start;
        for (const piece of content.read(start, end)) {
          const altered = Uint8Array.from(piece);
          const index = fault.atByte - position;
          if (index >= 0 && index < altered.length) altered[index] = (altered[index] ?? 0) ^ 0xff;
          position += piece.length;
          yield altered;
        }
      },
    };
  }
  if (fault?.kind === 'resize') {
    const size = Math.max(content.size + fault.byBytes, 0);
    return {
      size,
      *read(start, end) {
        if (start < content.size) yield* content.read(start, Math.min(end, content.size));
        if (end > content.size) yield new Uint8Array(end - Math.max(start, content.size));
      },
    };
  }
  return content;
}
