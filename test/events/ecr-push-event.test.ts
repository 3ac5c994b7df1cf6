import { describe, expect, test } from '@jest/globals';
import { parseEcrEvent, parseEcrPushEvent } from '../../lambda-src/events/ecr-push-event.ts';
import { faultsOf } from '../helpers/faults-of.ts';

const digest = `sha256:${'ab'.repeat(32)}`;
const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:soci-index-builder-filter';

interface EventParts {
  readonly [field: string]: unknown;
}

/** The event of a tagged image as ECR sends it, with some fields changed. */
function makeEvent(event: EventParts = {}, detail: EventParts = {}): unknown {
  return {
    version: '0',
    id: '4f5ec4d5-4de4-7aad-a046-56d5cfe1df0e',
    'detail-type': 'ECR Image Action',
    source: 'aws.ecr',
    account: '111122223333',
    time: '2025-09-02T10:14:00Z',
    region: 'eu-west-1',
    resources: [],
    detail: {
      result: 'SUCCESS',
      'repository-name': 'team/web',
      'image-digest': digest,
      'action-type': 'PUSH',
      'image-tag': 'latest',
      'manifest-media-type': 'application/vnd.oci.image.manifest.v1+json',
      'artifact-media-type': 'application/vnd.oci.image.config.v1+json',
      ...detail,
    },
    ...event,
  };
}

/** The event of a replica at the destination, which has no media types. */
function makeReplication(detail: EventParts = {}): unknown {
  return makeEvent(
    { 'detail-type': 'ECR Replication Action' },
    {
      'action-type': 'REPLICATE',
      'source-account': '444455556666',
      'source-region': 'us-west-2',
      'manifest-media-type': undefined,
      'artifact-media-type': undefined,
      ...detail,
    },
  );
}

/** The event of an image fetched into a pull-through cache. */
function makePullThrough(detail: EventParts = {}): unknown {
  return makeEvent(
    { 'detail-type': 'ECR Pull Through Cache Action' },
    {
      result: undefined,
      'action-type': undefined,
      'manifest-media-type': undefined,
      'artifact-media-type': undefined,
      'rule-version': '1',
      'sync-status': 'SUCCESS',
      'ecr-repository-prefix': 'team',
      'upstream-registry-url': 'public.ecr.aws',
      ...detail,
    },
  );
}

function parse(event: unknown, arn = functionArn) {
  return parseEcrPushEvent(event, arn);
}

function faultsIn(event: unknown, arn?: string): readonly string[] {
  return faultsOf(() => parse(event, arn));
}

describe('a push event', () => {
  test('becomes the push that it describes', () => {
    expect(parse(makeEvent())).toEqual({
      origin: 'push',
      repository: 'team/web',
      digest,
      tag: 'latest',
      artifactType: 'application/vnd.oci.image.config.v1+json',
    });
  });

  test.each<readonly [string, EventParts]>([
    ['empty, as in real events', { 'image-tag': '' }],
    ['null', { 'image-tag': null }],
    ['missing', { 'image-tag': undefined }],
  ])('becomes a push without a tag if its tag is %s', (_, detail) => {
    expect(parse(makeEvent({}, detail))).not.toHaveProperty('tag');
  });

  test.each<readonly [string, EventParts]>([
    ['for an image index', { 'artifact-media-type': undefined }],
    ['as in the ECR documentation', { 'artifact-media-type': undefined, 'manifest-media-type': undefined }],
    ['if the type is empty', { 'artifact-media-type': '' }],
  ])('needs no artifact type %s', (_, detail) => {
    expect(parse(makeEvent({}, detail))).toEqual({
      origin: 'push',
      repository: 'team/web',
      digest,
      tag: 'latest',
    });
  });

  test('may have unknown fields', () => {
    const event = makeEvent({ 'security-level': 'high', trace: { id: 'x' } }, { 'image-size-in-bytes': 5 });
    expect(parse(event)).toHaveProperty('tag', 'latest');
  });

  test.each([
    'arn:aws:lambda:eu-west-1:111122223333:function:name:live',
    'arn:aws:lambda:eu-west-1:111122223333:function:name:$LATEST',
  ])('may arrive at the function ARN %s', (arn) => {
    expect(parse(makeEvent(), arn)).toHaveProperty('tag', 'latest');
  });

  test.each<readonly [string, string]>([
    ['cn-north-1', 'arn:aws-cn:lambda:cn-north-1:111122223333:function:name'],
    ['us-gov-west-1', 'arn:aws-us-gov:lambda:us-gov-west-1:111122223333:function:name'],
  ])('may come from %s in another partition', (region, arn) => {
    expect(parse(makeEvent({ region }), arn)).toHaveProperty('tag', 'latest');
  });
});

describe('a replication event', () => {
  test('becomes a push by replication', () => {
    expect(parse(makeReplication())).toEqual({
      origin: 'replication',
      repository: 'team/web',
      digest,
      tag: 'latest',
    });
  });

  test('becomes a push without a tag if it has none', () => {
    expect(parse(makeReplication({ 'image-tag': '' }))).toEqual({
      origin: 'replication',
      repository: 'team/web',
      digest,
    });
  });

  test('is ignored if the replication failed, and then needs no digest', () => {
    const failed = makeReplication({ result: 'FAILED', 'image-digest': undefined });
    expect(parseEcrEvent(failed, functionArn)).toEqual({
      ignored: 'not-successful',
      repository: 'team/web',
      tag: 'latest',
    });
    expect(faultsIn(failed)).toEqual(['it is never indexed (not-successful)']);
  });

  test.each<readonly [EventParts, string]>([
    [{ 'action-type': 'PUSH' }, 'detail.action-type: expected "REPLICATE", got "PUSH"'],
    [{ result: 'FAILURE' }, 'detail.result: expected "SUCCESS" or "FAILED", got "FAILURE"'],
    [{ result: undefined }, 'detail.result: expected "SUCCESS" or "FAILED", got nothing'],
    [
      { 'image-digest': undefined },
      'detail.image-digest: expected sha256: and 64 hexadecimal digits, got nothing',
    ],
    [
      { result: 'FAILED', 'image-digest': 'sha256:x' },
      'detail.image-digest: expected sha256: and 64 hexadecimal digits, got "sha256:x"',
    ],
    [
      { 'upstream-registry-url': 'public.ecr.aws' },
      '"detail.upstream-registry-url": an event must not contain an address to connect to',
    ],
  ])('is rejected with %j', (detail, fault) => {
    expect(faultsIn(makeReplication(detail))).toEqual([fault]);
  });
});

describe('a pull-through cache event', () => {
  test('is ignored, and may name its upstream registry', () => {
    expect(parseEcrEvent(makePullThrough(), functionArn)).toEqual({
      ignored: 'pull-through-cache',
      repository: 'team/web',
      digest,
      tag: 'latest',
    });
    expect(faultsIn(makePullThrough())).toEqual(['it is never indexed (pull-through-cache)']);
  });

  test('is ignored as unsuccessful if the fetch failed', () => {
    const detail = {
      'sync-status': 'FAILED',
      'image-digest': undefined,
      'failure-code': 'UnableToAccessSecretException',
      'failure-reason': 'secret not found',
    };
    expect(parseEcrEvent(makePullThrough(detail), functionArn)).toEqual({
      ignored: 'not-successful',
      repository: 'team/web',
      tag: 'latest',
    });
  });

  test.each<readonly [EventParts, string]>([
    [{ 'sync-status': undefined }, 'detail.sync-status: expected "SUCCESS" or "FAILED", got nothing'],
    [{ 'repository-name': '../x' }, 'detail.repository-name: expected the name of a repository, got "../x"'],
    [{ endpoint: 'x' }, '"detail.endpoint": an event must not contain an address to connect to'],
    [
      { deeper: { 'upstream-registry-url': 'x' } },
      '"detail.deeper.upstream-registry-url": an event must not contain an address to connect to',
    ],
  ])('is rejected with %j', (detail, fault) => {
    expect(faultsIn(makePullThrough(detail))).toEqual([fault]);
  });
});

describe('an invalid event', () => {
  test.each<readonly [string, EventParts, EventParts, string]>([
    ['another source', { source: 'aws.ec2' }, {}, 'source: expected "aws.ecr", got "aws.ec2"'],
    ['no source', { source: undefined }, {}, 'source: expected "aws.ecr", got nothing'],
    [
      'another kind of event',
      { 'detail-type': 'ECR Image Scan' },
      {},
      'detail-type: expected "ECR Image Action" or "ECR Replication Action" or "ECR Pull Through Cache Action", got "ECR Image Scan"',
    ],
    [
      'another account, whose images are not ours to index',
      { account: '444455556666' },
      {},
      'account: expected "111122223333", got "444455556666"',
    ],
    [
      'an account as a number',
      { account: 111122223333 },
      {},
      'account: expected "111122223333", got a value of type number',
    ],
    ['another region', { region: 'us-east-1' }, {}, 'region: expected "eu-west-1", got "us-east-1"'],
    ['no detail', { detail: undefined }, {}, 'detail: expected an object, got nothing'],
    ['a list as detail', { detail: [] }, {}, 'detail: expected an object, got a list'],
    ['a deletion', {}, { 'action-type': 'DELETE' }, 'detail.action-type: expected "PUSH", got "DELETE"'],
    ['a failed push', {}, { result: 'FAILURE' }, 'detail.result: expected "SUCCESS", got "FAILURE"'],
    [
      'an invalid repository name',
      {},
      { 'repository-name': '../secret' },
      'detail.repository-name: expected the name of a repository, got "../secret"',
    ],
    [
      'a repository with a line break at its end',
      {},
      { 'repository-name': 'web\n' },
      'detail.repository-name: expected the name of a repository, got "web\\n"',
    ],
    [
      'no repository',
      {},
      { 'repository-name': undefined },
      'detail.repository-name: expected the name of a repository, got nothing',
    ],
    [
      'a digest with extra characters',
      {},
      { 'image-digest': `${digest}00` },
      `detail.image-digest: expected sha256: and 64 hexadecimal digits, got "${digest}00"`,
    ],
    [
      'a digest in upper case',
      {},
      { 'image-digest': digest.toUpperCase() },
      `detail.image-digest: expected sha256: and 64 hexadecimal digits, got "${digest.toUpperCase()}"`,
    ],
    [
      'a tag that is a path',
      {},
      { 'image-tag': 'a/../../b' },
      'detail.image-tag: expected a tag, got "a/../../b"',
    ],
    [
      'a tag of 129 characters',
      {},
      { 'image-tag': 't'.repeat(129) },
      `detail.image-tag: expected a tag, got "${'t'.repeat(129)}"`,
    ],
    [
      'a tag that is a number',
      {},
      { 'image-tag': 7 },
      'detail.image-tag: expected a tag, got a value of type number',
    ],
    [
      'an artifact type that is an object',
      {},
      { 'artifact-media-type': {} },
      'detail.artifact-media-type: expected a media type, got a value of type object',
    ],
  ])('is rejected with %s', (_, event, detail, fault) => {
    expect(faultsIn(makeEvent(event, detail))).toEqual([fault]);
  });

  test.each<readonly [string, unknown]>([
    ['null', null],
    ['a list', []],
    ['"text"', 'text'],
    ['nothing', undefined],
  ])('is rejected if it is %s', (description, event) => {
    expect(faultsIn(event)).toEqual([
      `the event: expected an object, got ${description}`,
      'detail: expected an object, got nothing',
    ]);
  });

  test.each([
    'proxyEndpoint',
    'ECR_ENDPOINT',
    'endpoint-url',
    'registryUrl',
    'baseURL',
    'urls',
    'repository-uri',
    'host',
    'hostname',
  ])('is rejected with a field %s, which could choose where our password is sent', (field) => {
    expect(faultsIn(makeEvent({}, { [field]: 'http://169.254.170.2' }))).toEqual([
      `"detail.${field}": an event must not contain an address to connect to`,
    ]);
    expect(faultsIn(makeEvent({ extra: [{ deeper: { [field]: 'x' } }] }))).toEqual([
      `"extra.0.deeper.${field}": an event must not contain an address to connect to`,
    ]);
  });

  test('is rejected with all faults in one error', () => {
    expect(faultsIn(makeEvent({ source: 'x', region: 'y' }, { 'image-tag': '-', result: '' }))).toHaveLength(
      4,
    );
  });

  test.each([
    'arn:aws:s3:::bucket',
    'x arn:aws:lambda:eu-west-1:111122223333:function:name',
    'arn:aws:lambda:eu-west-1:111122223333:function:name/x',
    'arn:aws:lambda:eu-west-1:1111222233334:function:name',
    '',
  ])('is rejected if it arrives at %j, which is not a function ARN', (arn) => {
    expect(faultsIn(makeEvent(), arn)).toEqual([
      `it was sent to ${JSON.stringify(arn)}, which is not the ARN of a Lambda function`,
    ]);
  });

  test('is rejected if it only inherits its fields', () => {
    const event = Object.create(makeEvent() as object) as unknown;
    expect(faultsIn(event)).toContain('source: expected "aws.ecr", got nothing');
  });

  test('may be nested deeply without exhausting the stack', () => {
    const deep = JSON.parse('{"a":'.repeat(5000) + '1' + '}'.repeat(5000)) as unknown;
    expect(faultsIn(makeEvent({ deep }))).toEqual([]);
  });
});

describe('the faults of an event', () => {
  test('are in the order of its fields, and come after the addresses in it', () => {
    const event = makeEvent(
      { source: 'x', region: 'y', 'first-url': 'a', 'second-url': 'b' },
      { 'image-tag': '-', result: '' },
    );
    expect(faultsIn(event).map((fault) => /^"?([a-z.-]+)/.exec(fault)![1])).toEqual([
      'first-url',
      'second-url',
      'source',
      'region',
      'detail.result',
      'detail.image-tag',
    ]);
  });

  test('include the missing digest of a replica whose result is unknown', () => {
    expect(faultsIn(makeReplication({ result: 'UNKNOWN', 'image-digest': undefined }))).toHaveLength(2);
  });

  test('include the missing digest of an event whose kind is unknown', () => {
    const event = makeEvent({ 'detail-type': 'ECR Image Scan' }, { 'image-digest': undefined });
    expect(faultsIn(event)).toHaveLength(2);
  });

  test('include an address below ten others, and none deeper', () => {
    const nested = (depth: number): unknown => (depth === 0 ? { url: 'x' } : { deeper: nested(depth - 1) });
    expect(faultsIn(makeEvent({ at: nested(9) }))).toEqual([
      `"at.${'deeper.'.repeat(9)}url": an event must not contain an address to connect to`,
    ]);
    expect(faultsIn(makeEvent({ at: nested(10) }))).toEqual([]);
  });
});
