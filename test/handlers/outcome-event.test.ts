// The announcements of the generator, as sent over the network.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { describe, expect, jest, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import type { AwsCall } from '../../lambda-src/demo/aws-stand-in.ts';
import { digestOf } from '../../lambda-src/core/oci/descriptor.ts';
import { handler as filterHandler } from '../../lambda-src/handlers/filter.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import type { ImageReport } from '../../lambda-src/handlers/image-report.ts';
import { ownThread } from '../../lambda-src/threads/ztoc-jobs.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { filterEnvironment, generatorEnvironment } from '../helpers/function-environment.ts';
import { type AwsAnswers, useAws } from '../helpers/aws.ts';
import { captureLogLines } from '../helpers/captured-output.ts';
import { blobOf, gzipLayer, ociTypes, pushAttestation, pushImage } from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { lambdaContext, pushEvent, type PushParts } from './lambda-invocation.ts';

const openRegistry = useRegistries();
const openAws = useAws();
const logLines = captureLogLines();

interface World {
  readonly registry: LocalRegistry;
  readonly store: RegistryStore;
  /** The entries that were put on a bus. */
  readonly entries: () => readonly Entry[];
  readonly run: (push: PushParts) => Promise<ImageReport>;
}

interface Entry {
  readonly EventBusName: string;
  readonly Source: string;
  readonly DetailType: string;
  readonly Detail: string;
}

function entriesOf({ action, input }: AwsCall): readonly Entry[] {
  return action === 'PutEvents' ? (input as { readonly Entries: readonly Entry[] }).Entries : [];
}

async function openWorld(
  environment: Readonly<Record<string, string>> = {},
  aws: AwsAnswers = {},
): Promise<World> {
  const registry = await openRegistry({ ...ecrWays, immutableTags: false });
  const standIn = await openAws({ registryUrl: registry.url, ...aws });
  Object.assign(process.env, {
    ...generatorEnvironment,
    SOCI_EVENT_BUS_NAME: 'outcomes',
    ...environment,
  });
  const { username, password } = ecrWays.access;
  const handler = createGenerator(ownThread);
  return {
    registry,
    store: openStore(registry, {
      credentials: () => Promise.resolve({ kind: 'password', username, password }),
    }),
    entries: () => standIn.calls.flatMap(entriesOf),
    run: (push) => handler(pushEvent(push), lambdaContext()),
  };
}

/** The detail of the only event on the bus. */
function onlyDetail({ entries }: World): Readonly<Record<string, unknown>> {
  const [entry, ...others] = entries();
  expect(others).toEqual([]);
  return JSON.parse(entry!.Detail) as Readonly<Record<string, unknown>>;
}

describe('an announcement', () => {
  test('is put on the configured bus, from the source that the policy allows, with all that a pipeline needs', async () => {
    const world = await openWorld();
    const { digest } = await pushImage(world.store, {
      tag: 'latest',
      layers: [gzipLayer('a'), gzipLayer('b'), gzipLayer('c', ociTypes.zstd)],
    });
    const { seconds } = await world.run({ tag: 'latest', digest });

    expect(world.entries()).toMatchObject([
      { EventBusName: 'outcomes', Source: 'soci-index-builder', DetailType: 'SOCI Index Outcome' },
    ]);
    const resultDigest = (await world.store.resolve('latest-soci'))!.digest;
    expect(onlyDetail(world)).toEqual({
      version: '1',
      instance: 'name',
      image: `team/app:latest@${digest}`,
      repository: 'team/app',
      tag: 'latest',
      sourceDigest: digest,
      indexVersion: 'V2',
      outcome: 'indexed',
      resultDigest,
      resultTag: 'latest-soci',
      deployDigest: resultDigest,
      layers: 2,
      bytesRead: gzipLayer('a').bytes.length + gzipLayer('b').bytes.length,
      seconds,
    });
  });

  test('is repeated for a repeated push, so that a waiting pipeline receives it', async () => {
    const world = await openWorld();
    const { digest } = await pushImage(world.store, { tag: 'latest' });
    await world.run({ tag: 'latest', digest });
    await world.run({ tag: 'latest', digest });
    const details = world.entries().map(({ Detail }) => JSON.parse(Detail) as Record<string, unknown>);
    const resultDigest = (await world.store.resolve('latest-soci'))!.digest;
    expect(details).toMatchObject([
      { outcome: 'indexed' },
      { outcome: 'already-indexed', resultDigest, deployDigest: resultDigest, layers: 0, bytesRead: 0 },
    ]);
  });

  test('with V1, has the digest of the SOCI index as the result and the pushed image as the one to deploy', async () => {
    const world = await openWorld({ SOCI_INDEX_VERSION: 'V1' });
    const { digest } = await pushImage(world.store);
    await world.run({ tag: '', digest });
    const detail = onlyDetail(world);
    const [referrer] = await world.store.listReferrers(digest);
    expect(detail).toMatchObject({
      outcome: 'indexed',
      indexVersion: 'V1',
      resultDigest: referrer!.digest,
      deployDigest: digest,
    });
    expect(detail).not.toHaveProperty('tag');
    expect(detail).not.toHaveProperty('resultTag');
  });

  test('names an image of small layers itself as the one to deploy', async () => {
    const world = await openWorld({ SOCI_MIN_LAYER_SIZE_BYTES: '10485760' });
    const { digest } = await pushImage(world.store, { tag: 'latest' });
    await world.run({ tag: 'latest', digest });
    const detail = onlyDetail(world);
    expect(detail).toMatchObject({
      outcome: 'skipped',
      reason: 'no-layer-to-index',
      deployDigest: digest,
      layers: 0,
    });
    expect(detail).not.toHaveProperty('resultDigest');
  });

  test('names the target tag that an image of small layers got', async () => {
    const world = await openWorld({
      SOCI_MIN_LAYER_SIZE_BYTES: '10485760',
      SOCI_TAG_SKIPPED_IMAGES: 'true',
    });
    const { digest } = await pushImage(world.store, { tag: 'latest' });
    await world.run({ tag: 'latest', digest });
    expect(onlyDetail(world)).toMatchObject({
      outcome: 'skipped',
      resultDigest: digest,
      resultTag: 'latest-soci',
      deployDigest: digest,
    });
  });

  test('names nothing to deploy if the target tag is taken, the tag has moved, or it is not an image', async () => {
    const world = await openWorld();
    await pushImage(world.store, { tag: 'latest-soci', layers: [gzipLayer('theirs')] });
    const image = await pushImage(world.store, { tag: 'latest' });
    await world.run({ tag: 'latest', digest: image.digest });
    const attestation = await pushAttestation(world.store, image, 'other');
    await world.run({ tag: 'other', digest: attestation.digest });
    await world.run({ tag: 'latest', digest: attestation.digest });
    const details = world.entries().map(({ Detail }) => JSON.parse(Detail) as Record<string, unknown>);
    expect(details.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['skipped', 'target-tag-taken'],
      ['skipped', 'attestation'],
      ['superseded', 'tag-moved'],
    ]);
    expect(details.map(({ message }) => message)).toEqual([
      explain('target-tag-taken', 'latest-soci').message,
      explain('attestation').message,
      explain('tag-moved', `latest is ${image.digest}`).message,
    ]);
    for (const detail of details) expect(detail).not.toHaveProperty('deployDigest');
  });

  test('names nothing to deploy if the image was deleted, with V1 as well', async () => {
    const world = await openWorld({ SOCI_INDEX_VERSION: 'V1' });
    await world.run({ tag: 'latest', digest: digestOf(new Uint8Array()) });
    const detail = onlyDetail(world);
    expect(detail).toMatchObject({ outcome: 'skipped', reason: 'image-deleted', layers: 0, bytesRead: 0 });
    expect(detail).not.toHaveProperty('deployDigest');
  });

  test('is made for a permanent failure, but not for one that Lambda retries', async () => {
    const world = await openWorld();
    const start = gzipLayer('a').bytes.subarray(0, 20);
    const damaged = blobOf(Buffer.concat([start, Buffer.alloc(50, 0xff)]), ociTypes.gzip);
    const { digest } = await pushImage(world.store, { tag: 'latest', layers: [damaged] });
    await world.run({ tag: 'latest', digest });
    const detail = onlyDetail(world);
    expect(detail).toMatchObject({
      outcome: 'failed',
      image: `team/app:latest@${digest}`,
      reason: 'layer-damaged',
      message: expect.stringContaining(damaged.descriptor.digest),
    });
    expect(detail).not.toHaveProperty('deployDigest');

    process.env['AWS_ENDPOINT_URL_ECR'] = 'http://127.0.0.1:1';
    await expect(world.run({ tag: 'latest', digest })).rejects.toThrow();
    expect(world.entries()).toHaveLength(1);
  });

  test('truncates a long failure message to 1000 characters', async () => {
    const world = await openWorld();
    await world.run({ tag: 'latest', digest: digestOf(new Uint8Array()) });
    const handler = createGenerator(ownThread);
    const event = {
      ...pushEvent({ tag: 'latest' }),
      'soci-index-builder-continuation': { hops: 1, finished: Array.from({ length: 1000 }, () => 0) },
    };
    await handler(event, lambdaContext());
    const [gone, failed] = world.entries();
    expect(JSON.parse(gone!.Detail)).toMatchObject({ reason: 'image-deleted' });
    const { reason, message } = JSON.parse(failed!.Detail) as Readonly<Record<string, string>>;
    expect(reason).toBe('event-invalid');
    expect(message).toHaveLength(1000);
    expect(Buffer.byteLength(JSON.stringify(failed))).toBeLessThan(256 * 1024);
  });
});

describe('no announcement', () => {
  test('nothing is announced if the settings name no bus', async () => {
    const world = await openWorld({ SOCI_EVENT_BUS_NAME: '' });
    const { digest } = await pushImage(world.store, { tag: 'latest' });
    await expect(world.run({ tag: 'latest', digest })).resolves.toMatchObject({ status: 'indexed' });
    expect(world.entries()).toEqual([]);
  });

  test('nothing is announced for an event that names no image', async () => {
    const world = await openWorld();
    await expect(world.run({ repository: 'No Repository' })).resolves.toMatchObject({ status: 'failed' });
    expect(world.entries()).toEqual([]);
  });
});

describe('a failed announcement', () => {
  const refused: AwsAnswers = {
    refuse: ({ action }) =>
      action === 'PutEvents'
        ? { status: 400, type: 'AccessDeniedException', message: 'no events:PutEvents' }
        : undefined,
  };

  test('is logged and counted, but does not fail the image or cause a retry', async () => {
    const world = await openWorld({}, refused);
    const { digest } = await pushImage(world.store, { tag: 'latest' });
    const report = await world.run({ tag: 'latest', digest });
    expect(report).toMatchObject({ status: 'indexed' });
    const [line, metrics, warning, count, ...others] = logLines();
    expect(others).toEqual([]);
    expect(line).toMatchObject({ level: 'INFO', status: 'indexed' });
    expect(metrics).toMatchObject({ Outcome: 'indexed', Images: 1 });
    expect(warning).toMatchObject({
      level: 'WARN',
      message: `not announced: team/app:latest@${digest}: no events:PutEvents`,
      image: `team/app:latest@${digest}`,
      outcome: 'indexed',
      type: 'AccessDeniedException',
      reason: 'access-denied',
      requestId: '8a5b6f2e-0000-4000-8000-000000000000',
    });
    expect(count).toMatchObject({
      _aws: {
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
    });
  });

  test('gives up after three seconds if EventBridge does not respond, while the function still has time', async () => {
    const world = await openWorld();
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'] =
      `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const limits = jest.spyOn(AbortSignal, 'timeout');
    await expect(world.run({ tag: null })).resolves.toMatchObject({ reason: 'untagged' });
    silent.closeAllConnections();
    silent.close();
    expect(limits.mock.calls).toEqual([[3_000]]);
    limits.mockRestore();
    expect(logLines().at(-2)).toMatchObject({
      level: 'WARN',
      reason: 'aws-error',
      message:
        'not announced: team/app@' +
        `${digestOf(new Uint8Array())}: EventBridge did not accept the event in time; a function in a VPC needs the "events" endpoint`,
    });
  });
});

test('the filter rejects an announcement if it receives one', async () => {
  const world = await openWorld(filterEnvironment);
  const { digest } = await pushImage(world.store, { tag: 'latest' });
  await world.run({ tag: 'latest', digest });
  const [{ Source, DetailType, Detail }] = world.entries() as [Entry];
  const announcement = {
    ...pushEvent(),
    source: Source,
    'detail-type': DetailType,
    detail: JSON.parse(Detail) as unknown,
  };
  await expect(filterHandler(announcement, lambdaContext())).rejects.toThrow('source: expected "aws.ecr"');
});
