// The options that name files to prefetch. They override the image's label.
import { type Command, Option } from 'commander';
import { readFile } from 'node:fs/promises';
import { isMissingFile } from '../content/file-error.ts';
import { ConfigError } from '../core/errors.ts';
import { isStringList } from '../core/is-string-list.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { prefetchLabel } from '../core/soci/prefetch-label.ts';
import type { PrefetchSource } from '../indexer/prefetch-files.ts';

export interface PrefetchOptions {
  readonly prefetchFile: readonly string[];
  readonly prefetchFilesJson?: string;
  /** False with --no-prefetch. */
  readonly prefetch: boolean;
}

export function addPrefetchOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--prefetch-file <path>', 'a file of the image to prefetch; repeatable')
        .argParser((path: string, paths: readonly string[]) => [...paths, path])
        .default([], `the image's label ${prefetchLabel}`),
    )
    .option('--prefetch-files-json <file>', 'a JSON file with an array of files to prefetch')
    .option('--no-prefetch', `prefetch nothing, and ignore the label ${prefetchLabel}`);
}

/** @throws ConfigError for options that exclude each other, and for a file that is not a JSON array of strings. */
export async function readPrefetchSource({
  prefetchFile,
  prefetchFilesJson,
  prefetch,
}: PrefetchOptions): Promise<PrefetchSource> {
  const isGiven = prefetchFile.length > 0 || prefetchFilesJson !== undefined;
  if (isGiven && !prefetch) {
    throw new ConfigError([
      '--no-prefetch cannot be used together with --prefetch-file or --prefetch-files-json',
    ]);
  }
  if (!prefetch) return [];
  if (!isGiven) return 'label';
  return [...prefetchFile, ...(prefetchFilesJson === undefined ? [] : await readList(prefetchFilesJson))];
}

async function readList(path: string): Promise<readonly string[]> {
  const refuse = (problem: string) =>
    new ConfigError([`--prefetch-files-json ${quoteText(path)}: ${problem}`]);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw refuse(isMissingFile(error) ? 'no such file' : String(error));
  });
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw refuse(
      `expected a JSON array of strings: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  if (isStringList(list)) return list;
  throw refuse('expected a JSON array of strings');
}
