import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { InvalidEventError } from '../../lambda-src/events/invalid-event-error.ts';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import { handler } from '../../lambda-src/handlers/filter.ts';
import { type AwsAnswers, useAws } from '../helpers/aws.ts';
import { filterEnvironment } from '../helpers/function-environment.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { lambdaContext, pullThroughEvent, pushEvent, replicationEvent } from './lambda-invocation.ts';

const openAws = useAws();
const logLines = captureLogLines();

interface Settings {
  readonly filters?: string;
  readonly version?: 'V1' | 'V2';
  readonly template?: string;
  readonly replicated?: boolean;
  readonly aws?: AwsAnswers;
}

async function openFilter({
  filters = '*:*',
  version = 'V2',
  template = '{tag}-soci',
  replicated = false,
  aws,
}: Settings = {}) {
  const standIn = await openAws(aws);
  Object.assign(process.env, {
    ...filterEnvironment,
    SOCI_FILTERS: filters,
    SOCI_INDEX_VERSION: version,
    SOCI_TARGET_TAG_TEMPLATE: template,
    SOCI_INDEX_REPLICATED_IMAGES: String(replicated),
  });
  return standIn;
}

describe('a push that matches a filter', () => {
  test('is sent to the generator unchanged, and the log names the filter', async () => {
    const aws = await openFilter({ filters: 'prod*:latest,dev:*' });
    const event = pushEvent({ repository: 'dev', tag: 'v1' });
    await expect(handler(event, lambdaContext())).resolves.toEqual({ status: 'matched', filter: 'dev:*' });
    expect(aws.calls).toEqual([
      { action: 'Invoke', functionName: 'name-generator', invocationType: 'Event', input: event },
    ]);
    expect(logLines()).toEqual([
      expect.objectContaining({
        level: 'INFO',
        message: 'sent to the generator: filter dev:* matches',
        repository: 'dev',
        tag: 'v1',
        status: 'matched',
        filter: 'dev:*',
      }),
    ]);
  });

  test('causes an error if the generator cannot be invoked, so that Lambda retries and keeps the event', async () => {
    await openFilter({
      aws: { refuse: () => ({ status: 403, type: 'AccessDeniedException', message: 'not authorized' }) },
    });
    await expect(handler(pushEvent(), lambdaContext())).rejects.toMatchObject({
      name: 'AccessDeniedException',
    });
    expect(logLines()).toEqual([]);
  });

  test('is indexed with V1 even without a tag', async () => {
    const aws = await openFilter({ version: 'V1' });
    await expect(handler(pushEvent({ tag: '' }), lambdaContext())).resolves.toEqual({
      status: 'matched',
      filter: '*:*',
    });
    expect(aws.calls).toHaveLength(1);
  });

  test('is indexed with V1 even if its tag has our suffix, because V1 writes no tags', async () => {
    await openFilter({ version: 'V1' });
    await expect(handler(pushEvent({ tag: 'v1-soci' }), lambdaContext())).resolves.toHaveProperty(
      'status',
      'matched',
    );
  });

  test('is indexed with V2 at any tag, if the template moves the tag itself', async () => {
    await openFilter({ template: '{tag}' });
    await expect(handler(pushEvent({ tag: 'v1-soci' }), lambdaContext())).resolves.toHaveProperty(
      'status',
      'matched',
    );
  });
});

describe('a push that is not sent to the generator', () => {
  test.each<readonly [string, Settings, Parameters<typeof pushEvent>[0], object, string]>([
    [
      'matches no filter',
      { filters: 'prod*:latest,dev:*' },
      { repository: 'web', tag: 'v1' },
      { status: 'unmatched' },
      'no filter matches',
    ],
    [
      'has no tag, with V2',
      {},
      { tag: '' },
      { status: 'skipped', ...explain('untagged') },
      'skipped: the push has no tag, so the indexed image would have none',
    ],
    [
      'has a tag that this builder writes, which would cause an endless loop',
      {},
      { tag: 'v1-soci' },
      { status: 'skipped', ...explain('own-tag') },
      'skipped: the tag is one that this builder writes',
    ],
    [
      'has a tag that this builder writes from another template',
      { template: 'soci.{tag}' },
      { tag: 'soci.v1' },
      { status: 'skipped', ...explain('own-tag') },
      'skipped: the tag is one that this builder writes',
    ],
    [
      'is a SOCI index of this builder',
      { version: 'V1' },
      { tag: '', artifactType: 'application/vnd.amazon.soci.index.v1+json' },
      { status: 'skipped', ...explain('not-an-image') },
      'skipped: it is an artifact, not an image',
    ],
    [
      'is a signature',
      {},
      { tag: `sha256-${'0a'.repeat(32)}.sig` },
      { status: 'skipped', ...explain('not-an-image') },
      'skipped: it is an artifact, not an image',
    ],
  ])('%s', async (_, settings, push, outcome, message) => {
    const aws = await openFilter(settings);
    await expect(handler(pushEvent(push), lambdaContext())).resolves.toEqual(outcome);
    expect(aws.calls).toEqual([]);
    expect(logLines()).toEqual([expect.objectContaining({ level: 'INFO', ...outcome, message })]);
  });
});

describe('a replicated image', () => {
  test('is sent to the generator unchanged if replicated images are indexed', async () => {
    const aws = await openFilter({ filters: 'dev:*', replicated: true });
    const event = replicationEvent({ repository: 'dev', tag: 'v1' });
    await expect(handler(event, lambdaContext())).resolves.toEqual({ status: 'matched', filter: 'dev:*' });
    expect(aws.calls).toMatchObject([{ action: 'Invoke', input: event }]);
    expect(logLines()).toMatchObject([{ origin: 'replication', status: 'matched' }]);
  });

  test.each<readonly [string, Settings, Record<string, unknown>, object]>([
    ['is skipped by default', {}, replicationEvent(), { status: 'skipped', reason: 'replication-off' }],
    [
      'is not sent to the generator if it matches no filter',
      { filters: 'dev:*', replicated: true },
      replicationEvent(),
      { status: 'unmatched' },
    ],
    [
      'is not indexed again if it is an index of this builder',
      { replicated: true },
      replicationEvent({ tag: 'v1-soci' }),
      { status: 'skipped', reason: 'own-tag' },
    ],
    [
      'is skipped as untagged if it is one platform of an image index',
      { replicated: true },
      replicationEvent({ tag: '' }),
      { status: 'skipped', reason: 'untagged' },
    ],
    [
      'is skipped if its replication failed',
      { replicated: true },
      replicationEvent({}, 'FAILED'),
      { status: 'skipped', reason: 'not-successful' },
    ],
  ])('%s', async (_, settings, event, outcome) => {
    const aws = await openFilter(settings);
    await expect(handler(event, lambdaContext())).resolves.toMatchObject(outcome);
    expect(aws.calls).toEqual([]);
  });
});

test.each([
  ['SUCCESS', 'pull-through-cache'],
  ['FAILED', 'not-successful'],
])('a pull-through cache event with status %s is skipped: %s', async (status, reason) => {
  const aws = await openFilter({ replicated: true });
  await expect(handler(pullThroughEvent({}, status), lambdaContext())).resolves.toMatchObject({
    status: 'skipped',
    reason,
  });
  expect(aws.calls).toEqual([]);
  expect(logLines()).toMatchObject([{ repository: 'team/app', status: 'skipped', reason }]);
});

describe('the filter', () => {
  test('throws for an event of another account', async () => {
    const aws = await openFilter();
    const context = lambdaContext({
      invokedFunctionArn: 'arn:aws:lambda:eu-west-1:444455556666:function:name',
    });
    await expect(handler(pushEvent(), context)).rejects.toBeInstanceOf(InvalidEventError);
    expect(aws.calls).toEqual([]);
  });

  test('throws for invalid settings', async () => {
    await openFilter({ filters: 'web' });
    await expect(handler(pushEvent(), lambdaContext())).rejects.toBeInstanceOf(ConfigError);
  });
});
