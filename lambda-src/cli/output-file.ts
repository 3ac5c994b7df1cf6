// A file that a command writes.
import { access, constants, realpath, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Stats } from 'node:fs';
import { isMissingFile } from '../content/file-error.ts';
import { replaceFile } from '../content/whole-file.ts';
import { ConfigError } from '../core/errors.ts';
import { escapeText } from '../core/oci/quotation.ts';

export interface OutputFile {
  /** Writes a file completely or not at all. A device or a pipe just receives the bytes. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Checks that a file can be written, without changing it.
 *
 * @param option The option that names it.
 * @param inputPath The command's input, which must be a different file, even through links.
 * @throws ConfigError if both are the same file; Error if it is a directory, or if its directory is not writable.
 */
export async function openOutput(
  path: string,
  inputPath: string | undefined,
  option = '--output',
): Promise<OutputFile> {
  const existing = await statUnlessMissing(path);
  if (existing === undefined) {
    await access(dirname(path), constants.W_OK);
    return { write: (bytes) => replaceFile(path, bytes) };
  }
  const input = inputPath === undefined ? undefined : await statUnlessMissing(inputPath);
  if (input !== undefined && existing.dev === input.dev && existing.ino === input.ino) {
    throw new ConfigError([
      `${option} ${escapeText(path)} is the input file (${escapeText(inputPath!)}): choose another file`,
    ]);
  }
  if (existing.isDirectory()) {
    throw new Error(`${option} ${escapeText(path)} is a directory: expected the name of a file`);
  }
  if (!existing.isFile()) return { write: (bytes) => writeFile(path, bytes) };
  // A link is kept, and its target is replaced.
  const target = await realpath(path);
  await access(dirname(target), constants.W_OK);
  return { write: (bytes) => replaceFile(target, bytes) };
}

async function statUnlessMissing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw error;
  }
}
