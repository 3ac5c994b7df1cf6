import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import {
  loggedError,
  writeFailedAnnouncement,
  writeLogLine,
  writeMetrics,
} from '../../lambda-src/handlers/log.ts';
import { captureLogLines } from '../helpers/captured-output.ts';

const logLines = captureLogLines();

describe('a log line', () => {
  test('is one JSON object with the fields that Lambda filters by, and further fields', () => {
    const before = Date.now();
    writeLogLine('WARN', 'two\nlines', { image: 'web:v1', indexes: [{ digest: 'x' }] });
    const [line, ...others] = logLines();
    expect(others).toEqual([]);
    expect(line).toEqual({
      timestamp: expect.any(String),
      level: 'WARN',
      message: 'two\nlines',
      image: 'web:v1',
      indexes: [{ digest: 'x' }],
    });
    const time = line!['timestamp'] as string;
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(time)).toBeLessThanOrEqual(Date.now());
  });

  test("has a reason's sentence after its headline", () => {
    writeLogLine('INFO', 'skipped: web:v1', { ...explain('archived'), image: 'web:v1' });
    expect(logLines()[0]).toMatchObject({
      message: 'skipped: web:v1: the image is archived in ECR and cannot be pulled',
      reason: 'archived',
    });
  });
});

describe('metrics', () => {
  test("are one line in CloudWatch's embedded metric format, with the names that the alarms and the dashboard use", () => {
    const before = Date.now();
    writeMetrics({
      functionName: 'name-generator',
      outcome: 'indexed',
      layers: 3,
      bytes: 4096,
      seconds: 1.5,
    });
    const lines = logLines();
    expect(lines).toEqual([
      {
        _aws: {
          Timestamp: expect.any(Number),
          CloudWatchMetrics: [
            {
              Namespace: 'SociIndexBuilder',
              Dimensions: [['FunctionName', 'Outcome']],
              Metrics: [
                { Name: 'Images', Unit: 'Count' },
                { Name: 'Layers', Unit: 'Count' },
                { Name: 'Bytes', Unit: 'Bytes' },
                { Name: 'Seconds', Unit: 'Seconds' },
              ],
            },
          ],
        },
        FunctionName: 'name-generator',
        Outcome: 'indexed',
        Images: 1,
        Layers: 3,
        Bytes: 4096,
        Seconds: 1.5,
      },
    ]);
    // In milliseconds; CloudWatch would drop a time in seconds as too old.
    const { Timestamp } = lines[0]!['_aws'] as { Timestamp: number };
    expect(Timestamp).toBeGreaterThanOrEqual(before);
    expect(Timestamp).toBeLessThanOrEqual(Date.now());
  });
});

test('an outcome that could not be announced is counted by its own metric', () => {
  writeFailedAnnouncement('name-generator');
  expect(logLines()).toEqual([
    {
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'SociIndexBuilder',
            Dimensions: [['FunctionName']],
            Metrics: [{ Name: 'FailedAnnouncements', Unit: 'Count' }],
          },
        ],
      },
      FunctionName: 'name-generator',
      FailedAnnouncements: 1,
    },
  ]);
});

describe('a logged error', () => {
  test('has its type, its message and those of its causes', () => {
    const root = new TypeError('no connection');
    const error = new RangeError('no image', { cause: new Error('no answer', { cause: root }) });
    expect(loggedError(error)).toEqual({
      type: 'RangeError',
      reason: 'internal-error',
      message: 'no image',
      causes: ['Error: no answer', 'TypeError: no connection'],
    });
  });

  test('shows none of its other fields, such as a response with a password', () => {
    const error = Object.assign(new Error('refused'), {
      $response: { headers: { authorization: 'secret' } },
    });
    expect(JSON.stringify(loggedError(error))).not.toContain('secret');
  });

  test('may be its own cause', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(loggedError(error).causes).toHaveLength(5);
  });

  test('may be any value', () => {
    expect(loggedError('text')).toEqual({
      type: 'string',
      reason: 'internal-error',
      message: 'text',
      causes: [],
    });
  });
});
