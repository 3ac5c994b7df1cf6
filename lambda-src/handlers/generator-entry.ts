// Where the generator's bundle begins: in the function itself, and in each of the threads that build zTOCs, which are
// started from the same file and need nothing of the rest. (The AWS SDK alone takes some 40 ms to load.)
import { serveZtocJobs } from '../indexer/ztoc-worker.ts';

async function startGenerator() {
  const { createGenerator } = await import('./generator.ts');
  const { ZtocWorkers } = await import('../indexer/ztoc-workers.ts');
  return createGenerator(new ZtocWorkers(new URL(import.meta.url)));
}

export const handler = serveZtocJobs() ? undefined : await startGenerator();
