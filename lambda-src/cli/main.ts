// soci-index: the command line. One file a command; this one knows them all, and turns how they end into an exit code.
import { CommanderError } from 'commander';
import { ConfigError } from '../core/errors.ts';
import { serveZtocJobs } from '../indexer/ztoc-worker.ts';
import { createProgram } from './program.ts';

/** Done, and also: already indexed, skipped, superseded. */
const exitDone = 0;
const exitFailed = 1;
/** The words on the command line cannot be meant. */
const exitWrongUsage = 2;

async function run(): Promise<number> {
  try {
    await createProgram().parseAsync();
    return process.exitCode === undefined ? exitDone : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitWrongUsage;
    const isWrongUsage = error instanceof ConfigError;
    process.stderr.write(`soci-index: ${error instanceof Error ? error.message : String(error)}\n`);
    return isWrongUsage ? exitWrongUsage : exitFailed;
  }
}

// What the AWS SDK says of the Node that runs it is for whoever chose that Node, not among our words.
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';

// The threads that inflate run this very file.
if (!serveZtocJobs()) process.exitCode = await run();
