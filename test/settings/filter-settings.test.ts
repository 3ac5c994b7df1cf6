import { describe, expect, test } from '@jest/globals';
import { readFilterSettings } from '../../lambda-src/settings/filter-settings.ts';
import { faultsOf } from '../helpers/faults-of.ts';
import { filterEnvironment } from '../helpers/function-environment.ts';

type Changes = Readonly<Record<string, string | undefined>>;

describe('readFilterSettings', () => {
  test('reads the environment that the module sets', () => {
    const { filters, ...settings } = readFilterSettings({
      ...filterEnvironment,
      SOCI_FILTERS: 'prod*:latest,dev:*',
    });
    expect(filters.map(({ pattern }) => pattern)).toEqual(['prod*:latest', 'dev:*']);
    expect(settings).toEqual({
      version: 'V2',
      targetTagTemplate: { prefix: '', suffix: '-soci' },
      generatorFunctionName: 'name-generator',
      indexReplicatedImages: false,
    });
  });

  test.each(['V1', 'V2'] as const)('reads the version %s', (version) => {
    expect(readFilterSettings({ ...filterEnvironment, SOCI_INDEX_VERSION: version }).version).toBe(version);
  });

  test('reports all missing variables at once', () => {
    expect(faultsOf(() => readFilterSettings({}))).toEqual([
      'SOCI_INDEX_VERSION is not set',
      'SOCI_TARGET_TAG_TEMPLATE is not set',
      'SOCI_FILTERS is not set',
      'GENERATOR_FUNCTION_NAME is not set',
      'SOCI_INDEX_REPLICATED_IMAGES is not set',
    ]);
  });

  test.each<readonly [Changes, readonly string[]]>([
    [{ SOCI_INDEX_VERSION: 'v2' }, ['SOCI_INDEX_VERSION: expected V1 or V2, got "v2"']],
    [{ SOCI_INDEX_VERSION: 'V3' }, ['SOCI_INDEX_VERSION: expected V1 or V2, got "V3"']],
    [{ SOCI_INDEX_VERSION: 'V2 ' }, ['SOCI_INDEX_VERSION: expected V1 or V2, got "V2 "']],
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
    [
      { SOCI_INDEX_REPLICATED_IMAGES: 'yes' },
      ['SOCI_INDEX_REPLICATED_IMAGES: expected true or false, got "yes"'],
    ],
  ])('rejects %j', (changes, faults) => {
    expect(faultsOf(() => readFilterSettings({ ...filterEnvironment, ...changes }))).toEqual(faults);
  });
});
