// Options that several commands have, parsed from the words of the command line.
import { InvalidArgumentError, Option } from 'commander';
import { defaultBuildToolIdentifier, defaultSpanSizeBytes } from '../core/ztoc/ztoc.ts';

/** @throws InvalidArgumentError where the word is no count of bytes. */
export function parseBytes(word: string): number {
  const bytes = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('It must be a number of bytes, such as 4194304.');
  }
  return bytes;
}

export function spanSizeOption(): Option {
  return new Option('--span-size <bytes>', 'uncompressed bytes between two checkpoints')
    .argParser(parseBytes)
    .default(defaultSpanSizeBytes);
}

export function buildToolIdentifierOption(): Option {
  return new Option(
    '--build-tool-identifier <text>',
    'who built it, as the zTOC says; part of its digest',
  ).default(defaultBuildToolIdentifier);
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON object, and nothing else, on standard output').default(false);
}
