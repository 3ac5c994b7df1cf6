// Options that several commands share, with their parsers.
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
 * Limits for an index that is pushed, the same as the module's (variables.tf). With smaller spans, a zTOC becomes larger
 * than its layer; with larger ones, reading one file fetches more than most layers contain.
 */
const minimumSpanBytes = 65_536;
const maximumSpanBytes = 1_073_741_824;

const bytesOfUnits: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** @throws InvalidArgumentError if the word is not a size such as `4MiB` or `4194304`. */
export function parseBytes(word: string): number {
  const [, digits = '', unit = ''] = /^(\d+)(?: ?([KMG]iB))?$/.exec(word) ?? [];
  const bytes = Number(digits) * (bytesOfUnits[unit] ?? 1);
  if (digits === '' || !Number.isSafeInteger(bytes)) {
    throw new InvalidArgumentError('Expected a size such as 4MiB (KiB, MiB or GiB), or a number of bytes.');
  }
  return bytes;
}

/** `10 MiB`: a whole number of the largest unit that divides the size evenly. */
function formatSize(bytes: number): string {
  const [unit, size] = Object.entries(bytesOfUnits).findLast(([, one]) => bytes % one === 0) ?? ['bytes', 1];
  return `${bytes / size} ${unit}`;
}

function parseTimes(word: string): number {
  if (!/^\d{1,6}$/.test(word)) {
    throw new InvalidArgumentError('Expected a whole number, such as 16, or 0 for no limit.');
  }
  return Number(word);
}

const indexVersions = ['v1', 'v2'];

/** `v1` or `v2`, in either case. */
export function indexVersionOption(): Option {
  return new Option('--index-version <version>', 'version of the SOCI index')
    .choices(indexVersions)
    .argParser((word) => {
      const version = word.toLowerCase();
      if (indexVersions.includes(version)) return version;
      throw new InvalidArgumentError(`Allowed choices are ${indexVersions.join(', ')}.`);
    })
    .default('v2');
}

/** @param purpose What the command does with the platforms: `to index`. */
export function platformOption(purpose: string): Option {
  return new Option('--platform <os/arch>', `a platform ${purpose}; repeatable`)
    .argParser((word: string, platforms: readonly Platform[]) => [...platforms, parsePlatform(word)])
    .default([] as readonly Platform[], 'all');
}

export function minimumLayerSizeOption(): Option {
  return new Option('--min-layer-size <size>', 'leave out layers with a smaller compressed size')
    .argParser(parseBytes)
    .default(defaultMinimumLayerSizeBytes, formatSize(defaultMinimumLayerSizeBytes));
}

export function maximumZtocRatioOption(): Option {
  return new Option(
    '--max-ztoc-ratio <times>',
    "leave out a layer whose zTOC is larger than 64 MiB and more than this many times the layer's size; 0 means no limit",
  )
    .argParser(parseTimes)
    .default(0);
}

export function tagSuffixOption(): Option {
  return new Option('--tag-suffix <suffix>', "suffix of the V2 image's tag").default(defaultTagSuffix);
}

/** @param isPushed Whether the index is pushed; a zTOC file may have any span size. */
export function spanSizeOption(isPushed: boolean): Option {
  return new Option('--span-size <size>', 'uncompressed bytes between two checkpoints')
    .argParser(isPushed ? parsePushedSpanSize : parseSpanSize)
    .default(defaultSpanSizeBytes, formatSize(defaultSpanSizeBytes));
}

/** @throws InvalidArgumentError if a pushed index may not have this span size. */
export function parsePushedSpanSize(word: string): number {
  const bytes = parseBytes(word);
  if (bytes >= minimumSpanBytes && bytes <= maximumSpanBytes) return bytes;
  throw new InvalidArgumentError(
    `Expected ${minimumSpanBytes} to ${maximumSpanBytes} bytes (${formatSize(minimumSpanBytes)} to ${formatSize(maximumSpanBytes)}).`,
  );
}

function parseSpanSize(word: string): number {
  const bytes = parseBytes(word);
  if (bytes >= 1) return bytes;
  throw new InvalidArgumentError('Expected at least 1 byte.');
}

export function buildToolIdentifierOption(): Option {
  return new Option(
    '--build-tool-identifier <text>',
    "the builder's name in the zTOC; it changes the zTOC's digest",
  ).default(defaultBuildToolIdentifier);
}

export function jsonOption(): Option {
  return new Option('--json', 'print one JSON object on standard output, and nothing else')
    .default(false)
    .helpGroup('Output:');
}
