import { describe, expect, test } from '@jest/globals';
import { readGeneratorSettings } from '../../lambda-src/settings/generator-settings.ts';
import { faultsOf } from '../helpers/faults-of.ts';
import { generatorEnvironment } from '../helpers/function-environment.ts';

describe('readGeneratorSettings', () => {
  test('reads the environment that the module sets', () => {
    expect(readGeneratorSettings({ ...generatorEnvironment, SOCI_MIN_LAYER_SIZE_BYTES: '10485760' })).toEqual(
      {
        version: 'V2',
        targetTagTemplate: { prefix: '', suffix: '-soci' },
        platforms: undefined,
        spanSizeBytes: 4194304,
        minimumLayerSizeBytes: 10485760,
        tagSkippedImages: false,
        reuseZtocs: true,
        maximumZtocRatio: 16,
        usesPrefetchLabel: true,
        announcements: { busName: 'default', instanceName: 'name' },
      },
    );
  });

  test('reads platforms, and a minimum layer size of 0', () => {
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
      maximumZtocRatio: 16,
      usesPrefetchLabel: true,
    });
  });

  test('reads a span size of one byte', () => {
    expect(readGeneratorSettings({ ...generatorEnvironment, SOCI_SPAN_SIZE_BYTES: '1' }).spanSizeBytes).toBe(
      1,
    );
  });

  test('reports a single invalid platform', () => {
    const environment = { ...generatorEnvironment, SOCI_PLATFORMS: 'linux' };
    expect(faultsOf(() => readGeneratorSettings(environment))).toHaveLength(1);
  });

  test('reads an empty bus name as no announcements', () => {
    const settings = readGeneratorSettings({ ...generatorEnvironment, SOCI_EVENT_BUS_NAME: '' });
    expect(settings).toHaveProperty('announcements', undefined);
  });

  test('reports all invalid variables at once', () => {
    const changes = {
      SOCI_PLATFORMS: 'linux,linux/amd64,/x',
      SOCI_SPAN_SIZE_BYTES: '0',
      SOCI_MIN_LAYER_SIZE_BYTES: '1e6',
      SOCI_TAG_SKIPPED_IMAGES: 'yes',
      SOCI_REUSE_ZTOCS: '1',
      SOCI_MAX_ZTOC_RATIO: '-1',
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
      'SOCI_MAX_ZTOC_RATIO: expected a whole number, or 0 for no limit, got "-1"',
      'SOCI_EVENT_BUS_NAME: expected the name of an event bus or an empty string, got "arn:aws:events:eu-west-1:111122223333:event-bus/theirs"',
      'SOCI_INSTANCE_NAME: expected the module\'s name, got ""',
    ]);
  });

  test.each(['', '-1', '1.5', ' 4194304', '4194304\n', '0x10', '9'.repeat(16)])(
    'rejects %j as a number of bytes',
    (text) => {
      expect(
        faultsOf(() => readGeneratorSettings({ ...generatorEnvironment, SOCI_SPAN_SIZE_BYTES: text })),
      ).toHaveLength(1);
    },
  );
});
