// Tests the parts of ECR's behavior that the applied stack's tests rely on.
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { ociTypes, pushAttestation, pushImage, pushIndex } from '../helpers/images.ts';
import { describePushes, listActions } from './stack-registry.ts';

const place = { partition: 'aws', region: 'eu-west-1', accountId: '111122223333' };

describe('describePushes', () => {
  let registry: LocalRegistry;
  const openStore = (repository: string) => new RegistryStore({ registry: registry.host, repository });

  beforeEach(async () => {
    registry = await createLocalRegistry();
  });

  afterEach(() => registry.close());

  test('returns an event for each pushed manifest, as ECR sends it', async () => {
    const store = openStore('team/web');
    const platform = await pushImage(store);
    const attestation = await pushAttestation(store, platform);
    const index = await pushIndex(store, [platform, attestation], { tag: 'v1' });

    const events = await describePushes(registry.log, place, openStore);
    const untagged = {
      'repository-name': 'team/web',
      'image-tag': '',
      'manifest-media-type': ociTypes.manifest,
      'artifact-media-type': ociTypes.config,
    };
    expect(events.map(({ detail }) => detail)).toEqual([
      { result: 'SUCCESS', 'action-type': 'PUSH', ...untagged, 'image-digest': platform.digest },
      { result: 'SUCCESS', 'action-type': 'PUSH', ...untagged, 'image-digest': attestation.digest },
      {
        result: 'SUCCESS',
        'action-type': 'PUSH',
        'repository-name': 'team/web',
        'image-digest': index,
        'image-tag': 'v1',
        'manifest-media-type': ociTypes.index,
      },
    ]);
    expect(events[0]).toMatchObject({
      'detail-type': 'ECR Image Action',
      source: 'aws.ecr',
      account: '111122223333',
      region: 'eu-west-1',
    });
  });

  test('returns no event for a rejected push', async () => {
    const answer = await fetch(`${registry.url}/v2/dev/manifests/v1`, { method: 'PUT', body: '{}' });
    expect(answer.ok).toBe(false);
    expect(await describePushes(registry.log, place, openStore)).toEqual([]);
  });
});

describe('listActions', () => {
  const answered = {
    origin: 'registry',
    range: undefined,
    authorization: undefined,
    status: 200,
    bytes: 0,
  } as const;
  const digest = `sha256:${'0'.repeat(64)}`;

  test.each([
    ['GET', 'manifests/v1', ['ecr:BatchGetImage']],
    ['HEAD', `manifests/${digest}`, ['ecr:BatchGetImage']],
    ['PUT', 'manifests/v1', ['ecr:PutImage']],
    ['GET', `referrers/${digest}`, ['ecr:BatchGetImage']],
    ['GET', `blobs/${digest}`, ['ecr:GetDownloadUrlForLayer']],
    ['HEAD', `blobs/${digest}`, ['ecr:BatchCheckLayerAvailability']],
    ['POST', 'blobs/uploads/', ['ecr:InitiateLayerUpload']],
    ['PUT', 'blobs/uploads/session', ['ecr:UploadLayerPart', 'ecr:CompleteLayerUpload']],
  ])('returns the permissions for %s %s', (method, path, actions) => {
    const request = { ...answered, method, path: `/v2/team/web/${path}` };
    expect(listActions(request, place)).toEqual(
      actions.map((action) => ({
        action,
        resource: 'arn:aws:ecr:eu-west-1:111122223333:repository/team/web',
      })),
    );
  });

  test.each([
    ['DELETE', '/v2/dev/manifests/v1'],
    ['GET', '/v2/dev/tags/list'],
    ['GET', '/v2/'],
  ])('throws for %s %s, for which ECR has no permission', (method, path) => {
    expect(() => listActions({ ...answered, method, path }, place)).toThrow(
      `ECR has no action for ${method}`,
    );
  });
});
