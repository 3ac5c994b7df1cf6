// Entry point of the command line's bundle.
import { runCommandLine } from './program.ts';

void runCommandLine().then((exitCode) => {
  process.exitCode = exitCode;
});
