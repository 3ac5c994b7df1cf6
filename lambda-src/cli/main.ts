// soci-index: where the command line's bundle begins.
import { runCommandLine } from './program.ts';

void runCommandLine().then((exitCode) => {
  process.exitCode = exitCode;
});
