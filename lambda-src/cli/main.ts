// soci-index: where the command line's bundle begins.
import { runCommandLine } from './program.ts';

process.exitCode = await runCommandLine();
