// What to deploy, for the next command of a pipeline: one line on standard output (--quiet), and a file with the digest
// (--digest-file). If there is nothing to deploy, both are absent, so that an old digest cannot be mistaken for the new
// one.
import { lstat, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Command, Option } from 'commander';
import { replaceFile } from '../content/whole-file.ts';
import { ConfigError } from '../core/errors.ts';
import type { Digest } from '../core/oci/descriptor.ts';
import { escapeText } from '../core/oci/quotation.ts';

export interface DeploymentOutputOptions {
  readonly quiet: boolean;
  readonly digestFile?: string;
}

export function addDeploymentOutputOptions(command: Command): Command {
  const options = [
    new Option(
      '-q, --quiet',
      'print only the reference to deploy, REGISTRY/REPO@DIGEST, or nothing if no image is to be deployed; no progress',
    )
      .default(false)
      .conflicts('json'),
    new Option('--digest-file <file>', 'write the digest to deploy to a file, without a line break'),
  ];
  for (const option of options) command.addOption(option.helpGroup('Output:'));
  return command;
}

/** Whether the user asked for a digest to deploy. If so, an image without one is a failure. */
export function wantsDeployment({ quiet, digestFile }: DeploymentOutputOptions): boolean {
  return quiet || digestFile !== undefined;
}

/**
 * Removes the digest of an earlier run before anything else can fail.
 *
 * @throws ConfigError if the file could not be written later: it is not a regular file, or its directory is missing.
 */
export async function clearDeployment({ digestFile }: DeploymentOutputOptions): Promise<void> {
  if (digestFile === undefined) return;
  const existing = await lstat(digestFile).catch(() => undefined);
  if (existing?.isFile() === false) {
    throw new ConfigError([`--digest-file ${escapeText(digestFile)}: it exists and is not a regular file`]);
  }
  const directory = await stat(dirname(digestFile)).catch(() => undefined);
  if (directory?.isDirectory() !== true) {
    throw new ConfigError([`--digest-file ${escapeText(digestFile)}: its directory does not exist`]);
  }
  await rm(digestFile, { force: true });
}

/** @param name The image to deploy, by its digest. */
export async function writeDeployment(
  { quiet, digestFile }: DeploymentOutputOptions,
  name: string,
  digest: Digest,
): Promise<void> {
  if (digestFile !== undefined) {
    await replaceFile(digestFile, digest);
  }
  if (quiet) process.stdout.write(`${name}\n`);
}
