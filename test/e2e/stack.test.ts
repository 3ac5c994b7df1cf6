// The complete path, as for a user: Terraform applies the module, the zips that it uploaded run on Node 22 under AWS's
// runtime client, an event is put on the bus, and files are read through the index in the registry.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readWholeBlob } from '../../lambda-src/content/read-whole.ts';
import { flatbufferMaximumBytes } from '../../lambda-src/core/ztoc/ztoc.ts';
import { decodeZtoc } from '../../lambda-src/core/ztoc/ztoc-decoder.ts';
import { readFileData } from '../../lambda-src/core/ztoc/span-reader.ts';
import { readIndexedImage } from '../../lambda-src/image/indexed-image.ts';
import { presentIndexesOf } from '../../lambda-src/image/soci-indexes.ts';
import { findMatcherFault } from '../helpers/event-matcher.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault } from '../helpers/terraform.ts';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from './aws-emulator.ts';
import { findRuntimeFault } from './lambda-emulator/runtime-tools.ts';
import { type FunctionKey, listeningRule, type Run, secrets, Stack } from './stack.ts';
import { pushStackImage, type StackImage } from './stack-image.ts';
import { isCovered, listGrants } from './stack-policy.ts';
import { describePushes, type EcrPushEvent } from './stack-registry.ts';
import { ztocMediaType } from '../../lambda-src/core/soci-names.ts';

const folder = makeTemporaryFolder();

const stacks = [
  {
    title: 'V2, JSON logs',
    version: 'V2',
    settings: { region: 'eu-west-1', partition: 'aws', inputs: '' },
  },
  {
    title: 'V1, text logs, in another partition',
    version: 'V1',
    settings: {
      region: 'cn-north-1',
      partition: 'aws-cn',
      inputs: 'soci_index_version = "V1"\nlogs = { format = "Text" }',
    },
  },
] as const;

/** One for each filter of the example, `prod*:latest` and `dev:*`. */
const images = [
  { repository: 'prod/web', tag: 'latest' },
  { repository: 'dev', tag: 'v1' },
] as const;

/**
 * Grants that the functions do not use here, by statement and action. `ContinueInNextInvocation` is for an image that
 * needs longer than one invocation, which none does here. Lambda writes what a function prints to its log; here the log
 * is a file.
 */
const grantedBeyond: Readonly<Record<FunctionKey, readonly string[]>> = {
  filter: ['WriteLogs logs:CreateLogStream', 'WriteLogs logs:PutLogEvents'],
  generator: [
    'ContinueInNextInvocation lambda:InvokeFunction',
    'WriteLogs logs:CreateLogStream',
    'WriteLogs logs:PutLogEvents',
  ],
};

function findToolsFault(): string | undefined {
  const unused = join(folder, 'unused');
  mkdirSync(unused);
  copyModule(unused);
  return findTerraformFault(unused) ?? findMatcherFault() ?? findEmulatorFault() ?? findRuntimeFault();
}

/** What the functions returned or, for attempts that returned nothing, how these ended. */
function resultsOf(run: Run, key: FunctionKey): readonly unknown[] {
  return run.attempts[key].map(({ result }) =>
    result.status === 'returned' ? result.payload : result.status,
  );
}

describeWithTools('the applied stack', findToolsFault(), () => {
  let emulator: AwsEmulator | undefined;
  const applied = new Map<string, Promise<Stack>>();

  // Terraform mostly waits, so the stacks are applied in parallel.
  beforeAll(async () => {
    emulator = await startAwsEmulator();
    for (const { title, version, settings } of stacks) {
      const copy = join(folder, version);
      mkdirSync(copy);
      const stack = Stack.apply(copy, emulator.url, settings);
      stack.catch(() => {}); // reported where it is awaited
      applied.set(title, stack);
    }
  });

  afterAll(async () => {
    emulator?.stop();
    for (const stack of await Promise.allSettled(applied.values())) {
      if (stack.status === 'fulfilled') await stack.value.close();
    }
  });

  // Each test puts events on the bus and checks the results; the last tests check what all the others did.
  describe.each(stacks)('$title', ({ title, version }) => {
    let stack: Stack;
    const targetTagOf = (tag: string) => (version === 'V2' ? `${tag}-soci` : tag);

    beforeAll(async () => {
      stack = await applied.get(title)!;
    });

    /**
     * Pushes an image, and returns the events that ECR sends: one for each manifest, and one for the index with its tag.
     */
    async function push(repository: string, tag: string, name: string) {
      const before = stack.registry.log.length;
      const image = await pushStackImage(stack.openStore(repository), tag, name);
      const requests = stack.registry.log.slice(before);
      return { image, events: await describePushes(requests, stack.place, stack.openStore) };
    }

    /**
     * Reads every file of the image through its indexes, as a runtime does. Returns the architecture and version of each
     * index.
     */
    async function readBack(repository: string, tag: string, image: StackImage): Promise<readonly string[]> {
      const store = stack.openStore(repository);
      const found = await readIndexedImage(store, tag);
      if (found.kind !== 'image') throw new Error(`${repository}:${tag} is ${found.kind}`);
      for (const { layers } of found.platforms.flatMap(presentIndexesOf)) {
        expect(layers.map(({ layerDigest }) => layerDigest)).toEqual([image.largeLayer.descriptor.digest]);
        const target = { mediaType: ztocMediaType, ...layers[0]!.ztoc };
        const ztoc = decodeZtoc(await readWholeBlob(store, target, flatbufferMaximumBytes));
        const files = new Map<string, Buffer>();
        for (const entry of ztoc.contents) {
          const pieces: Uint8Array[] = [];
          const readRange = (start: number, end: number) =>
            stack.fetchBlobRange(repository, layers[0]!.layerDigest, start, end);
          for await (const piece of readFileData(ztoc, entry, readRange)) pieces.push(piece.slice());
          files.set(Buffer.from(entry.name).toString(), Buffer.concat(pieces));
        }
        expect([...files.keys()]).toEqual([...image.files.keys()]);
        for (const [name, content] of files) expect(content.equals(image.files.get(name)!)).toBe(true);
      }
      return found.platforms.flatMap(({ entry, ...indexes }) =>
        presentIndexesOf(indexes).map((index) => `${entry.platform?.architecture ?? ''} ${index.version}`),
      );
    }

    const isTagged = ({ detail }: EcrPushEvent) => detail['image-tag'] !== '';

    test.each(images)('a push of $repository:$tag creates an index', async ({ repository, tag }) => {
      const { image, events } = await push(repository, tag, `${repository} 1`);
      expect(events.map(isTagged)).toEqual([false, false, false, true]);

      const run = await stack.put(events);
      const reports = resultsOf(run, 'generator');
      expect(reports.at(-1)).toMatchObject({ image: `${repository}:${tag}@${image.digest}` });
      const matched = { status: 'matched' };
      const unmatched = { status: 'unmatched' };
      if (version === 'V2') {
        // The rule matches only tagged images.
        const digest = (await stack.openStore(repository).resolve(`${tag}-soci`))?.digest;
        expect(resultsOf(run, 'filter')).toMatchObject([matched]);
        expect(reports).toMatchObject([{ status: 'indexed', tag: `${tag}-soci`, digest }]);
      } else if (repository === 'prod/web') {
        // The filter `prod*:latest` does not match an untagged manifest.
        expect(resultsOf(run, 'filter')).toMatchObject([unmatched, unmatched, unmatched, matched]);
        expect(reports).toMatchObject([{ status: 'indexed' }]);
      } else {
        expect(resultsOf(run, 'filter')).toMatchObject([matched, matched, matched, matched]);
        expect(reports).toMatchObject([
          { status: 'indexed' },
          { status: 'indexed' },
          { status: 'skipped', reason: 'attestation' },
          { status: 'already-indexed' },
        ]);
      }
      expect(run.failures).toEqual([]);
      expect(await readBack(repository, targetTagOf(tag), image)).toEqual([
        `amd64 ${version}`,
        `arm64 ${version}`,
      ]);

      // Each outcome is announced. The listener's rule matches the announcement, and the module's own rule does not.
      expect(run.announcements.map(({ detail }) => detail['outcome'])).toEqual(
        reports.map((report) => (report as { readonly status: string }).status),
      );
      for (const { rules } of run.announcements) expect(rules).toEqual([listeningRule]);
      const deployed = (await stack.openStore(repository).resolve(targetTagOf(tag)))!.digest;
      expect(run.announcements.at(-1)!.detail).toMatchObject({
        instance: 'soci-index-builder',
        image: `${repository}:${tag}@${image.digest}`,
        sourceDigest: image.digest,
        indexVersion: version,
        deployDigest: deployed,
        ...(version === 'V2' && { resultDigest: deployed, resultTag: `${tag}-soci` }),
      });

      const own = await describePushes(run.requests, stack.place, stack.openStore);
      expect(own.length).toBeGreaterThanOrEqual(2);
      const afterOwn = await stack.put(own);
      expect(resultsOf(afterOwn, 'filter')).toMatchObject(
        version === 'V2' ? [{ status: 'skipped', reason: 'own-tag' }] : [],
      );
      expect(resultsOf(afterOwn, 'generator')).toEqual([]);
      expect(afterOwn.requests).toEqual([]);
    });

    test.each(images)('a repeated event for $repository changes nothing', async ({ repository, tag }) => {
      const digest = (await stack.openStore(repository).resolve(tag))!.digest;
      const run = await stack.put([makeEvent(repository, tag, digest)]);
      expect(resultsOf(run, 'generator')).toMatchObject([{ status: 'already-indexed' }]);
      expect(run.announcements).toMatchObject([{ detail: { outcome: 'already-indexed' } }]);
      expect(run.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    });

    test.each(images)('another image at $repository:$tag gets its own index', async ({ repository, tag }) => {
      const { image, events } = await push(repository, tag, `${repository} 2`);
      const run = await stack.put(events.filter(isTagged));
      expect(resultsOf(run, 'generator')).toMatchObject([{ status: 'indexed' }]);
      expect(await readBack(repository, targetTagOf(tag), image)).toEqual([
        `amd64 ${version}`,
        `arm64 ${version}`,
      ]);
    });

    function makeEvent(repository: string, tag: string, digest: string, detail: object = {}): EcrPushEvent {
      const { region, accountId } = stack.place;
      return {
        source: 'aws.ecr',
        'detail-type': 'ECR Image Action',
        account: accountId,
        region,
        detail: {
          result: 'SUCCESS',
          'action-type': 'PUSH',
          'repository-name': repository,
          'image-digest': digest,
          'image-tag': tag,
          'manifest-media-type': 'application/vnd.oci.image.index.v1+json',
          ...detail,
        },
      } as EcrPushEvent;
    }

    test('an event that matches no filter invokes nothing, or only the filter', async () => {
      const digest = `sha256:${'0'.repeat(64)}`;
      const noPushes = await stack.put([
        makeEvent('team/web', 'latest', digest),
        makeEvent('dev/web', 'v1', digest),
        makeEvent('dev', 'v1', digest, { 'action-type': 'DELETE' }),
        makeEvent('dev', 'v1', digest, { result: 'FAILURE' }),
        makeEvent('dev', 'v1', digest, { 'artifact-media-type': 'application/vnd.cncf.helm.config.v1+json' }),
      ]);
      expect(noPushes.attempts).toEqual({ filter: [], generator: [] });

      const unmatched = await stack.put([makeEvent('prod/web', 'v1', digest)]);
      expect(resultsOf(unmatched, 'filter')).toEqual([{ status: 'unmatched' }]);
      expect(unmatched.attempts.generator).toEqual([]);
      expect([...noPushes.failures, ...unmatched.failures]).toEqual([]);
    });

    test('an event goes to the dead-letter queue after two retries if the registry answers 503', async () => {
      const { events } = await push('dev', 'outage', 'outage');
      stack.outages.registry = true;
      const event = events.find(isTagged)!;
      const run = await stack.put([event]);
      stack.outages.registry = false;
      expect(resultsOf(run, 'filter')).toMatchObject([{ status: 'matched' }]);
      expect(resultsOf(run, 'generator')).toEqual(['failed', 'failed', 'failed']);
      expect(run.announcements).toEqual([]);
      expect(run.failures.map(({ body }) => body)).toMatchObject([
        {
          requestContext: {
            functionArn: expect.stringMatching(/:function:soci-index-builder-generator:\$LATEST$/),
            condition: 'RetriesExhausted',
            approximateInvokeCount: 3,
          },
          requestPayload: event,
          responsePayload: { errorType: 'RegistryError', errorMessage: expect.stringContaining('503') },
        },
      ]);
    });

    test('an event goes to the dead-letter queue after two retries if the filter cannot invoke the generator', async () => {
      const { events } = await push('dev', 'throttled', 'throttled');
      stack.outages.lambda = true;
      const event = events.find(isTagged)!;
      const run = await stack.put([event]);
      stack.outages.lambda = false;
      expect(resultsOf(run, 'filter')).toEqual(['failed', 'failed', 'failed']);
      expect(run.attempts.generator).toEqual([]);
      expect(run.failures.map(({ body }) => body)).toMatchObject([
        {
          requestContext: {
            functionArn: expect.stringMatching(/:function:soci-index-builder-filter:\$LATEST$/),
            approximateInvokeCount: 3,
          },
          requestPayload: event,
          responsePayload: { errorType: 'TooManyRequestsException' },
        },
      ]);
    });

    test('a damaged layer fails its image for good: no retry, no message in the queue, one line at ERROR', async () => {
      const { image, events } = await push('dev', 'damaged', 'damaged');
      const { descriptor, bytes } = image.largeLayer;
      const damaged = Uint8Array.from(bytes);
      damaged[bytes.length >> 1]! ^= 1;
      stack.registry.serveBlob('dev', descriptor.digest, damaged);
      const run = await stack.put(events.filter(isTagged));
      const report = { status: 'failed', image: `dev:damaged@${image.digest}`, type: 'ContentMismatchError' };
      expect(resultsOf(run, 'generator')).toMatchObject([report]);
      expect(run.announcements).toMatchObject([{ detail: { outcome: 'failed' }, rules: [listeningRule] }]);
      expect(run.failures).toEqual([]);
      expect(
        stack
          .readLines('generator')
          .filter((line) => line.includes('"level":"ERROR"') && line.includes('dev:damaged'))
          .map((line) => JSON.parse(line) as unknown),
      ).toMatchObject([report]);
      expect(await stack.openStore('dev').resolve('damaged-soci')).toBeUndefined();
    });

    test.each(['filter', 'generator'] as const)(
      'every line of the %s function is one JSON object, and contains no secret',
      (key) => {
        const lines = stack.readLines(key);
        const isRuntimeLine = (line: string) =>
          version === 'V1' && /^\S+Z\t\S+\tERROR\tInvoke Error \t\{/.test(line);
        const own = lines.filter((line) => !isRuntimeLine(line));
        // In text format, the runtime adds one line for each attempt that threw, and no others.
        if (version === 'V1') expect(lines.length - own.length).toBe(3);
        expect(own.length).toBeGreaterThan(3);
        for (const line of own) {
          const parsed = JSON.parse(line) as object;
          if ('_aws' in parsed) continue;
          expect(parsed).toMatchObject({
            timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
            level: expect.stringMatching(/^(INFO|WARN|ERROR)$/),
          });
          expect(parsed).toHaveProperty('message');
        }
        const said = [...lines, ...stack.readResults(key)].join('\n');
        for (const secret of secrets) expect(said).not.toContain(secret);
      },
    );

    test('every image is counted in the embedded metric format', () => {
      const metrics = stack
        .readLines('generator')
        .filter((line) => line.includes('"_aws"'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
      const outcomes = metrics.map(({ Outcome }) => Outcome);
      expect(new Set(outcomes)).toEqual(
        new Set(['indexed', 'already-indexed', 'failed', ...(version === 'V1' ? ['skipped'] : [])]),
      );
      for (const metric of metrics) expectEmbeddedMetrics(metric);
    });

    test.each(['filter', 'generator'] as const)(
      'the role of the %s function allows every call, and nothing else except known exceptions',
      async (key) => {
        const grants = listGrants(await stack.fetchRolePolicy(key));
        const calls = stack.listCalls(key);
        expect(calls.filter((call) => !grants.some((grant) => isCovered(call, grant)))).toEqual([]);
        const unused = grants.filter((grant) => !calls.some((call) => isCovered(call, grant)));
        expect(unused.map(({ statement, action }) => `${statement} ${action}`)).toEqual(grantedBeyond[key]);
      },
    );

    test('without its permission, the rule sends an event to the dead-letter queue', async () => {
      await stack.removePermission();
      const event = makeEvent('dev', 'v1', `sha256:${'0'.repeat(64)}`);
      const run = await stack.put([event]);
      expect(run.attempts).toEqual({ filter: [], generator: [] });
      expect(run.failures).toEqual([
        {
          body: event,
          attributes: {
            RULE_ARN: expect.stringMatching(/:rule\/soci-index-builder-image-push$/),
            TARGET_ARN: expect.stringMatching(/:function:soci-index-builder-filter$/),
          },
        },
      ]);
    });
  });
});

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function expectEmbeddedMetrics(line: Readonly<Record<string, unknown>>): void {
  const { _aws: metadata, ...members } = line as {
    readonly _aws: {
      readonly Timestamp: number;
      readonly CloudWatchMetrics: readonly {
        readonly Namespace: string;
        readonly Dimensions: readonly (readonly string[])[];
        readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
      }[];
    };
  } & Readonly<Record<string, unknown>>;
  expect(Math.abs(Date.now() - metadata.Timestamp)).toBeLessThan(60 * 60 * 1000);
  expect(metadata.CloudWatchMetrics).toHaveLength(1);
  for (const { Namespace, Dimensions, Metrics } of metadata.CloudWatchMetrics) {
    expect(Namespace).toMatch(/^[\w./#:-]{1,255}$/);
    // The value of a dimension is a non-empty string, and that of a metric a number.
    for (const dimension of Dimensions.flat()) expect(members[dimension]).toEqual(expect.stringMatching(/./));
    for (const { Name, Unit } of Metrics) {
      expect(members[Name]).toEqual(expect.any(Number));
      expect(['Bytes', 'Count', 'Seconds']).toContain(Unit);
    }
    expect(Metrics.map(({ Name }) => Name)).toContain('Images');
  }
}
