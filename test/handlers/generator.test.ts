import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { NotFoundError } from '../../lambda-src/content/content-store.ts';
import { digestOf, type Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { DeadlineError } from '../../lambda-src/handlers/deadline.ts';
import { createGenerator } from '../../lambda-src/handlers/generator.ts';
import type { ImageReport } from '../../lambda-src/handlers/image-report.ts';
import { FormatError } from '../../lambda-src/core/errors.ts';
import { ownThread, type ZtocJobs } from '../../lambda-src/threads/ztoc-jobs.ts';
import { generatorEnvironment } from '../helpers/function-environment.ts';
import { planFaults, type FaultPlan, type FaultSource } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import type { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { type AwsAnswers, useAws } from '../helpers/aws.ts';
import { captureLogLines, type LogLine } from '../helpers/captured-output.ts';
import {
  blobOf,
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { openStore, useRegistries } from '../registry/registries.ts';
import { lambdaContext, pushEvent, type PushParts } from './lambda-invocation.ts';

const openRegistry = useRegistries();
const openAws = useAws();
const logLines = captureLogLines();

interface Settings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly aws?: AwsAnswers;
  /** Whether the registry refuses to move tags. @default false */
  readonly immutableTags?: boolean;
}

interface Generator {
  readonly registry: LocalRegistry;
  readonly store: RegistryStore;
  readonly calls: readonly { readonly action: string }[];
  /** Causes faults from now on. */
  readonly fail: (source: FaultSource) => void;
  readonly run: (push: PushParts, remainingMilliseconds?: number) => Promise<ImageReport>;
}

/**
 * ECR with an empty repository `team/app`, and the generator with the module's default settings, except for the minimum
 * layer size.
 */
async function openGenerator({ environment, aws, immutableTags = false }: Settings = {}): Promise<Generator> {
  let faults: FaultSource = () => undefined;
  const registry = await openRegistry({ ...ecrWays, immutableTags, faults: (request) => faults(request) });
  const standIn = await openAws({ registryUrl: registry.url, ...aws });
  Object.assign(process.env, {
    ...generatorEnvironment,
    SOCI_EVENT_BUS_NAME: '',
    ...environment,
  });
  const { username, password } = ecrWays.access;
  const handler = createGenerator(ownThread);
  return {
    registry,
    store: openStore(registry, {
      credentials: () => Promise.resolve({ kind: 'password', username, password }),
    }),
    calls: standIn.calls,
    fail: (source) => {
      faults = source;
    },
    run: (push, remainingMilliseconds = 900_000) =>
      handler(pushEvent(push), lambdaContext({ remainingMilliseconds })),
  };
}

function writes({ registry }: Generator): readonly string[] {
  return registry.log
    .filter(({ method }) => method === 'PUT')
    .map(({ path }) => path.replace(/sha256:.*|[0-9a-f-]{36}$/, '…'));
}

function blobsRead({ registry }: Generator): number {
  return registry.log.filter(({ origin, method }) => origin === 'storage' && method === 'GET').length;
}

/** The two lines for an image: its outcome and its metrics. */
function expectLines(level: string, status: string): { readonly line: LogLine; readonly metrics: LogLine } {
  const [line, metrics, ...others] = logLines();
  expect(others).toEqual([]);
  expect(line).toMatchObject({ level, status, requestId: '8a5b6f2e-0000-4000-8000-000000000000' });
  expect(metrics).toMatchObject({ FunctionName: 'name-generator', Outcome: status, Images: 1 });
  return { line: line!, metrics: metrics! };
}

async function resolveDigest(store: RegistryStore, reference: string): Promise<Digest | undefined> {
  return (await store.resolve(reference))?.digest;
}

describe('indexing', () => {
  test('creates SOCI indexes V2 for all platforms, and logs, returns and counts the outcome', async () => {
    const generator = await openGenerator();
    const { store } = generator;
    const layers = [gzipLayer('a'), gzipLayer('b')];
    const entries = [
      await pushImage(store, { layers, platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('c')], platform: linuxArm64 }),
    ];
    const digest = await pushIndex(store, entries, { tag: 'latest' });

    const report = await generator.run({ tag: 'latest', digest });

    const target = await store.fetchManifest('latest-soci');
    expect(report).toMatchObject({
      image: `team/app:latest@${digest}`,
      status: 'indexed',
      version: 'V2',
      digest: target.digest,
      tag: 'latest-soci',
      indexes: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    });
    const { line, metrics } = expectLines('INFO', 'indexed');
    expect(line).toMatchObject({ ...report, message: `indexed: team/app:latest@${digest}` });
    const bytes = [...layers, gzipLayer('c')].reduce((sum, { bytes: { length } }) => sum + length, 0);
    expect(metrics).toMatchObject({ Layers: 3, Bytes: bytes, Seconds: report.seconds });
    // Lambda returns the report as JSON.
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  test('creates SOCI indexes V1 for every platform of a tagged image, which the reference ignores', async () => {
    const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: 'V1' } });
    const { store } = generator;
    const entries = [
      await pushImage(store, { layers: [gzipLayer('a')], platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
    ];
    const digest = await pushIndex(store, entries, { tag: 'latest' });

    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'indexed',
      version: 'V1',
    });

    for (const entry of entries) expect(await store.listReferrers(entry.digest)).toHaveLength(1);
    expect(await resolveDigest(store, 'latest-soci')).toBeUndefined();
    expect(generator.calls.map(({ action }) => action)).toEqual(['GetAuthorizationToken', 'DescribeImages']);
  });

  test('accepts an untagged image with V1', async () => {
    const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: 'V1' } });
    const { digest } = await pushImage(generator.store);
    await expect(generator.run({ tag: '', digest })).resolves.toMatchObject({
      image: `team/app@${digest}`,
      status: 'indexed',
    });
  });

  test('covers only the platforms and layers that the settings select', async () => {
    const big = gzipLayer('a layer that is big enough, if only by a few bytes');
    const generator = await openGenerator({
      environment: {
        SOCI_PLATFORMS: 'linux/arm64,linux/s390x',
        SOCI_MIN_LAYER_SIZE_BYTES: String(big.bytes.length),
        SOCI_SPAN_SIZE_BYTES: '65536',
        SOCI_TARGET_TAG_TEMPLATE: 'soci.{tag}',
      },
    });
    const { store } = generator;
    const entries = [
      await pushImage(store, { layers: [big], platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('a'), big], platform: linuxArm64 }),
    ];
    const digest = await pushIndex(store, entries, { tag: 'v1' });

    await expect(generator.run({ tag: 'v1', digest })).resolves.toMatchObject({
      status: 'indexed',
      tag: 'soci.v1',
      indexes: [
        {
          platform: 'linux/arm64',
          layers: [
            { status: 'skipped', reason: 'too-small' },
            { digest: big.descriptor.digest, status: 'indexed' },
          ],
        },
      ],
    });

    // The small layer is read because the large one, which has no entry for its directory, depends on it.
    const bytes = gzipLayer('a').bytes.length + big.bytes.length;
    expect(expectLines('INFO', 'indexed').metrics).toMatchObject({ Layers: 1, Bytes: bytes });
    const [sociIndex] = await readEntries(store, 'soci.v1', 'application/vnd.amazon.soci.index.v2+json');
    const { layers } = await readJson(store, sociIndex!.digest);
    expect(layers).toMatchObject([{ annotations: { 'com.amazon.soci.span-size': '65536' } }]);
  });

  test('moves latest-soci on a second push of latest, after ECR has reported the tag as mutable', async () => {
    const generator = await openGenerator();
    const { store, run } = generator;
    const first = await pushImage(store, { tag: 'latest', layers: [gzipLayer('a')] });
    const before = digestIn(await run({ tag: 'latest', digest: first.digest }));
    const second = await pushImage(store, { tag: 'latest', layers: [gzipLayer('b')] });
    const report = await run({ tag: 'latest', digest: second.digest });

    expect(report).toMatchObject({ status: 'indexed', tag: 'latest-soci' });
    expect(digestIn(report)).not.toBe(before);
    expect(await resolveDigest(store, 'latest-soci')).toBe(digestIn(report));
    expect(generator.calls.map(({ action }) => action)).toEqual([
      'GetAuthorizationToken',
      'DescribeImages',
      'GetAuthorizationToken',
      'DescribeRepositories',
      'DescribeImages',
    ]);
  });

  test('moves the pushed tag itself if the template is {tag}', async () => {
    const generator = await openGenerator({ environment: { SOCI_TARGET_TAG_TEMPLATE: '{tag}' } });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    const report = await generator.run({ tag: 'latest', digest });
    expect(report).toMatchObject({ status: 'indexed', tag: 'latest' });
    expect(await resolveDigest(generator.store, 'latest')).toBe(digestIn(report));
    // Neither its own event nor the repeated first one leads to another push.
    await expect(generator.run({ tag: 'latest', digest: digestIn(report) })).resolves.toMatchObject({
      status: 'already-indexed',
    });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'already-indexed',
      digest: digestIn(report),
    });
  });
});

describe('a layer whose zTOC is already in the repository', () => {
  const [base, app] = [gzipLayer('the base of all images of the team'), gzipLayer('app 2')];

  /** ECR's description of the store's images, in push order. */
  function describing(
    images: readonly { readonly tag: string; readonly pushedAt: number; readonly mediaType?: string }[],
  ) {
    return {
      describeImages: () => ({
        imageDetails: images.map(({ tag, pushedAt, mediaType = ociTypes.index }) => ({
          imageTags: [tag],
          imagePushedAt: pushedAt,
          imageManifestMediaType: mediaType,
        })),
      }),
    };
  }

  async function openWithFirstTag(settings: Settings): Promise<Generator> {
    const generator = await openGenerator(settings);
    const { store, run } = generator;
    const first = await pushImage(store, { tag: 'v1', layers: [base, gzipLayer('app 1')] });
    await run({ tag: 'v1', digest: first.digest });
    logLines();
    return generator;
  }

  async function runSecondTag({ store, run }: Generator): Promise<ImageReport> {
    const { digest } = await pushImage(store, { tag: 'v2', layers: [base, app] });
    return run({ tag: 'v2', digest });
  }

  const reused = [
    { digest: base.descriptor.digest, status: 'reused' },
    { digest: app.descriptor.digest, status: 'indexed' },
  ];

  test.each([
    ['V2', [{ tag: 'v1-soci', pushedAt: 1_700_000_000 }]],
    ['V1', [{ tag: 'v1', pushedAt: 1_700_000_000 }]],
  ])('is not read again with %s when another tag is indexed first', async (version, images) => {
    const generator = await openWithFirstTag({
      environment: { SOCI_INDEX_VERSION: version },
      aws: describing(images),
    });
    const before = generator.registry.log.length;
    const report = await runSecondTag(generator);

    expect(report).toMatchObject({ status: 'indexed', bytesRead: app.bytes.length });
    expect(report.indexes?.[0]?.layers).toMatchObject(reused);
    const read = generator.registry.log.slice(before).filter(({ origin }) => origin === 'storage');
    expect(read.filter(({ path }) => path.endsWith(base.descriptor.digest))).toEqual([]);
    // The config, the changed layer, and the reused zTOC.
    expect(read).toHaveLength(3);
    expect(expectLines('INFO', 'indexed').line).toMatchObject({ indexes: [{ layers: reused }] });
  });

  test('is read again, without calling DescribeImages, if reuse is switched off', async () => {
    const generator = await openWithFirstTag({
      environment: { SOCI_REUSE_ZTOCS: 'false' },
      aws: describing([{ tag: 'v1-soci', pushedAt: 1_700_000_000 }]),
    });
    const report = await runSecondTag(generator);
    expect(report).toMatchObject({
      status: 'indexed',
      bytesRead: base.bytes.length + app.bytes.length,
    });
    expect(generator.calls.map(({ action }) => action)).not.toContain('DescribeImages');
  });

  test('is looked for only at tags that this builder writes', async () => {
    const generator = await openWithFirstTag({
      aws: describing([
        { tag: 'v1', pushedAt: 1_700_000_002 },
        { tag: 'sociv1', pushedAt: 1_700_000_001 },
        { tag: 'plain-soci', pushedAt: 1_700_000_000, mediaType: ociTypes.manifest },
      ]),
    });
    const before = generator.registry.log.length;
    await expect(runSecondTag(generator)).resolves.toMatchObject({ status: 'indexed' });
    const asked = generator.registry.log.slice(before).map(({ path }) => path.split('/').at(-1));
    expect(asked).not.toContain('v1');
    expect(asked).not.toContain('sociv1');
    expect(asked).not.toContain('plain-soci');
  });

  test('is read again, with a warning, if ECR does not list recent images', async () => {
    const generator = await openWithFirstTag({
      aws: {
        refuse: ({ action }) =>
          action === 'DescribeImages'
            ? { status: 400, type: 'AccessDeniedException', message: 'ecr:DescribeImages is not allowed' }
            : undefined,
      },
    });
    await expect(runSecondTag(generator)).resolves.toMatchObject({
      status: 'indexed',
      bytesRead: base.bytes.length + app.bytes.length,
    });
    expect(logLines()[0]).toMatchObject({
      level: 'WARN',
      message: expect.stringMatching(
        /^could not list recent images of team\/app; .*: ecr:DescribeImages is not allowed$/,
      ) as unknown,
      type: 'AccessDeniedException',
      reason: 'access-denied',
    });
  });
});

describe('an image that is already indexed', () => {
  test.each(['V1', 'V2'])(
    'with %s, is neither read nor written when its event is repeated',
    async (version) => {
      const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: version } });
      const { digest } = await pushImage(generator.store, { tag: 'latest' });
      const made = digestIn(await generator.run({ tag: 'latest', digest }));
      logLines();
      const [written, read] = [writes(generator).length, blobsRead(generator)];

      await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
        status: 'already-indexed',
        digest: made,
        bytesRead: 0,
      });
      expect(writes(generator)).toHaveLength(written);
      // The config, which names the platform.
      expect(blobsRead(generator) - read).toBe(1);
      expect(expectLines('INFO', 'already-indexed').metrics).toMatchObject({ Bytes: 0, Layers: 0 });
    },
  );

  test('may itself be a V2 image, at any tag', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    const converted = digestIn(await generator.run({ tag: 'latest', digest }));
    await generator.store.pushManifest(await generator.store.fetchManifest('latest-soci'), 'promoted');

    await expect(generator.run({ tag: 'promoted', digest: converted })).resolves.toMatchObject({
      status: 'already-indexed',
      digest: converted,
    });
    expect(await resolveDigest(generator.store, 'promoted-soci')).toBeUndefined();
  });

  test('may have a V1 index from another tool, with a warning', async () => {
    const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: 'V1' } });
    const { store } = generator;
    const image = await pushImage(store, { tag: 'latest' });
    const config = blobOf(Buffer.from('{}'), 'application/vnd.amazon.soci.index.v1+json');
    await store.pushBlob(config.descriptor, config.bytes);
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: ociTypes.manifest,
        config: config.descriptor,
        layers: [],
        subject: image,
        annotations: { 'com.amazon.soci.build-tool-identifier': 'AWS SOCI CLI v0.1' },
      }),
    );
    await store.pushManifest({ mediaType: ociTypes.manifest, digest: digestOf(bytes), bytes });

    await expect(generator.run({ tag: 'latest', digest: image.digest })).resolves.toMatchObject({
      status: 'already-indexed',
      digest: digestOf(bytes),
    });
    const { line } = expectLines('WARN', 'already-indexed');
    expect(line['warnings']).toEqual([expect.stringContaining('of another builder is kept')]);
  });

  test('may have been indexed with other settings, if the tag is immutable', async () => {
    const generator = await openGenerator({ aws: { repository: { imageTagMutability: 'IMMUTABLE' } } });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    const made = digestIn(await generator.run({ tag: 'latest', digest }));
    process.env['SOCI_SPAN_SIZE_BYTES'] = '65536';
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'already-indexed',
      digest: made,
    });
  });
});

describe('a skipped image', () => {
  test('has no tag with V2, and no request is made', async () => {
    const generator = await openGenerator();
    await expect(generator.run({ tag: null })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'untagged',
    });
    expect(generator.calls).toEqual([]);
    expect(expectLines('INFO', 'skipped').line).toMatchObject({ reason: 'untagged' });
  });

  test('has a target tag that would be too long, which is checked first', async () => {
    const generator = await openGenerator();
    await expect(generator.run({ tag: 't'.repeat(124) })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'target-tag-too-long',
    });
    expect(generator.calls).toEqual([]);
    expectLines('WARN', 'skipped');
  });

  test('is a BuildKit attestation, which looks like an image in its event', async () => {
    const generator = await openGenerator();
    const image = await pushImage(generator.store);
    const { digest } = await pushAttestation(generator.store, image, 'latest');
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({ reason: 'attestation' });
    expectLines('INFO', 'skipped');
  });

  test('is a SOCI index of this builder, recognized by its content', async () => {
    const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: 'V1' } });
    const image = await pushImage(generator.store, { tag: 'latest' });
    const digest = digestIn(await generator.run({ tag: 'latest', digest: image.digest }));
    await expect(generator.run({ tag: '', digest })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'soci-index',
    });
  });

  test('is an artifact with layers that is not an image', async () => {
    const generator = await openGenerator();
    const types = { manifest: ociTypes.manifest, config: 'application/vnd.new.config+json' };
    const { digest } = await pushImage(generator.store, { tag: 'latest', types });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      reason: 'not-an-image',
    });
  });

  test('has none of the selected platforms, and causes a warning', async () => {
    const generator = await openGenerator({ environment: { SOCI_PLATFORMS: 'linux/s390x' } });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({ reason: 'no-platform' });
    expectLines('WARN', 'skipped');
  });

  test('has only small layers, which is neither an error nor retried', async () => {
    const generator = await openGenerator({ environment: { SOCI_MIN_LAYER_SIZE_BYTES: '10485760' } });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    const report = await generator.run({ tag: 'latest', digest });
    expect(report).toMatchObject({ status: 'skipped', reason: 'no-layer-to-index' });
    expect(report).not.toHaveProperty('tag');
    expect(await resolveDigest(generator.store, 'latest-soci')).toBeUndefined();
    expectLines('INFO', 'skipped');
  });

  test('has a target tag that someone else pushed, which is checked before reading layers', async () => {
    const generator = await openGenerator();
    const theirs = await pushImage(generator.store, { tag: 'latest-soci', layers: [gzipLayer('theirs')] });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      reason: 'target-tag-taken',
    });
    expect(await resolveDigest(generator.store, 'latest-soci')).toBe(theirs.digest);
    expect(blobsRead(generator)).toBe(1);
    expectLines('WARN', 'skipped');
  });

  test('is a second push of latest in an immutable repository, which is checked before reading layers', async () => {
    const generator = await openGenerator({ aws: { repository: { imageTagMutability: 'IMMUTABLE' } } });
    const first = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    await generator.run({ tag: 'latest', digest: first.digest });
    const second = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('b')] });
    logLines();
    const read = blobsRead(generator);
    await expect(generator.run({ tag: 'latest', digest: second.digest })).resolves.toMatchObject({
      reason: 'tag-immutable',
    });
    expect(blobsRead(generator) - read).toBe(1);
    expectLines('WARN', 'skipped');
  });

  test('has a target tag that turns out to be immutable only when it is written', async () => {
    const generator = await openGenerator({ immutableTags: true });
    const { store } = generator;
    const first = await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    const converted = digestIn(await generator.run({ tag: 'v1', digest: first.digest }));
    const second = await pushImage(store, { tag: 'v2', layers: [gzipLayer('b')] });
    // ECR describes the tags as mutable; that changed in the meantime.
    await store.pushManifest(await store.fetchManifest(converted), 'v2-soci');
    await expect(generator.run({ tag: 'v2', digest: second.digest })).resolves.toMatchObject({
      reason: 'tag-immutable',
    });
    expect(await resolveDigest(store, 'v2-soci')).toBe(converted);
  });

  test.each<readonly [string, PushParts]>([
    ['a tagged image', { tag: 'latest' }],
    ['an image in a repository that is gone', { tag: 'latest', repository: 'team/gone' }],
  ])('is %s that was deleted before it was processed', async (_, push) => {
    const generator = await openGenerator();
    const digest = digestOf(Buffer.from('gone'));
    await expect(generator.run({ ...push, digest })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'image-deleted',
    });
    expectLines('INFO', 'skipped');
  });

  test('is an image that was deleted, with V1', async () => {
    const generator = await openGenerator({ environment: { SOCI_INDEX_VERSION: 'V1' } });
    await expect(generator.run({ tag: '', digest: digestOf(Buffer.from('gone')) })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'image-deleted',
    });
  });

  test('is an image that is deleted while it is read', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    generator.fail(
      planFaults([
        { method: 'GET', path: /blobs/, times: [2], fault: { kind: 'status', status: 404 } },
        {
          method: 'GET',
          path: new RegExp(`/manifests/${digest}`),
          times: [2],
          fault: { kind: 'status', status: 404 },
        },
      ]),
    );
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'image-deleted',
    });
  });

  test.each<readonly [string, FaultPlan['fault']]>([
    [
      'not found',
      {
        kind: 'status',
        status: 404,
        body: '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image is archived"}]}',
      },
    ],
    [
      'a bad request',
      { kind: 'status', status: 400, body: '{"errors":[{"code":"IMAGE_ARCHIVED","message":"restore it"}]}' },
    ],
  ])('is an archived image, which ECR reports as %s', async (_, fault) => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    generator.fail(planFaults([{ path: /manifests/, times: 'always', fault }]));
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'archived',
    });
  });
});

describe('the memory for a layer', () => {
  test.each([
    ['1769', (1769 - 160 - 32) / 2],
    ['225', (65 - 32) / 2],
    ['224', (64 - 32) / 2],
    ['128', (64 - 32) / 2],
  ])(
    'is that of a function with %s MB, without what the function itself needs',
    async (memory, mebibytes) => {
      const limits: unknown[] = [];
      const full: ZtocJobs = {
        size: 1,
        start: ({ maximumZtocBytes }) => {
          limits.push(maximumZtocBytes);
          const fail = () => Promise.reject(new FormatError('ztoc', 'too large'));
          return { push: fail, finish: fail, discard: () => {} };
        },
      };
      const generator = await openGenerator();
      const { digest } = await pushImage(generator.store, { tag: 'latest' });
      const handler = createGenerator(full);
      await expect(
        handler(pushEvent({ tag: 'latest', digest }), lambdaContext({ memoryLimitInMB: memory })),
      ).resolves.toMatchObject({ status: 'skipped', reason: 'no-layer-to-index' });
      // First with the memory that such a layer usually needs, then with all of it.
      expect(limits).toHaveLength(2);
      expect(limits[1]).toBe(mebibytes * 1024 * 1024);
    },
  );
});

describe('a superseded image', () => {
  test('has a tag that moved before the work', async () => {
    const generator = await openGenerator();
    const old = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    const { digest } = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('b')] });
    await expect(generator.run({ tag: 'latest', digest: old.digest })).resolves.toMatchObject({
      status: 'superseded',
      ...explain('tag-moved', `latest is ${digest}`),
    });
    expect(blobsRead(generator)).toBe(0);
    expectLines('INFO', 'superseded');
  });

  test('has a tag that was deleted, although the image exists', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store);
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'superseded',
      ...explain('tag-deleted', 'latest'),
    });
  });

  test('has a tag that moves during the work, so its index does not get the target tag', async () => {
    const generator = await openGenerator();
    const { store } = generator;
    const { digest } = await pushImage(store, { tag: 'latest', layers: [gzipLayer('a')] });
    const layer = gzipLayer('a').descriptor.digest;
    let moved: Promise<unknown> | undefined;
    generator.fail(({ method, path }) => {
      if (method !== 'GET' || !path.includes(layer)) return undefined;
      // The request for the layer is answered only after the next push.
      moved ??= pushImage(store, { tag: 'latest', layers: [gzipLayer('b')] });
      return { kind: 'held', until: moved };
    });
    const report = await generator.run({ tag: 'latest', digest });
    await moved;
    const now = await resolveDigest(store, 'latest');
    expect(report).toMatchObject({
      status: 'superseded',
      ...explain('tag-moved', `latest is ${now ?? ''}`),
    });
    expect(now).not.toBe(digest);
    expect(await resolveDigest(store, 'latest-soci')).toBeUndefined();
  });
});

describe('a permanent failure, which is returned and not thrown, so that Lambda does not retry', () => {
  test('is caused by a damaged layer', async () => {
    const generator = await openGenerator();
    const good = gzipLayer('a').bytes;
    const damaged = blobOf(Buffer.concat([good.subarray(0, 20), Buffer.alloc(50, 0xff)]), ociTypes.gzip);
    const { digest } = await pushImage(generator.store, { tag: 'latest', layers: [damaged] });

    const report = await generator.run({ tag: 'latest', digest });

    expect(report).toMatchObject({
      image: `team/app:latest@${digest}`,
      status: 'failed',
      type: 'FormatError',
      reason: 'layer-damaged',
      message: expect.stringContaining(damaged.descriptor.digest),
    });
    const { line } = expectLines('ERROR', 'failed');
    expect(line).toMatchObject({ type: 'FormatError', image: `team/app:latest@${digest}` });
    expect(await resolveDigest(generator.store, 'latest-soci')).toBeUndefined();
  });

  test('is caused by a layer that is served with other bytes than were pushed', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    generator.fail(
      planFaults([
        {
          method: 'GET',
          path: new RegExp(gzipLayer('a').descriptor.digest),
          times: 'always',
          fault: { kind: 'corrupt', atByte: 30 },
        },
      ]),
    );
    // The redirect has no body to corrupt, but the response of the storage has one.
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'failed',
      type: 'ContentMismatchError',
    });
    expectLines('ERROR', 'failed');
  });

  test('is caused by a missing layer of an existing image', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    generator.fail(
      planFaults([
        {
          method: 'GET',
          path: new RegExp(`/blobs/${gzipLayer('a').descriptor.digest}`),
          times: 'always',
          fault: { kind: 'status', status: 404 },
        },
      ]),
    );
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'failed',
      type: NotFoundError.name,
    });
  });

  test('is caused by a registry that rejects the index', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    const body = '{"errors":[{"code":"MANIFEST_INVALID","message":"Invalid JSON syntax"}]}';
    generator.fail(
      planFaults([
        {
          method: 'PUT',
          path: /manifests/,
          times: 'always',
          fault: { kind: 'status', status: 405, body },
        },
      ]),
    );
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'failed',
      type: 'RegistryError',
      reason: 'registry-error',
      message: expect.stringContaining('status 405, MANIFEST_INVALID: Invalid JSON syntax'),
    });
  });

  test('is caused by an invalid event', async () => {
    const generator = await openGenerator();
    await expect(generator.run({ repository: 'No Repository' })).resolves.toMatchObject({
      image: undefined,
      status: 'failed',
      type: 'InvalidEventError',
    });
    expect(expectLines('ERROR', 'failed').line).toMatchObject({
      message: expect.stringMatching(/^failed: unknown image: invalid ECR image event: /),
    });
    expect(generator.calls).toEqual([]);
  });
});

describe('a transient failure, which is thrown, so that Lambda retries and then keeps the event', () => {
  /** The only line for an attempt. Nothing is counted, because an attempt is not an outcome. */
  function expectAttempt(type: string): LogLine {
    const [line, ...others] = logLines();
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      level: 'WARN',
      type,
      message: expect.stringMatching(/^will be retried: /),
    });
    return line!;
  }

  test('is caused by a registry that is unavailable', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    generator.fail(
      planFaults([
        {
          path: /manifests/,
          times: 'always',
          // Longer than one attempt may wait.
          fault: { kind: 'status', status: 503, headers: { 'retry-after': '3600' } },
        },
      ]),
    );
    const asked = generator.registry.log.length;
    await expect(generator.run({ tag: 'latest', digest })).rejects.toBeInstanceOf(RegistryError);
    // One request, and no second one for whether the image exists, because the registry could not answer it.
    expect(generator.registry.log.length - asked).toBe(1);
    expect(expectAttempt('RegistryError')).toMatchObject({ image: `team/app:latest@${digest}` });
  });

  test('is caused by a registry that denies access, because permissions can be fixed, and new ones take a moment to apply', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    generator.fail(
      planFaults([
        {
          method: 'PUT',
          path: /manifests/,
          times: 'always',
          fault: { kind: 'status', status: 403 },
        },
      ]),
    );
    await expect(generator.run({ tag: 'latest', digest })).rejects.toMatchObject({ status: 403 });
    expectAttempt('RegistryError');
  });

  test('is caused by ECR if it denies the password', async () => {
    const generator = await openGenerator({
      aws: { refuse: () => ({ status: 400, type: 'AccessDeniedException', message: 'no permission' }) },
    });
    await expect(generator.run({ tag: 'latest' })).rejects.toMatchObject({ name: 'AccessDeniedException' });
    expectAttempt('AccessDeniedException');
  });

  test('is caused by invalid settings', async () => {
    const generator = await openGenerator({ environment: { SOCI_SPAN_SIZE_BYTES: 'large' } });
    await expect(generator.run({ tag: 'latest' })).rejects.toThrow('SOCI_SPAN_SIZE_BYTES: expected');
    expectAttempt('ConfigError');
  });

  test('is caused by a deadline that passes before the first byte', async () => {
    const generator = await openGenerator();
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    generator.fail(planFaults([{ method: 'GET', fault: { kind: 'stall', afterBytes: 0 } }]));
    await expect(generator.run({ tag: 'latest', digest }, 5_200)).rejects.toThrow(
      'the function ran out of time: no layer has been read yet',
    );
    expectAttempt(DeadlineError.name);
  });
});

describe('an image that gets no index', () => {
  const environment = { SOCI_MIN_LAYER_SIZE_BYTES: '10485760', SOCI_TAG_SKIPPED_IMAGES: 'true' };

  test('gets the target tag with an unchanged digest, if the settings say so', async () => {
    const generator = await openGenerator({ environment });
    const digest = await pushIndex(generator.store, [await pushImage(generator.store)], { tag: 'latest' });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      status: 'skipped',
      reason: 'no-layer-to-index',
      digest,
      tag: 'latest-soci',
    });
    expect(await resolveDigest(generator.store, 'latest-soci')).toBe(digest);
    // The tag did not exist, so its mutability did not matter.
    expect(generator.calls.map(({ action }) => action)).toEqual(['GetAuthorizationToken']);
    const written = writes(generator).length;
    await generator.run({ tag: 'latest', digest });
    expect(writes(generator)).toHaveLength(written);
  });

  test('also gets the target tag if it has none of the platforms', async () => {
    const generator = await openGenerator({ environment: { ...environment, SOCI_PLATFORMS: 'linux/s390x' } });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      reason: 'no-platform',
      tag: 'latest-soci',
    });
  });

  test('passes the target tag on to the next push, whether small or not', async () => {
    const generator = await openGenerator({ environment });
    const { store, run } = generator;
    const first = await pushImage(store, { tag: 'latest', layers: [gzipLayer('a')] });
    await run({ tag: 'latest', digest: first.digest });
    const second = await pushImage(store, { tag: 'latest', layers: [gzipLayer('b')] });
    await run({ tag: 'latest', digest: second.digest });
    expect(await resolveDigest(store, 'latest-soci')).toBe(second.digest);

    process.env['SOCI_MIN_LAYER_SIZE_BYTES'] = '0';
    const third = await pushImage(store, { tag: 'latest', layers: [gzipLayer('c')] });
    const report = await run({ tag: 'latest', digest: third.digest });
    expect(report).toMatchObject({ status: 'indexed', tag: 'latest-soci' });
    expect(await resolveDigest(store, 'latest-soci')).toBe(digestIn(report));
  });

  test('leaves an immutable target tag where it is', async () => {
    const generator = await openGenerator({
      environment,
      aws: { repository: { imageTagMutability: 'IMMUTABLE' } },
    });
    const first = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('a')] });
    await generator.run({ tag: 'latest', digest: first.digest });
    const second = await pushImage(generator.store, { tag: 'latest', layers: [gzipLayer('b')] });
    await expect(generator.run({ tag: 'latest', digest: second.digest })).resolves.toMatchObject({
      reason: 'tag-immutable',
    });
    expect(await resolveDigest(generator.store, 'latest-soci')).toBe(first.digest);
  });

  test('keeps the target tag when its event is repeated, even if the tag is immutable', async () => {
    const generator = await openGenerator({
      environment,
      immutableTags: true,
      aws: { repository: { imageTagMutability: 'IMMUTABLE' } },
    });
    const { digest } = await pushImage(generator.store, { tag: 'latest' });
    await generator.run({ tag: 'latest', digest });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({
      reason: 'no-layer-to-index',
      tag: 'latest-soci',
    });
  });

  test('does not get the target tag if its own tag moves at that moment', async () => {
    const generator = await openGenerator({ environment });
    const { store } = generator;
    const { digest } = await pushImage(store, { tag: 'latest', layers: [gzipLayer('a')] });
    let moved: Promise<unknown> | undefined;
    generator.fail(({ path }) => {
      if (!path.endsWith('/latest-soci')) return undefined;
      moved ??= pushImage(store, { tag: 'latest', layers: [gzipLayer('b')] });
      return { kind: 'held', until: moved };
    });
    await expect(generator.run({ tag: 'latest', digest })).resolves.toMatchObject({ status: 'superseded' });
    await moved;
    expect(await resolveDigest(store, 'latest-soci')).toBeUndefined();
  });

  test('gets no tag with V1, or if it is not an image', async () => {
    const generator = await openGenerator({ environment: { ...environment, SOCI_INDEX_VERSION: 'V1' } });
    const image = await pushImage(generator.store, { tag: 'latest' });
    await expect(generator.run({ tag: 'latest', digest: image.digest })).resolves.not.toHaveProperty('tag');
    process.env['SOCI_INDEX_VERSION'] = 'V2';
    const { digest } = await pushAttestation(generator.store, image, 'latest');
    await expect(generator.run({ tag: 'latest', digest })).resolves.not.toHaveProperty('tag');
    expect(await resolveDigest(generator.store, 'latest-soci')).toBeUndefined();
  });
});

test('an invocation leaves no timer behind that would end the next one in the same process', async () => {
  const generator = await openGenerator();
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const before = timers();
  await generator.run({ tag: null });
  await generator.run({ repository: 'No Repository' });
  expect(timers()).toBe(before);
});

test('no log line contains a password', async () => {
  const generator = await openGenerator();
  const { digest } = await pushImage(generator.store, { tag: 'latest' });
  const { username, password } = ecrWays.access;
  const encoded = Buffer.from(`${username}:${password}`).toString('base64');
  generator.fail(
    planFaults([
      {
        method: 'PUT',
        times: 'always',
        // The registry echoes the credentials that it received.
        fault: {
          kind: 'status',
          status: 400,
          body: `{"errors":[{"code":"X","message":"Basic ${encoded}"}]}`,
        },
      },
    ]),
  );
  await generator.run({ tag: 'latest', digest });
  const text = JSON.stringify(logLines());
  expect(text).toContain('[secret]');
  expect(text).not.toContain(password);
  expect(text).not.toContain(encoded);
});

/** The digest in a report. */
function digestIn(report: ImageReport): Digest {
  if (!('digest' in report)) throw new Error('the report has no digest');
  return report.digest;
}

interface ManifestJson {
  readonly layers: readonly unknown[];
  readonly manifests: readonly { readonly digest: string; readonly artifactType?: string }[];
}

async function readJson(store: RegistryStore, reference: string): Promise<ManifestJson> {
  return JSON.parse(Buffer.from((await store.fetchManifest(reference)).bytes).toString()) as ManifestJson;
}

async function readEntries(store: RegistryStore, reference: string, artifactType: string) {
  const { manifests } = await readJson(store, reference);
  return manifests.filter((entry) => entry.artifactType === artifactType);
}
