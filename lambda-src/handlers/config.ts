// The settings of both functions, from the environment that the Terraform module gives them (docs/module.md). Nothing else
// reads it, but for the AWS SDK, which reads its own variables.
import { ConfigError } from '../core/errors.ts';
import type { Platform } from '../core/oci/descriptor.ts';
import { parsePlatform } from '../core/oci/platform.ts';
import { quoteText } from '../core/oci/quotation.ts';
import type { SociIndexVersion } from '../core/soci/soci-index.ts';
import { parseTargetTagTemplate, type TargetTagTemplate } from '../core/soci/target-tag.ts';
import { parseImageFilters, type ImageFilter } from '../events/image-filters.ts';

interface CommonConfig {
  readonly version: SociIndexVersion;
  /** Means something with V2 only. */
  readonly targetTagTemplate: TargetTagTemplate;
}

export interface FilterConfig extends CommonConfig {
  readonly filters: readonly ImageFilter[];
  readonly generatorFunctionName: string;
  /** Whether replicas of images from another region or account are indexed. */
  readonly indexReplicatedImages: boolean;
}

export interface GeneratorConfig extends CommonConfig {
  /** Undefined: all that an image has. */
  readonly platforms: readonly Platform[] | undefined;
  readonly spanSizeBytes: number;
  /** Compressed. */
  readonly minimumLayerSizeBytes: number;
  /** Whether an image that gets no index gets the target tag as it is. */
  readonly tagSkippedImages: boolean;
  /** Whether a layer is not read whose zTOC the repository has already. */
  readonly reuseZtocs: boolean;
  /** Bytes of a zTOC by its layer's compressed bytes; 0: no limit. */
  readonly maximumZtocRatio: number;
  /** Where outcomes are announced; undefined: nowhere. */
  readonly announcements: AnnouncementConfig | undefined;
}

export interface AnnouncementConfig {
  /** Of EventBridge, in this account and region. */
  readonly busName: string;
  /** The module's `name`. */
  readonly instanceName: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws ConfigError with every fault. */
export function loadFilterConfig(environment: Environment): FilterConfig {
  const variables = new Variables(environment);
  return variables.finish({
    ...readCommon(variables),
    filters: variables.read('SOCI_FILTERS', parseImageFilters),
    generatorFunctionName: variables.read('GENERATOR_FUNCTION_NAME', parseFunctionName),
    indexReplicatedImages: variables.read('SOCI_INDEX_REPLICATED_IMAGES', parseSwitch),
  });
}

/** @throws ConfigError with every fault. */
export function loadGeneratorConfig(environment: Environment): GeneratorConfig {
  const variables = new Variables(environment);
  return variables.finish({
    ...readCommon(variables),
    platforms: variables.read('SOCI_PLATFORMS', parsePlatforms),
    spanSizeBytes: variables.read('SOCI_SPAN_SIZE_BYTES', parseSpanSize),
    minimumLayerSizeBytes: variables.read('SOCI_MIN_LAYER_SIZE_BYTES', parseByteCount),
    tagSkippedImages: variables.read('SOCI_TAG_SKIPPED_IMAGES', parseSwitch),
    reuseZtocs: variables.read('SOCI_REUSE_ZTOCS', parseSwitch),
    maximumZtocRatio: variables.read('SOCI_MAX_ZTOC_RATIO', parseRatio),
    announcements: readAnnouncements(variables),
  });
}

type Parsed<Config> = { readonly [Name in keyof Config]: Config[Name] | Fault };

/** Stands for a value that could not be read, until `finish` throws what was wrong with it. */
class Fault {
  readonly isFault = true;
}

/** Reads variables one by one and remembers what is wrong, so that one error can tell it all. */
class Variables {
  readonly #faults: string[] = [];

  constructor(readonly environment: Environment) {}

  read<Value>(name: string, parse: (text: string) => Value): Value | Fault {
    const text = this.environment[name];
    if (text === undefined) return this.#note(`${name} is not set`);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#note(...error.faults.map((fault) => `${name}: ${fault}`));
    }
  }

  /** The settings, now that there are no faults among them. @throws ConfigError where there are. */
  finish<Config>(config: Parsed<Config>): Config {
    if (this.#faults.length > 0) throw new ConfigError(this.#faults);
    return config as Config;
  }

  #note(...faults: readonly string[]): Fault {
    this.#faults.push(...faults);
    return new Fault();
  }
}

function readCommon(variables: Variables): Parsed<CommonConfig> {
  return {
    version: variables.read('SOCI_INDEX_VERSION', parseVersion),
    targetTagTemplate: variables.read('SOCI_TARGET_TAG_TEMPLATE', parseTargetTagTemplate),
  };
}

function readAnnouncements(variables: Variables): AnnouncementConfig | undefined | Fault {
  const busName = variables.read('SOCI_EVENT_BUS_NAME', parseBusName);
  const instanceName = variables.read('SOCI_INSTANCE_NAME', parseInstanceName);
  if (busName instanceof Fault) return busName;
  if (instanceName instanceof Fault) return instanceName;
  return busName === '' ? undefined : { busName, instanceName };
}

function parseVersion(text: string): SociIndexVersion {
  if (text === 'V1' || text === 'V2') return text;
  throw new ConfigError([`expected V1 or V2, got ${quoteText(text)}`]);
}

/** A function of this account and region by its name alone, as the module gives it. */
function parseFunctionName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new ConfigError([`expected the name of a Lambda function, got ${quoteText(text)}`]);
}

/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateEventBus.html */
function parseBusName(text: string): string {
  if (/^[/._A-Za-z0-9-]{0,256}$/.test(text)) return text;
  throw new ConfigError([`expected the name of an event bus, or nothing, got ${quoteText(text)}`]);
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
  throw new ConfigError([`expected a whole number of times, or 0, got ${quoteText(text)}`]);
}

function parseSwitch(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ConfigError([`expected true or false, got ${quoteText(text)}`]);
}
