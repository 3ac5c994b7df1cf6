// The commands of soci-index, one file each, and their exit codes.
import { Command, CommanderError, Help } from 'commander';
import { version } from '../../package.json';
import { ConfigError } from '../core/errors.ts';
import { escapeText } from '../core/oci/quotation.ts';
import { addExamples, formatHelpItem, helpColumns, narrowestText } from './help-text.ts';

interface LoadedCommand {
  readonly name: string;
  /** Loads the command's file. Used only if the command is called, or listed with the others. */
  readonly load: () => Promise<(program: Command) => void>;
}

/** Commands, keyed by their headings in the help. */
const commandGroups: Readonly<Record<string, readonly LoadedCommand[]>> = {
  'Images:': [
    { name: 'index', load: async () => (await import('./index-command.ts')).addIndexCommand },
    { name: 'ztoc', load: async () => (await import('./ztoc-command.ts')).addZtocCommand },
    { name: 'inspect', load: async () => (await import('./inspect-command.ts')).addInspectCommand },
    { name: 'verify', load: async () => (await import('./verify-command.ts')).addVerifyCommand },
    { name: 'doctor', load: async () => (await import('./doctor-command.ts')).addDoctorCommand },
    { name: 'estimate', load: async () => (await import('./estimate-command.ts')).addEstimateCommand },
  ],
  'With the Terraform module:': [
    { name: 'backfill', load: async () => (await import('./backfill-command.ts')).addBackfillCommand },
    { name: 'redrive', load: async () => (await import('./redrive-command.ts')).addRedriveCommand },
    { name: 'wait', load: async () => (await import('./wait-command.ts')).addWaitCommand },
  ],
  'Getting started:': [
    { name: 'demo', load: async () => (await import('./demo-command.ts')).addDemoCommand },
    { name: 'completion', load: async () => (await import('./completion-command.ts')).addCompletionCommand },
    { name: 'help', load: () => Promise.resolve(addHelpCommand) },
  ],
};

/** Commands that need all other commands to be loaded. */
const commandsThatNeedAll: readonly string[] = ['completion', 'help'];

/** Success; also already indexed, skipped or superseded. */
const exitDone = 0;
const exitFailed = 1;
/** Invalid usage: nothing was done, and standard output is empty. */
const exitWrongUsage = 2;
/** The exit code of a process that SIGINT ended. */
const exitInterrupted = 130;

export async function runCommandLine(): Promise<number> {
  // The AWS SDK's warnings about the Node version are for developers, not for users of this command.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // The reader of a pipe may close it early, as head does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit();
  });
  try {
    const program = await createProgram(process.argv[2] ?? '');
    await program.parseAsync();
    return process.exitCode === undefined ? exitDone : Number(process.exitCode);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitDone : exitWrongUsage;
    const { adviseOn, describeError } = await import('./advice.ts');
    const { explainFailure, isExplained } = await import('./explained-end.ts');
    const { InterruptionError } = await import('./interruption.ts');
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

/** With --json, an object is printed even if the command has no report. */
function wantsJson(): boolean {
  const [, , ...words] = process.argv;
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

const plainHelp = new Help();

/** @param firstWord The first argument. If it is a command, only that one is loaded. */
async function createProgram(firstWord: string): Promise<Command> {
  const columns = () => helpColumns(process.stdout.columns);
  const program = new Command('soci-index')
    .description(
      'Builds and inspects SOCI (Seekable OCI) indexes, which let container images start before they are downloaded.',
    )
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    // The help does not show the default of a switch, which is always off.
    .configureHelp({
      optionDescription: (option) =>
        option.isBoolean() ? option.description : plainHelp.optionDescription(option),
      formatItem: formatHelpItem,
      minWidthToWrap: narrowestText,
    })
    .configureOutput({ getOutHelpWidth: columns, getErrHelpWidth: columns })
    .exitOverride()
    .showHelpAfterError('(soci-index --help lists the commands)')
    .helpCommand(false);
  const isVersion = firstWord === '-V' || firstWord === '--version';
  const called = Object.values(commandGroups)
    .flat()
    .find(({ name }) => name === firstWord);
  const isAlone = called !== undefined && !commandsThatNeedAll.includes(called.name);
  for (const [heading, commands] of Object.entries(commandGroups)) {
    program.commandsGroup(heading);
    for (const command of commands) {
      if (isVersion || (isAlone && command !== called)) continue;
      (await command.load())(program);
    }
  }
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
      `Exit codes: ${exitDone} success, or nothing to do; ${exitFailed} failure, or a negative result; ${exitWrongUsage} invalid usage; ${exitInterrupted} interrupted by Ctrl-C.`,
    ],
  );
}

/** Replaces Commander's own help command, which shows the program's help for an unknown command. */
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
