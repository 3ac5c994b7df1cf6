// A thread of the command line that makes the digests of a layer file's spans, for layer-file-job.ts. It reads the file by
// itself, at places that are told: bytes on their way between threads would cost more than they take to read again.
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import type { Digest } from '../core/oci/descriptor.ts';
import type { SpanStart } from '../indexer/span-starts.ts';

export interface SpanDigestThreadData {
  /** The layer, open for reading. */
  readonly fileDescriptor: number;
}

export type SpanDigestRequest =
  /** Where further spans begin, in the order of the file. */
  | { readonly kind: 'starts'; readonly starts: readonly SpanStart[] }
  /** The file has so many bytes. The answer: the digests of all spans, `readonly Digest[]`. */
  | { readonly kind: 'end'; readonly layerBytes: number };

const bufferBytes = 256 * 1024;

const { fileDescriptor } = workerData as SpanDigestThreadData;
const buffer = new Uint8Array(bufferBytes);
const digests: Digest[] = [];
let spanStart: SpanStart | undefined;

parentPort!.on('message', (request: SpanDigestRequest) => {
  if (request.kind === 'end') {
    endSpan(request.layerBytes);
    parentPort!.postMessage(digests);
    return;
  }
  for (const start of request.starts) {
    endSpan(start.compressedOffset);
    spanStart = start;
  }
});

/** The span that has begun, if any, ends before `end`. Where it begins within a byte, that byte belongs to it. */
function endSpan(end: number): void {
  if (spanStart === undefined) return;
  const { compressedOffset, bits } = spanStart;
  digests.push(digestRange(bits > 0 ? compressedOffset - 1 : compressedOffset, end));
}

function digestRange(start: number, end: number): Digest {
  const hash = createHash('sha256');
  let next = start;
  while (next < end) {
    const bytesRead = readSync(fileDescriptor, buffer, 0, Math.min(bufferBytes, end - next), next);
    if (bytesRead === 0)
      throw new Error(`the layer's file has become shorter than ${end} bytes while it was read`);
    hash.update(buffer.subarray(0, bytesRead));
    next += bytesRead;
  }
  return `sha256:${hash.digest('hex')}`;
}
