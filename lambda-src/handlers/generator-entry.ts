// Where the generator's bundle begins.
import ztocWorker from '../indexer/ztoc-worker.ts?program';
import { ZtocWorkers } from '../indexer/ztoc-workers.ts';
import { createGenerator } from './generator.ts';

export const handler = createGenerator(new ZtocWorkers(ztocWorker));
