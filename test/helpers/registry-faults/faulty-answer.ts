// Sends a reply with a fault.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { contentOf, type Reply, type ServedContent } from '../../../lambda-src/local-registry/reply.ts';
import { sendContent, sendReply } from '../../../lambda-src/local-registry/send-reply.ts';
import { sleepTurns } from '../turn-timers.ts';
import type { Fault } from './faults.ts';

/** Number of pieces per second in which a slow response is sent. */
const slowPiecesPerSecond = 20;

/** A fault of a response, not of a request. */
export type AnswerFault = Exclude<Fault, { kind: 'status' | 'reset-request' | 'ignore-range' }>;

/** @returns The number of bytes of the body that were passed to the connection; undefined without a response. */
export async function sendFaultyReply(
  response: ServerResponse,
  method: string,
  reply: Reply,
  fault: AnswerFault,
): Promise<number | undefined> {
  switch (fault.kind) {
    case 'drop':
      response.destroy();
      return undefined;
    case 'late':
      await sleepTurns(fault.milliseconds);
      return sendReply(response, method, reply);
    case 'held':
      await fault.until;
      return sendReply(response, method, reply);
    case 'corrupt':
    case 'resize': {
      const body = alter(reply.body ?? contentOf(new Uint8Array(0)), fault);
      return sendReply(response, method, { ...reply, body });
    }
    case 'reset':
    case 'truncate':
    case 'stall':
    case 'unannounced':
    case 'slow':
      return sendPart(response, method, reply, fault);
  }
}

type PartialAnswer = Extract<Fault, { kind: 'reset' | 'truncate' | 'stall' | 'unannounced' | 'slow' }>;

async function sendPart(
  response: ServerResponse,
  method: string,
  reply: Reply,
  fault: PartialAnswer,
): Promise<number> {
  const content = reply.body ?? contentOf(new Uint8Array(0));
  const hasLength = reply.status !== 204 && fault.kind !== 'unannounced';
  const headers = { ...reply.headers, ...(hasLength ? { 'content-length': String(content.size) } : {}) };
  // Without a length or chunks, the end of the connection is the end of the body, as in HTTP/1.0.
  if (fault.kind === 'unannounced') response.useChunkedEncodingByDefault = false;
  response.writeHead(reply.status, headers);
  if (method === 'HEAD' || content.size === 0) {
    response.end();
    return 0;
  }
  if (fault.kind === 'slow') return sendSlowly(response, content, fault.bytesPerSecond);
  const sentBytes = await sendContent(response, content, 0, Math.min(fault.afterBytes, content.size));
  if (fault.kind === 'reset') response.socket?.resetAndDestroy();
  else if (fault.kind !== 'stall') response.socket?.end();
  else if (!response.destroyed) await once(response, 'close');
  return sentBytes;
}

async function sendSlowly(
  response: ServerResponse,
  content: ServedContent,
  bytesPerSecond: number,
): Promise<number> {
  const pieceBytes = Math.max(Math.floor(bytesPerSecond / slowPiecesPerSecond), 1);
  let sentBytes = 0;
  while (sentBytes < content.size && !response.destroyed) {
    const end = Math.min(sentBytes + pieceBytes, content.size);
    sentBytes += await sendContent(response, content, sentBytes, end);
    await sleepTurns(1000 / slowPiecesPerSecond);
  }
  response.end();
  return sentBytes;
}

function alter(content: ServedContent, fault: Extract<Fault, { kind: 'corrupt' | 'resize' }>): ServedContent {
  if (fault.kind === 'corrupt') {
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
  const size = Math.max(content.size + fault.byBytes, 0);
  return {
    size,
    *read(start, end) {
      if (start < content.size) yield* content.read(start, Math.min(end, content.size));
      if (end > content.size) yield new Uint8Array(end - Math.max(start, content.size));
    },
  };
}
