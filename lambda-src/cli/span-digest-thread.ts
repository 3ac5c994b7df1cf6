// A thread of the command line that makes the digests of a layer file's spans, for layer-file-job.ts. It reads the file by
// itself, at places that are told: bytes on their way between threads would cost more than they take to read again.
import { readSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { type SpanStart, SpanStartDigests } from '../threads/span-starts.ts';

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
const noBytes = new Uint8Array(0);

const { fileDescriptor } = workerData as SpanDigestThreadData;
const buffer = new Uint8Array(bufferBytes);
const digests = new SpanStartDigests();
let digestedBytes = 0;

parentPort!.on('message', (request: SpanDigestRequest) => {
  if (request.kind === 'end') {
    digestUntil(request.layerBytes);
    parentPort!.postMessage(digests.finish());
    return;
  }
  for (const start of request.starts) {
    digestUntil(start.compressedOffset);
    digests.add(noBytes, [start]);
  }
});

function digestUntil(end: number): void {
  while (digestedBytes < end) {
    const wanted = Math.min(bufferBytes, end - digestedBytes);
    const bytesRead = readSync(fileDescriptor, buffer, 0, wanted, digestedBytes);
    if (bytesRead === 0)
      throw new Error(`the layer's file has become shorter than ${end} bytes while it was read`);
    digests.add(buffer.subarray(0, bytesRead), []);
    digestedBytes += bytesRead;
  }
}
