// Options that several commands have, parsed from the words of the command line.
import { InvalidArgumentError, Option } from 'commander';
import type { Platform } from '../core/oci/descriptor.ts';
import { parsePlatform } from '../core/oci/platform.ts';
import { defaultBuildToolIdentifier, defaultSpanSizeBytes } from '../core/ztoc/ztoc.ts';

/** Ten MiB, the default of `soci create` and `soci convert`. */
const defaultMinimumLayerBytes = 10 * 1024 * 1024;

/** With V2 an image's indexed form has the image's tag with this behind it. */
export const defaultTagSuffix = '-soci';

/** @throws InvalidArgumentError where the word is no count of bytes. */
export function parseBytes(word: string): number {
  const bytes = Number(word);
  if (!/^\d+$/.test(word) || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('It must be a number of bytes, such as 4194304.');
  }
  return bytes;
}

function parseTimes(word: string): number {
  if (!/^\d{1,6}$/.test(word)) {
    throw new InvalidArgumentError('It must be a whole number of times, such as 16, or 0 for no limit.');
  }
  return Number(word);
}

export function indexVersionOption(): Option {
  return new Option('--index-version <version>', 'version of the index').choices(['v1', 'v2']).default('v2');
}

/** @param purpose What is done with the platforms: `to index`. */
export function platformOption(purpose: string): Option {
  return new Option('--platform <os/arch>', `a platform ${purpose}; repeatable`)
    .argParser((word: string, platforms: readonly Platform[]) => [...platforms, parsePlatform(word)])
    .default([] as readonly Platform[], 'all');
}

export function minimumLayerSizeOption(): Option {
  return new Option('--min-layer-size <bytes>', 'a smaller layer is not indexed')
    .argParser(parseBytes)
    .default(defaultMinimumLayerBytes);
}

export function maximumZtocRatioOption(): Option {
  return new Option(
    '--max-ztoc-ratio <times>',
    "a layer is not indexed if its zTOC is over 64 MiB and over this many times the layer's size; 0: no limit",
  )
    .argParser(parseTimes)
    .default(0);
}

export function tagSuffixOption(): Option {
  return new Option('--tag-suffix <suffix>', "of the V2 image's tag, after the source's").default(
    defaultTagSuffix,
  );
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
  return new Option('--json', 'print one JSON object, and nothing else, on standard output')
    .default(false)
    .helpGroup('Output:');
}
