// The commands of soci-index, one file each, and how they end: as an exit code.
import { Command, CommanderError, Help } from 'commander';
import { version } from '../../package.json';
import { escapeText } from '../core/oci/quotation.ts';
import { ConfigError } from '../core/errors.ts';
import { adviseOn, describeError } from './advice.ts';
import { addBackfillCommand } from './backfill-command.ts';
import { addCompletionCommand } from './completion-command.ts';
import { addDemoCommand } from '../demo/demo-command.ts';
import { explainFailure, isExplained } from './explained-end.ts';
import { addEstimateCommand } from './estimate-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addExamples, helpColumns } from './help-text.ts';
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
/** Invalid usage: nothing was done, and nothing is on standard output. */
const exitWrongUsage = 2;
/** As of a process that SIGINT has ended. */
const exitInterrupted = 130;

export async function runCommandLine(): Promise<number> {
  // What the AWS SDK says of the Node that runs it is for whoever chose that Node, not among our words.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // Who reads from a pipe may have enough before its end, as head has.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    await createProgram().parseAsync();
    return process.exitCode === undefined ? exitDone : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitWrongUsage;
    const isWrongUsage = error instanceof ConfigError;
    if (!isWrongUsage && !isExplained(error) && wantsJson()) {
      process.stdout.write(`${JSON.stringify({ status: 'failed', ...explainFailure(error) })}\n`);
    }
    const advice = adviseOn(error);
    process.stderr.write(
      `soci-index: ${describeError(error)}\n${advice === undefined ? '' : `  ${advice}\n`}`,
    );
    if (error instanceof InterruptionError) return exitInterrupted;
    return isWrongUsage ? exitWrongUsage : exitFailed;
  }
}

/** Whoever asked for JSON gets an object also if the command had no report to print. */
function wantsJson(): boolean {
  const [, , ...words] = process.argv;
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

const plainHelp = new Help();

function createProgram(): Command {
  const columns = () => helpColumns(process.stdout.columns);
  const program = new Command('soci-index')
    .description(
      'Builds and inspects SOCI (Seekable OCI) indexes, which let container images start before they are downloaded.',
    )
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    // A switch is off unless it is given: that needs no words.
    .configureHelp({
      optionDescription: (option) =>
        option.isBoolean() ? option.description : plainHelp.optionDescription(option),
    })
    .configureOutput({ getOutHelpWidth: columns, getErrHelpWidth: columns })
    .exitOverride()
    .showHelpAfterError('(soci-index --help lists the commands)')
    .helpCommand(false);
  program.commandsGroup('Images:');
  addIndexCommand(program);
  addZtocCommand(program);
  addInspectCommand(program);
  addVerifyCommand(program);
  addDoctorCommand(program);
  addEstimateCommand(program);
  program.commandsGroup('With the Terraform module:');
  addBackfillCommand(program);
  addRedriveCommand(program);
  addWaitCommand(program);
  program.commandsGroup('Getting started:');
  addDemoCommand(program);
  addCompletionCommand(program);
  addHelpCommand(program);
  for (const command of program.commands) {
    command.showHelpAfterError(`(soci-index ${command.name()} --help shows its arguments and options)`);
  }
  return addExamples(
    program,
    [
      { purpose: 'a complete run on this machine, without AWS', line: 'soci-index demo' },
      {
        purpose: "build an image's index and push it beside the image",
        line: 'soci-index index localhost:5000/app:v1',
      },
      { purpose: 'show the result', line: 'soci-index inspect localhost:5000/app:v1-soci' },
    ],
    [
      'Run soci-index help COMMAND for the options of a command.',
      `Exit codes: ${exitDone} success, or nothing to do; ${exitFailed} failure, or the answer is no; ${exitWrongUsage} invalid usage; ${exitInterrupted} interrupted by Ctrl-C.`,
    ],
  );
}

/** Commander's own shows the help of the program for a command that does not exist. */
function addHelpCommand(program: Command): void {
  program
    .command('help [command]')
    .description('show the help of a command')
    .helpOption(false)
    .action((name: string | undefined) => {
      if (name === undefined) program.help();
      const command = program.commands.find((one) => one.name() === name);
      if (command === undefined) return program.error(`error: unknown command '${escapeText(name)}'`);
      command.help();
    });
}
