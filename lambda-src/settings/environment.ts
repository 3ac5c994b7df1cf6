// The environment variables that the Terraform module sets for the functions (functions.tf, docs/module.md): their names,
// and a reader that reports all faults at once. No other code reads them. The AWS SDK reads its own variables.
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { parseTargetTagTemplate, type TargetTagTemplate } from '../core/soci/target-tag.ts';
import type { SociIndexVersion } from '../core/soci-names.ts';

type CommonVariable = 'SOCI_INDEX_VERSION' | 'SOCI_TARGET_TAG_TEMPLATE';

/** Variables of the filter function. */
export type FilterVariable =
  CommonVariable | 'SOCI_FILTERS' | 'GENERATOR_FUNCTION_NAME' | 'SOCI_INDEX_REPLICATED_IMAGES';

/** Variables of the generator function. */
export type GeneratorVariable =
  | CommonVariable
  | 'SOCI_PLATFORMS'
  | 'SOCI_SPAN_SIZE_BYTES'
  | 'SOCI_MIN_LAYER_SIZE_BYTES'
  | 'SOCI_TAG_SKIPPED_IMAGES'
  | 'SOCI_REUSE_ZTOCS'
  | 'SOCI_MAX_ZTOC_RATIO'
  | 'SOCI_PREFETCH_LABEL'
  | 'SOCI_EVENT_BUS_NAME'
  | 'SOCI_INSTANCE_NAME';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of both functions. */
export interface CommonSettings {
  readonly version: SociIndexVersion;
  /** Used with V2 only. */
  readonly targetTagTemplate: TargetTagTemplate;
}

export type Parsed<Settings> = { readonly [Name in keyof Settings]: Settings[Name] | Fault };

/** Takes the place of an invalid value, until `finish` throws the faults. */
export class Fault {
  readonly isFault = true;
}

/** Reads variables one by one and collects faults, so that one error can list all of them. */
export class Variables<Name extends string> {
  readonly #faults: string[] = [];

  constructor(readonly environment: Environment) {}

  read<Value>(name: Name, parse: (text: string) => Value): Value | Fault {
    const text = this.environment[name];
    if (text === undefined) return this.#note(`${name} is not set`);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return this.#note(...error.faults.map((fault) => `${name}: ${fault}`));
    }
  }

  /** The settings, if there are no faults. @throws ConfigError otherwise. */
  finish<Settings>(settings: Parsed<Settings>): Settings {
    if (this.#faults.length > 0) throw new ConfigError(this.#faults);
    return settings as Settings;
  }

  #note(...faults: readonly string[]): Fault {
    this.#faults.push(...faults);
    return new Fault();
  }
}

export function readCommonSettings(variables: Variables<CommonVariable>): Parsed<CommonSettings> {
  return {
    version: variables.read('SOCI_INDEX_VERSION', parseVersion),
    targetTagTemplate: variables.read('SOCI_TARGET_TAG_TEMPLATE', parseTargetTagTemplate),
  };
}

function parseVersion(text: string): SociIndexVersion {
  if (text === 'V1' || text === 'V2') return text;
  throw new ConfigError([`expected V1 or V2, got ${quoteText(text)}`]);
}

export function parseSwitch(text: string): boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  throw new ConfigError([`expected true or false, got ${quoteText(text)}`]);
}
