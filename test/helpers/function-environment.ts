// The default environment of the two functions in the module, except that layers of any size are indexed.
import type { FilterVariable, GeneratorVariable } from '../../lambda-src/settings/environment.ts';

export const filterEnvironment: Readonly<Record<FilterVariable, string>> = {
  SOCI_FILTERS: '*:*',
  SOCI_INDEX_VERSION: 'V2',
  SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
  GENERATOR_FUNCTION_NAME: 'name-generator',
  SOCI_INDEX_REPLICATED_IMAGES: 'false',
};

export const generatorEnvironment: Readonly<Record<GeneratorVariable, string>> = {
  SOCI_INDEX_VERSION: 'V2',
  SOCI_PLATFORMS: '',
  SOCI_SPAN_SIZE_BYTES: '4194304',
  SOCI_MIN_LAYER_SIZE_BYTES: '0',
  SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
  SOCI_TAG_SKIPPED_IMAGES: 'false',
  SOCI_REUSE_ZTOCS: 'true',
  SOCI_MAX_ZTOC_RATIO: '16',
  SOCI_PREFETCH_LABEL: 'true',
  SOCI_EVENT_BUS_NAME: 'default',
  SOCI_INSTANCE_NAME: 'name',
};
