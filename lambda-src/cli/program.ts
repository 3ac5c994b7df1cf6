// The commands of soci-index, one file each, and how they end: as an exit code.
import { Command, CommanderError } from 'commander';
import { version } from '../../package.json';
import { ConfigError } from '../core/errors.ts';
import { addBackfillCommand } from './backfill-command.ts';
import { addDemoCommand } from './demo/demo-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addIndexCommand } from './index-command.ts';
import { addInspectCommand } from './inspect-command.ts';
import { InterruptionError } from './interruption.ts';
import { addRedriveCommand } from './redrive-command.ts';
import { addVerifyCommand } from './verify-command.ts';
import { addWaitCommand } from './wait-command.ts';
import { addZtocCommand } from './ztoc-command.ts';

/** Done, and also: already indexed, skipped, superseded. */
const exitDone = 0;
const exitFailed = 1;
/** The words on the command line cannot be meant. */
const exitWrongUsage = 2;
/** As of a process that SIGINT has ended. */
const exitInterrupted = 130;

export async function runCommandLine(): Promise<number> {
  // What the AWS SDK says of the Node that runs it is for whoever chose that Node, not among our words.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  try {
    await createProgram().parseAsync();
    return process.exitCode === undefined ? exitDone : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitWrongUsage;
    const isWrongUsage = error instanceof ConfigError;
    process.stderr.write(`soci-index: ${error instanceof Error ? error.message : String(error)}\n`);
    if (error instanceof InterruptionError) return exitInterrupted;
    return isWrongUsage ? exitWrongUsage : exitFailed;
  }
}

function createProgram(): Command {
  const program = new Command('soci-index')
    .description(
      'Builds and inspects SOCI (Seekable OCI) indexes, with which container images start before they are downloaded.',
    )
    .version(version)
    .exitOverride()
    .showHelpAfterError('(soci-index --help, or soci-index COMMAND --help, tells more)')
    .helpCommand(false);
  addIndexCommand(program);
  addZtocCommand(program);
  addInspectCommand(program);
  addVerifyCommand(program);
  addDoctorCommand(program);
  addBackfillCommand(program);
  addRedriveCommand(program);
  addWaitCommand(program);
  addDemoCommand(program);
  return program;
}
