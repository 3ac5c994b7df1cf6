// Builds the zTOC of a layer that is a file. Inflating it takes all of a thread's time; another makes the digests of its
// spans meanwhile.
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Digest } from '../core/oci/descriptor.ts';
import type { ZtocOptions } from '../core/ztoc/ztoc-builder.ts';
import { SpanStartRecorder } from '../threads/span-starts.ts';
import { startOwnJob, type ZtocJob } from '../threads/ztoc-jobs.ts';
import type { SpanDigestRequest, SpanDigestThreadData } from './span-digest-thread.ts';

/**
 * @param program What the other thread runs: the bundle that begins in span-digest-thread.ts.
 * @param fileDescriptor The layer, gzip, in a regular file that is open for reading. It must stay open until the job is
 *   finished or discarded, and its bytes must be pushed from its first to its last.
 */
export function startLayerFileJob(program: string, options: ZtocOptions, fileDescriptor: number): ZtocJob {
  const spans = new SpanStartRecorder();
  const job = startOwnJob(options, spans);
  const workerData: SpanDigestThreadData = { fileDescriptor };
  const thread = new Worker(program, { eval: true, workerData });
  const send = (request: SpanDigestRequest) => {
    thread.postMessage(request);
  };
  // Rejects where the thread fails.
  const digests = once(thread, 'message') as Promise<[readonly Digest[]]>;
  // Its failure is thrown where it is awaited, unless the job has failed before.
  digests.catch(() => undefined);
  let layerBytes = 0;
  return {
    async push(bytes) {
      await job.push(bytes);
      layerBytes += bytes.length;
      const starts = spans.takeStarts();
      if (starts.length > 0) send({ kind: 'starts', starts });
    },
    async finish() {
      send({ kind: 'end', layerBytes });
      const [found] = await digests;
      spans.receiveDigests(found);
      return job.finish();
    },
    discard() {
      job.discard();
      void thread.terminate();
    },
  };
}
