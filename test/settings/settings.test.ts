import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import type { FilterVariable, GeneratorVariable } from '../../lambda-src/settings/environment.ts';
import { readFilterSettings } from '../../lambda-src/settings/filter-settings.ts';
import { readGeneratorSettings } from '../../lambda-src/settings/generator-settings.ts';

/** As the module gives them. */
const filterEnvironment: Readonly<Record<FilterVariable, string>> = {
  SOCI_FILTERS: 'prod*:latest,dev:*',
  SOCI_INDEX_VERSION: 'V2',
  SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
  GENERATOR_FUNCTION_NAME: 'soci-index-builder-generator',
};

const generatorEnvironment: Readonly<Record<GeneratorVariable, string>> = {
  SOCI_INDEX_VERSION: 'V2',
  SOCI_PLATFORMS: '',
  SOCI_SPAN_SIZE_BYTES: '4194304',
  SOCI_MIN_LAYER_SIZE_BYTES: '10485760',
  SOCI_TARGET_TAG_TEMPLATE: '{tag}-soci',
  SOCI_TAG_SKIPPED_IMAGES: 'false',
  SOCI_REUSE_ZTOCS: 'true',
  SOCI_EVENT_BUS_NAME: 'default',
  SOCI_INSTANCE_NAME: 'name',
};

type Changes = Readonly<Record<string, string | undefined>>;

function faultsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe("the filter's settings", () => {
  test('are those of the module', () => {
    const { filters, ...config } = readFilterSettings(filterEnvironment);
    expect(filters.map(({ pattern }) => pattern)).toEqual(['prod*:latest', 'dev:*']);
    expect(config).toEqual({
      version: 'V2',
      targetTagTemplate: { prefix: '', suffix: '-soci' },
      generatorFunctionName: 'soci-index-builder-generator',
    });
  });

  test('are missing all together: every one is told', () => {
    expect(faultsOf(() => readFilterSettings({}))).toEqual([
      'SOCI_INDEX_VERSION is not set',
      'SOCI_TARGET_TAG_TEMPLATE is not set',
      'SOCI_FILTERS is not set',
      'GENERATOR_FUNCTION_NAME is not set',
    ]);
  });

  test.each<readonly [Changes, readonly string[]]>([
    [{ SOCI_INDEX_VERSION: 'v2' }, ['SOCI_INDEX_VERSION: expected V1 or V2, got "v2"']],
    [{ SOCI_FILTERS: '' }, ['SOCI_FILTERS: filter "" is empty']],
    [
      { SOCI_FILTERS: 'a,b' },
      [
        'SOCI_FILTERS: filter "a" is not REPOSITORY:TAG, with one colon',
        'SOCI_FILTERS: filter "b" is not REPOSITORY:TAG, with one colon',
      ],
    ],
    [
      { GENERATOR_FUNCTION_NAME: 'arn:aws:lambda:eu-west-1:444455556666:function:theirs' },
      [
        'GENERATOR_FUNCTION_NAME: expected the name of a Lambda function, got "arn:aws:lambda:eu-west-1:444455556666:function:theirs"',
      ],
    ],
    [
      { GENERATOR_FUNCTION_NAME: '' },
      ['GENERATOR_FUNCTION_NAME: expected the name of a Lambda function, got ""'],
    ],
  ])('with %j are refused', (changes, faults) => {
    expect(faultsOf(() => readFilterSettings({ ...filterEnvironment, ...changes }))).toEqual(faults);
  });
});

describe("the generator's settings", () => {
  test('are those of the module', () => {
    expect(readGeneratorSettings(generatorEnvironment)).toEqual({
      version: 'V2',
      targetTagTemplate: { prefix: '', suffix: '-soci' },
      platforms: undefined,
      spanSizeBytes: 4194304,
      minimumLayerSizeBytes: 10485760,
      tagSkippedImages: false,
      reuseZtocs: true,
      announcements: { busName: 'default', instanceName: 'name' },
    });
  });

  test('may choose platforms, and every layer', () => {
    const changes = {
      SOCI_PLATFORMS: 'linux/amd64,linux/arm/v7',
      SOCI_MIN_LAYER_SIZE_BYTES: '0',
      SOCI_TAG_SKIPPED_IMAGES: 'true',
      SOCI_REUSE_ZTOCS: 'false',
    };
    expect(readGeneratorSettings({ ...generatorEnvironment, ...changes })).toMatchObject({
      platforms: [
        { os: 'linux', architecture: 'amd64' },
        { os: 'linux', architecture: 'arm', variant: 'v7' },
      ],
      minimumLayerSizeBytes: 0,
      tagSkippedImages: true,
      reuseZtocs: false,
    });
  });

  test('may have nothing announced', () => {
    const config = readGeneratorSettings({ ...generatorEnvironment, SOCI_EVENT_BUS_NAME: '' });
    expect(config).toHaveProperty('announcements', undefined);
  });

  test('with several faults tell all of them', () => {
    const changes = {
      SOCI_PLATFORMS: 'linux,linux/amd64,/x',
      SOCI_SPAN_SIZE_BYTES: '0',
      SOCI_MIN_LAYER_SIZE_BYTES: '1e6',
      SOCI_TAG_SKIPPED_IMAGES: 'yes',
      SOCI_REUSE_ZTOCS: '1',
      SOCI_TARGET_TAG_TEMPLATE: 'soci',
      SOCI_EVENT_BUS_NAME: 'arn:aws:events:eu-west-1:111122223333:event-bus/theirs',
      SOCI_INSTANCE_NAME: '',
    };
    expect(faultsOf(() => readGeneratorSettings({ ...generatorEnvironment, ...changes }))).toEqual([
      expect.stringMatching(/^SOCI_TARGET_TAG_TEMPLATE: target tag "soci": expected \{tag\} once/),
      expect.stringMatching(/^SOCI_PLATFORMS: platform "linux": /),
      expect.stringMatching(/^SOCI_PLATFORMS: platform "\/x": /),
      'SOCI_SPAN_SIZE_BYTES: expected at least 1 byte, got 0',
      'SOCI_MIN_LAYER_SIZE_BYTES: expected a whole number of bytes, got "1e6"',
      'SOCI_TAG_SKIPPED_IMAGES: expected true or false, got "yes"',
      'SOCI_REUSE_ZTOCS: expected true or false, got "1"',
      'SOCI_EVENT_BUS_NAME: expected the name of an event bus, or nothing, got "arn:aws:events:eu-west-1:111122223333:event-bus/theirs"',
      'SOCI_INSTANCE_NAME: expected the module\'s name, got ""',
    ]);
  });

  test.each(['', '-1', '1.5', ' 4194304', '4194304\n', '0x10', '9'.repeat(16)])(
    'refuse %j for a number of bytes',
    (text) => {
      expect(
        faultsOf(() => readGeneratorSettings({ ...generatorEnvironment, SOCI_SPAN_SIZE_BYTES: text })),
      ).toHaveLength(1);
    },
  );
});
