// Downloads a blob as a stream. If the connection breaks, the download continues at the byte where it stopped.
import { NotFoundError } from '../content/content-store.ts';
import { verifyContent } from '../content/verified-content.ts';
import { ContentMismatchError } from '../core/errors.ts';
import type { Descriptor } from '../core/oci/descriptor.ts';
import {
  answerEndedEarly,
  type RegistryAnswer,
  type RegistryClient,
  type RegistryRequest,
} from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { waitForNextAttempt } from './retry.ts';

/**
 * After this many bytes, the attempts are counted from 1 again, because a download of many gigabytes may break more often
 * than a small request may fail. A download that breaks after every few bytes must still fail eventually.
 */
const progressBytes = 1_048_576;

/**
 * The blob's bytes, verified; see `ContentReader.fetchBlob`.
 *
 * @throws RegistryError that names the byte at which the download cannot continue.
 */
export function downloadBlob(
  client: RegistryClient,
  url: URL,
  target: Descriptor,
  signal: AbortSignal | undefined,
): AsyncIterable<Uint8Array> {
  return verifyContent(target, receiveBlob(client, url, target, signal));
}

/** The blob's bytes as they arrive, each once, not yet verified. */
async function* receiveBlob(
  client: RegistryClient,
  url: URL,
  target: Descriptor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  let deliveredBytes = 0;
  let attempt = 1;
  let bytesAtFirstAttempt = 0;
  for (;;) {
    signal?.throwIfAborted();
    const headers: Record<string, string> = deliveredBytes === 0 ? {} : { range: `bytes=${deliveredBytes}-` };
    const request: RegistryRequest = {
      method: 'GET',
      url,
      access: 'pull',
      headers,
      accepted: [200, 206],
      signal,
    };
    try {
      const answer = await client.exchange(request, attempt);
      let position = firstByte(answer, target, deliveredBytes);
      for await (const piece of answer.body) {
        // A registry without range support starts from the beginning: bytes already delivered are skipped.
        const fresh = piece.subarray(Math.min(Math.max(deliveredBytes - position, 0), piece.length));
        position += piece.length;
        if (fresh.length === 0) continue;
        deliveredBytes += fresh.length;
        yield fresh;
      }
      // Without a Content-Length, a broken connection looks like the end.
      const isCut = deliveredBytes < target.size && answer.headers['content-length'] === undefined;
      if (!isCut) return;
      throw new RegistryError(answerEndedEarly(request), attempt);
    } catch (error) {
      // The connection broke after the last byte.
      if (deliveredBytes === target.size && deliveredBytes > 0) return;
      const progress = deliveredBytes === 0 ? '' : `broke off at byte ${deliveredBytes} of ${target.size}: `;
      const failure = client.toRegistryError(error, request, attempt, progress);
      if (deliveredBytes - bytesAtFirstAttempt >= progressBytes) {
        attempt = 1;
        bytesAtFirstAttempt = deliveredBytes;
      }
      await waitForNextAttempt(client.retryPolicy, explain(failure, target, deliveredBytes), attempt, signal);
      attempt++;
    }
  }
}

/**
 * The offset at which the response starts.
 *
 * @throws ContentMismatchError if the response states a different size of the blob.
 */
function firstByte(answer: RegistryAnswer, target: Descriptor, wantedByte: number): number {
  if (answer.status === 200) {
    const length = answer.headers['content-length'];
    if (length === undefined || Number(length) === target.size) return 0;
    answer.discard();
    throw new ContentMismatchError(
      target.digest,
      `its size in the registry is ${length} bytes, not ${target.size}`,
    );
  }
  const [, first, size] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '') ?? [];
  if (size !== undefined && size !== '*' && Number(size) !== target.size) {
    answer.discard();
    throw new ContentMismatchError(
      target.digest,
      `its size in the registry is ${size} bytes, not ${target.size}`,
    );
  }
  if (first === undefined || Number(first) > wantedByte) {
    answer.discard();
    throw new ContentMismatchError(target.digest, `the registry did not continue at byte ${wantedByte}`);
  }
  return Number(first);
}

/**
 * Converts a failure to the specific error for a missing blob, or for a blob that is shorter than its descriptor states.
 */
function explain(failure: unknown, target: Descriptor, deliveredBytes: number): unknown {
  if (!(failure instanceof RegistryError)) return failure;
  if (failure.status === 404) {
    return new NotFoundError(`${failure.message}: there is no blob ${target.digest}`, { cause: failure });
  }
  if (failure.status === 416) {
    return new ContentMismatchError(target.digest, `ends after ${deliveredBytes} of ${target.size} bytes`);
  }
  return failure;
}
