// Entry point of the generator's bundle.
import ztocWorker from '../threads/ztoc-worker.ts?program';
import { ZtocWorkers } from '../threads/ztoc-workers.ts';
import { createGenerator } from './generator.ts';

export const handler = createGenerator(new ZtocWorkers(ztocWorker));
