import { describe, expect, test } from '@jest/globals';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { parseEcrPushEvent } from '../../lambda-src/events/ecr-push-event.ts';
import { makePushEvent } from '../../lambda-src/events/made-push-event.ts';

const functionArn = 'arn:aws:lambda:eu-west-1:111122223333:function:soci-filter';
const place = { account: '111122223333', region: 'eu-west-1' };
const image = { repository: 'team/app', tag: 'v1', digest: digestOf(Buffer.from('a')) };
const config = 'application/vnd.oci.image.config.v1+json';

describe('makePushEvent', () => {
  test.each([image, { ...image, artifactType: config }])(
    "makes an event that the functions accept as ECR's",
    (push) => {
      const event = makePushEvent({ ...push, manifestMediaType: 'application/x' }, place, 'id', new Date(0));
      expect(parseEcrPushEvent(JSON.parse(JSON.stringify(event)), functionArn)).toEqual({
        origin: 'push',
        ...push,
      });
    },
  );

  test('omits the media types that the listing lacks, as ECR does', () => {
    const { detail } = makePushEvent(image, place, 'id', new Date(0)) as { readonly detail: object };
    expect(Object.keys(detail)).toEqual([
      'result',
      'repository-name',
      'image-digest',
      'action-type',
      'image-tag',
    ]);
  });

  test('gives the time in whole seconds', () => {
    expect(makePushEvent(image, place, 'id', new Date('2026-01-02T03:04:05.678Z'))).toMatchObject({
      id: 'id',
      time: '2026-01-02T03:04:05Z',
    });
  });
});

test('an event that was made has the envelope of EventBridge', () => {
  expect(makePushEvent(image, place, 'id', new Date(0))).toMatchObject({
    version: '0',
    source: 'aws.ecr',
    'detail-type': 'ECR Image Action',
    ...place,
    resources: [],
  });
});
