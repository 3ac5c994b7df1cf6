// The commands and options of soci-index, and their help.
import { Command } from 'commander';
import { version } from '../../package.json';
import { addBackfillCommand } from './backfill-command.ts';
import { addDemoCommand } from './demo/demo-command.ts';
import { addDoctorCommand } from './doctor-command.ts';
import { addIndexCommand } from './index-command.ts';
import { addInspectCommand } from './inspect-command.ts';
import { addRedriveCommand } from './redrive-command.ts';
import { addVerifyCommand } from './verify-command.ts';
import { addZtocCommand } from './ztoc-command.ts';

export function createProgram(): Command {
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
  addDemoCommand(program);
  return program;
}
