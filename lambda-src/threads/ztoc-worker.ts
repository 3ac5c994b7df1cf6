// A thread that builds zTOCs, one after the other, for ztoc-workers.ts. It is bundled separately and embedded as text in
// the programs that start it, so a thread loads only this code.
import { parentPort } from 'node:worker_threads';
import { type AnswerKind, packFailure, type WorkerAnswer, type WorkerRequest } from './worker-messages.ts';
import { startOwnJob, type ZtocJob } from './ztoc-jobs.ts';

const port = parentPort!;
let runningJob: ZtocJob | undefined;
// Requests are processed in order: each waits for the previous one.
let previous = Promise.resolve();
port.on('message', (request: WorkerRequest) => {
  previous = previous.then(async () => {
    runningJob = await serve(request, runningJob, (answer, transfer = []) => {
      const message: WorkerAnswer = { job: request.job, ...answer };
      port.postMessage(message, transfer);
    });
  });
});

async function serve(
  request: WorkerRequest,
  job: ZtocJob | undefined,
  answer: (answer: AnswerKind, transfer?: ArrayBuffer[]) => void,
): Promise<ZtocJob | undefined> {
  switch (request.kind) {
    case 'start':
      return startOwnJob(request.options);
    case 'push': {
      const { buffer, length } = request;
      try {
        await job?.push(new Uint8Array(buffer, 0, length));
        answer({ kind: 'used', buffer }, [buffer]);
      } catch (error) {
        answer({ kind: 'used', buffer, failure: packFailure(error) }, [buffer]);
      }
      return job;
    }
    case 'finish':
      try {
        const ztoc = await job!.finish();
        // The zTOC's buffer is transferred as it is, including its unused part.
        answer({ kind: 'built', ztoc }, [ztoc.bytes.buffer as ArrayBuffer]);
      } catch (error) {
        answer({ kind: 'failed', failure: packFailure(error) });
      }
      return job;
    case 'discard':
      job?.discard();
      return undefined;
  }
}
