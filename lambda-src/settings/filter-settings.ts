// The settings of the filter function. `soci-index backfill` also reads them, from the function that it invokes.
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { type ImageFilter, parseImageFilters } from '../events/image-filters.ts';
import {
  type CommonSettings,
  type Environment,
  type FilterVariable,
  parseSwitch,
  readCommonSettings,
  Variables,
} from './environment.ts';

export interface FilterSettings extends CommonSettings {
  readonly filters: readonly ImageFilter[];
  readonly generatorFunctionName: string;
  /** Whether replicas of images from another region or account are indexed. */
  readonly indexReplicatedImages: boolean;
}

/** @throws ConfigError with every fault. */
export function readFilterSettings(environment: Environment): FilterSettings {
  const variables = new Variables<FilterVariable>(environment);
  return variables.finish({
    ...readCommonSettings(variables),
    filters: variables.read('SOCI_FILTERS', parseImageFilters),
    generatorFunctionName: variables.read('GENERATOR_FUNCTION_NAME', parseFunctionName),
    indexReplicatedImages: variables.read('SOCI_INDEX_REPLICATED_IMAGES', parseSwitch),
  });
}

/** A function name without region or account, as the module sets it. */
function parseFunctionName(text: string): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(text)) return text;
  throw new ConfigError([`expected the name of a Lambda function, got ${quoteText(text)}`]);
}
