// Where the generator's bundle begins, in the function and in each of the threads that it starts from the same file.
import { serveZtocJobs } from '../indexer/ztoc-worker.ts';
import { ZtocWorkers } from '../indexer/ztoc-workers.ts';
import { createGenerator } from './generator.ts';

serveZtocJobs();

export const handler = createGenerator(new ZtocWorkers(new URL(import.meta.url)));
