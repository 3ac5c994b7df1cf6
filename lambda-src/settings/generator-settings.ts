// The settings of the generator function.
import { ConfigError } from '../core/errors.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import { parsePlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import {
  type CommonSettings,
  type Environment,
  Fault,
  type GeneratorVariable,
  parseSwitch,
  readCommonSettings,
  Variables,
} from './environment.ts';

export interface GeneratorSettings extends CommonSettings {
  /** Undefined: all platforms of an image. */
  readonly platforms: readonly Platform[] | undefined;
  readonly spanSizeBytes: number;
  /** Compressed bytes. */
  readonly minimumLayerSizeBytes: number;
  /** Whether an image without an index gets the target tag too. */
  readonly tagSkippedImages: boolean;
  /** Whether existing zTOCs of the repository are reused instead of reading their layers. */
  readonly reuseZtocs: boolean;
  /** Maximum zTOC bytes per compressed layer byte; 0: no limit. */
  readonly maximumZtocRatio: number;
  /** Whether to prefetch the files that an image's label names. */
  readonly usesPrefetchLabel: boolean;
  /** Where to announce outcomes; undefined: nowhere. */
  readonly announcements: AnnouncementSettings | undefined;
}

export interface AnnouncementSettings {
  /** Name of the event bus, in this account and region. */
  readonly busName: string;
  /** The module's `name`. */
  readonly instanceName: string;
}

/** @throws ConfigError with every fault. */
export function readGeneratorSettings(environment: Environment): GeneratorSettings {
  const variables = new Variables<GeneratorVariable>(environment);
  return variables.finish({
    ...readCommonSettings(variables),
    platforms: variables.read('SOCI_PLATFORMS', parsePlatforms),
    spanSizeBytes: variables.read('SOCI_SPAN_SIZE_BYTES', parseSpanSize),
    minimumLayerSizeBytes: variables.read('SOCI_MIN_LAYER_SIZE_BYTES', parseByteCount),
    tagSkippedImages: variables.read('SOCI_TAG_SKIPPED_IMAGES', parseSwitch),
    reuseZtocs: variables.read('SOCI_REUSE_ZTOCS', parseSwitch),
    maximumZtocRatio: variables.read('SOCI_MAX_ZTOC_RATIO', parseRatio),
    usesPrefetchLabel: variables.read('SOCI_PREFETCH_LABEL', parseSwitch),
    announcements: readAnnouncements(variables),
  });
}

function readAnnouncements(
  variables: Variables<GeneratorVariable>,
): AnnouncementSettings | undefined | Fault {
  const busName = variables.read('SOCI_EVENT_BUS_NAME', parseBusName);
  const instanceName = variables.read('SOCI_INSTANCE_NAME', parseInstanceName);
  if (busName instanceof Fault) return busName;
  if (instanceName instanceof Fault) return instanceName;
  return busName === '' ? undefined : { busName, instanceName };
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html */
function parseBusName(text: string): string {
  if (/^[/._A-Za-z0-9-]{0,256}$/.test(text)) return text;
  throw new ConfigError([`expected the name of an event bus or an empty string, got ${quoteText(text)}`]);
}

function parseInstanceName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new ConfigError([`expected the module's name, got ${quoteText(text)}`]);
}

function parsePlatforms(text: string): readonly Platform[] | undefined {
  if (text === '') return undefined;
  const faults: string[] = [];
  const platforms = text.split(',').flatMap((part) => {
    try {
      return [parsePlatform(part)];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      faults.push(...error.faults);
      return [];
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
  return platforms;
}

function parseSpanSize(text: string): number {
  const bytes = parseByteCount(text);
  if (bytes > 0) return bytes;
  throw new ConfigError(['expected at least 1 byte, got 0']);
}

function parseByteCount(text: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw new ConfigError([`expected a whole number of bytes, got ${quoteText(text)}`]);
}

function parseRatio(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text);
  throw new ConfigError([`expected a whole number, or 0 for no limit, got ${quoteText(text)}`]);
}
