// Images that ECR replicates into a registry that an instance watches (docs/guides/replicated-images.md): the module
// applied by Terraform, the uploaded zips, and the replicas' events on the bus, for each order in which an image and its
// index can arrive.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MemoryStore } from '../../lambda-src/content/memory-store.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { findMatcherFault } from '../helpers/event-matcher.ts';
import { describeWithTools } from '../helpers/needed-tools.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { copyModule, findTerraformFault } from '../helpers/terraform.ts';
import { type AwsEmulator, findEmulatorFault, startAwsEmulator } from './aws-emulator.ts';
import { findRuntimeFault } from './lambda-emulator/runtime-tools.ts';
import { type FunctionKey, type Run, Stack } from './stack.ts';
import { pushStackImage } from './stack-image.ts';
import { isCovered, listGrants } from './stack-policy.ts';
import { replicate } from './stack-replication.ts';

const folder = makeTemporaryFolder();

const versions = ['V2', 'V1'] as const;

/** The module's default settings, and settings with another span size, which make a different index. */
const moduleSettings = { minimumLayerSizeBytes: 10 * 1024 * 1024 };
const otherSettings = { ...moduleSettings, spanSizeBytes: 1024 * 1024 };

function findToolsFault(): string | undefined {
  const unused = join(folder, 'unused');
  mkdirSync(unused);
  copyModule(unused);
  return findTerraformFault(unused) ?? findMatcherFault() ?? findEmulatorFault() ?? findRuntimeFault();
}

/** The outcome of each event, in order: the generator's if the filter matched, otherwise the filter's. */
function endsOf(run: Run): readonly string[] {
  const resultsOf = (key: FunctionKey) =>
    run.attempts[key].map(({ result }) => {
      if (result.status !== 'returned') return result.status;
      const { status, reason } = result.payload as { readonly status: string; readonly reason?: string };
      return reason === undefined ? status : `${status}: ${reason}`;
    });
  const reports = [...resultsOf('generator')];
  return resultsOf('filter').map((decision) => (decision === 'matched' ? reports.shift()! : decision));
}

describeWithTools('replicated images', findToolsFault(), () => {
  let emulator: AwsEmulator | undefined;
  const applied = new Map<string, Promise<Stack>>();

  // Terraform mostly waits, so the stacks are applied in parallel.
  beforeAll(async () => {
    emulator = await startAwsEmulator();
    for (const version of versions) {
      const copy = join(folder, version);
      mkdirSync(copy);
      const stack = Stack.apply(copy, emulator.url, {
        region: version === 'V2' ? 'eu-west-1' : 'us-west-2',
        partition: 'aws',
        inputs: `index_replicated_images = true\nsoci_index_version = "${version}"`,
      });
      stack.catch(() => {}); // reported where it is awaited
      applied.set(version, stack);
    }
  });

  afterAll(async () => {
    emulator?.stop();
    for (const stack of await Promise.allSettled(applied.values())) {
      if (stack.status === 'fulfilled') await stack.value.close();
    }
  });

  describe('V2', () => {
    let stack: Stack;

    beforeAll(async () => {
      stack = await applied.get('V2')!;
    });

    /** An image at its source, where it is indexed if settings are given. */
    async function makeSource(tag: string, settings?: object) {
      const source = new MemoryStore();
      const { digest } = await pushStackImage(source, tag, tag);
      const indexed =
        settings === undefined ? undefined : await index(source, tag, { version: 'V2', ...settings });
      return { source, digest, indexed };
    }

    const replicateTo = (source: MemoryStore, tag: string) =>
      replicate(source, tag, stack.openStore('dev'), { place: stack.place, repository: 'dev' });
    const resolve = async (tag: string) => (await stack.openStore('dev').resolve(tag))?.digest;

    test('an image that arrives without an index is indexed once', async () => {
      const { source } = await makeSource('plain');
      const events = await replicateTo(source, 'plain');
      expect(events.map(({ detail }) => detail['image-tag'])).toEqual(['', '', '', 'plain']);
      // The rule matches only tagged images.
      expect(endsOf(await stack.put(events))).toEqual(['indexed']);
      const digest = await resolve('plain-soci');
      expect(digest).toBeDefined();
      expect(endsOf(await stack.put(events))).toEqual(['already-indexed']);
      expect(await resolve('plain-soci')).toBe(digest);
    });

    test('an image whose index arrives before its event is processed is already indexed', async () => {
      const { source, indexed } = await makeSource('both', moduleSettings);
      const events = [...(await replicateTo(source, 'both')), ...(await replicateTo(source, 'both-soci'))];
      const run = await stack.put(events);
      expect(endsOf(run)).toEqual(['already-indexed', 'skipped: own-tag']);
      expect(run.requests.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([]);
      expect(await resolve('both-soci')).toBe(indexed);
    });

    test('an image whose index arrives late gets the same index, if the settings are the same', async () => {
      const { source, indexed } = await makeSource('late', moduleSettings);
      expect(endsOf(await stack.put(await replicateTo(source, 'late')))).toEqual(['indexed']);
      expect(await resolve('late-soci')).toBe(indexed);
      expect(endsOf(await stack.put(await replicateTo(source, 'late-soci')))).toEqual(['skipped: own-tag']);
      expect(await resolve('late-soci')).toBe(indexed);
    });

    test('with other settings, the index written last wins: a replica that arrives late replaces ours', async () => {
      const { source, indexed } = await makeSource('other', otherSettings);
      await stack.put(await replicateTo(source, 'other'));
      expect(await resolve('other-soci')).toBeDefined();
      expect(await resolve('other-soci')).not.toBe(indexed);
      await stack.put(await replicateTo(source, 'other-soci'));
      expect(await resolve('other-soci')).toBe(indexed);
    });

    test('with other settings, the index written last wins: ours replaces a replica that arrived early', async () => {
      const { source, indexed } = await makeSource('early', otherSettings);
      await replicateTo(source, 'early-soci');
      expect(endsOf(await stack.put(await replicateTo(source, 'early')))).toEqual(['indexed']);
      expect(await resolve('early-soci')).not.toBe(indexed);
    });

    test('an indexed image at a tag from another template is recognized by its content', async () => {
      const { source } = await makeSource('v3', { ...moduleSettings, targetTag: 'v3-lazy' });
      expect(endsOf(await stack.put(await replicateTo(source, 'v3-lazy')))).toEqual(['already-indexed']);
      expect(await resolve('v3-lazy-soci')).toBeUndefined();
    });

    test('a failed replication and an image from a pull-through cache reach no function', async () => {
      const { source } = await makeSource('none');
      const event = (await replicateTo(source, 'none')).at(-1)!;
      const failed = { ...event, detail: { ...event.detail, result: 'FAILED' } };
      const { 'repository-name': repository, 'image-digest': digest, 'image-tag': tag } = event.detail;
      const cached = {
        ...event,
        'detail-type': 'ECR Pull Through Cache Action',
        detail: {
          'repository-name': repository,
          'image-digest': digest,
          'image-tag': tag,
          'sync-status': 'SUCCESS',
          'ecr-repository-prefix': 'dev',
          'upstream-registry-url': 'public.ecr.aws',
        },
      };
      expect((await stack.put([failed, cached])).attempts).toEqual({ filter: [], generator: [] });
    });
  });

  describe('V1', () => {
    let stack: Stack;

    beforeAll(async () => {
      stack = await applied.get('V1')!;
    });

    test('an image without an index and its platforms are indexed, and nothing else is', async () => {
      const source = new MemoryStore();
      await pushStackImage(source, 'plain', 'plain');
      const events = await replicate(source, 'plain', stack.openStore('dev'), {
        place: stack.place,
        repository: 'dev',
      });
      expect(endsOf(await stack.put(events))).toEqual([
        'indexed',
        'indexed',
        'skipped: attestation',
        'already-indexed',
      ]);
    });

    test('an image that arrives with its index is already indexed, and its SOCI indexes are skipped', async () => {
      const source = new MemoryStore();
      const image = await pushStackImage(source, 'both', 'both');
      await index(source, 'both', { version: 'V1', ...moduleSettings });
      const events = await replicate(source, 'both', stack.openStore('dev'), {
        place: stack.place,
        repository: 'dev',
      });
      const run = await stack.put(events);
      // Two SOCI indexes, each after its subject.
      expect([...endsOf(run)].sort()).toEqual(
        [
          ...['already-indexed', 'already-indexed', 'already-indexed'],
          ...['skipped: attestation', 'skipped: soci-index', 'skipped: soci-index'],
        ].sort(),
      );
      expect(run.requests.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([]);
      expect(image.digest).toBe((await stack.openStore('dev').resolve('both'))?.digest);
    });
  });

  test.each(versions)('%s: the roles allow every call that was made', async (version) => {
    const stack = await applied.get(version)!;
    for (const key of ['filter', 'generator'] as const) {
      const grants = listGrants(await stack.fetchRolePolicy(key));
      const calls = stack.listCalls(key);
      expect(calls.length).toBeGreaterThan(1);
      expect(calls.filter((call) => !grants.some((grant) => isCovered(call, grant)))).toEqual([]);
    }
  });
});
