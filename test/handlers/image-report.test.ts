import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { explain } from '../../lambda-src/core/reasons.ts';
import {
  countIndexedLayers,
  type ImageReport,
  isImageWithoutIndex,
  writeReport,
} from '../../lambda-src/handlers/image-report.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { lambdaContext } from './lambda-invocation.ts';

const logLines = captureLogLines();

const digest = digestOf(Buffer.from('a layer'));
const ztoc = { digest, size: 1, spans: 1, files: 1 };
const layers = [
  { digest, status: 'indexed', ztoc },
  { digest, status: 'reused', ztoc },
  { digest, status: 'skipped', ...explain('too-small') },
] as const;
const indexes = [{ platform: 'linux/amd64', layers }];

test('counts a layer with a reused zTOC as indexed, but not a skipped layer', () => {
  expect(countIndexedLayers({ status: 'superseded', ...explain('tag-moved'), indexes })).toBe(2);
  expect(countIndexedLayers({ status: 'superseded', ...explain('tag-moved') })).toBe(0);
});

test.each([
  ['no-layer-to-index', true],
  ['no-platform', true],
  ['tag-immutable', false],
  ['image-deleted', false],
] as const)('an image that is skipped with %s is one without an index: %j', (reason, isWithout) => {
  expect(isImageWithoutIndex({ status: 'skipped', ...explain(reason) })).toBe(isWithout);
});

describe('a report', () => {
  const context = lambdaContext();
  const image = `team/app:v1@${digest}`;
  const common = { version: 'V2', indexes, bytesRead: 7, warnings: [] } as const;

  function linesOf(report: ImageReport) {
    writeReport(report, context);
    return logLines();
  }

  test('is a line with the outcome and the image, and a line of metrics', () => {
    const report = { ...common, status: 'indexed', digest, tag: 'v1-soci', image, seconds: 1.5 } as const;
    expect(linesOf(report)).toEqual([
      {
        timestamp: expect.any(String),
        level: 'INFO',
        message: `indexed: ${image}`,
        ...report,
        requestId: context.awsRequestId,
      },
      expect.objectContaining({
        FunctionName: context.functionName,
        Outcome: 'indexed',
        Images: 1,
        Layers: 2,
        Bytes: 7,
        Seconds: 1.5,
      }),
    ]);
  });

  test('of an event that names no image says so, and has read nothing', () => {
    const failure = { ...explain('event-invalid'), type: 'InvalidEventError', causes: [] };
    expect(linesOf({ status: 'failed', ...failure, image: undefined, seconds: 0 })).toMatchObject([
      { level: 'ERROR', message: expect.stringMatching(/^failed: unknown image: /) as unknown },
      { Outcome: 'failed', Layers: 0, Bytes: 0 },
    ]);
  });

  test('of an image that continues in another invocation is not counted', () => {
    const report = {
      ...common,
      status: 'unfinished',
      finished: [],
      layersLeft: 1,
      image,
      seconds: 1,
    } as const;
    expect(linesOf(report)).toHaveLength(1);
  });

  test.each([
    ['no-platform', 'WARN'],
    ['tag-immutable', 'WARN'],
    ['target-tag-taken', 'WARN'],
    ['target-tag-too-long', 'WARN'],
    ['no-layer-to-index', 'INFO'],
    ['image-deleted', 'INFO'],
  ] as const)('of an image that is skipped with %s has level %s', (reason, level) => {
    expect(linesOf({ status: 'skipped', ...explain(reason), image, seconds: 1 })[0]).toMatchObject({ level });
  });

  test('with a warning has level WARN', () => {
    const report = { ...common, status: 'indexed', digest, warnings: ['odd'], image, seconds: 1 } as const;
    expect(linesOf(report)[0]).toMatchObject({ level: 'WARN', warnings: ['odd'] });
  });
});
