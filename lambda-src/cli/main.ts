// soci-index: where the command line's bundle begins, in the program itself and in each of the threads that build zTOCs,
// which are started from the same file and need nothing of the rest.
import { serveZtocJobs } from '../indexer/ztoc-worker.ts';

if (!serveZtocJobs()) {
  const { runCommandLine } = await import('./program.ts');
  process.exitCode = await runCommandLine();
}
