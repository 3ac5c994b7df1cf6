// Options that several commands have, parsed from the words of the command line.
import { InvalidArgumentError, Option } from 'commander';
import type { Platform } from '../core/oci/descriptor.ts';
import { parsePlatform } from '../core/oci/platform.ts';
import {
  defaultTagSuffix,
  defaultMinimumLayerSizeBytes,
  defaultSpanSizeBytes,
  defaultBuildToolIdentifier,
} from '../core/soci-names.ts';

/**
 * Of an index that is pushed, the module's limits (variables.tf). With a smaller one a zTOC outgrows its layer, with a
 * larger one a file costs more to read than most layers have.
 */
const minimumSpanBytes = 65_536;
const maximumSpanBytes = 1_073_741_824;

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
    .default(defaultMinimumLayerSizeBytes);
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

/** @param isPushed Whether it is that of an index; a zTOC by itself may have any. */
export function spanSizeOption(isPushed: boolean): Option {
  const [smallest, largest] = isPushed ? [minimumSpanBytes, maximumSpanBytes] : [1, Number.MAX_SAFE_INTEGER];
  return new Option('--span-size <bytes>', 'uncompressed bytes between two checkpoints')
    .argParser((word) => {
      const bytes = parseBytes(word);
      if (bytes >= smallest && bytes <= largest) return bytes;
      throw new InvalidArgumentError(
        isPushed ? `It must be from ${smallest} to ${largest}.` : `It must be at least ${smallest}.`,
      );
    })
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
