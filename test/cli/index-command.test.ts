import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explain, type FailureReason } from '../../lambda-src/core/reasons.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
import { deadHost } from '../helpers/dead-host.ts';
import { planFaults } from '../helpers/registry-faults/faults.ts';
import { ecrWays, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';
import { gzipOf } from '../helpers/gzip.ts';
import {
  type Blob,
  blobOf,
  gzipLayer,
  linuxArm64,
  ociTypes,
  pushImage,
  pushIndex,
  tarOf,
  ztocOf,
} from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { useRegistries } from '../registry/registries.ts';

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();

const repository = 'team/app';
const username = 'somebody';
/** Must not appear in any output, not even in base64. */
const password = 'correct-horse/battery+staple';
const secrets = [
  password,
  encodeURIComponent(password),
  Buffer.from(`${username}:${password}`).toString('base64'),
  ecrWays.access.password,
  Buffer.from(`AWS:${ecrWays.access.password}`).toString('base64'),
];
const outputs: string[] = [];

/** Runs `soci-index index` with a Docker config without credentials, unless the environment names another. */
async function run(
  args: readonly string[],
  { environment = {}, input = '' }: { environment?: Record<string, string>; input?: string } = {},
): Promise<Finished> {
  const finished = await runSociIndex(['index', ...args], { DOCKER_CONFIG: folder, ...environment }, input);
  outputs.push(finished.stdout, finished.stderr);
  return finished;
}

/** The lines of stderr except progress. */
function complaintsOf({ stderr }: Finished): readonly string[] {
  return stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(reading \d+ layers?, |sha256:[0-9a-f]{12} {2})/.test(line));
}

/** The report without `seconds`, which must be a number. */
function reportOf({ stdout }: Finished): Record<string, unknown> {
  expect(stdout.endsWith('}\n')).toBe(true);
  const { seconds, ...report } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seconds).toEqual(expect.any(Number));
  return report;
}

function storeOf(registry: LocalRegistry, access?: { username: string; password: string }): RegistryStore {
  return new RegistryStore({
    registry: registry.host,
    repository,
    credentials: () => Promise.resolve(access && { kind: 'password', ...access }),
  });
}

function indexed({ descriptor, bytes }: Blob): unknown {
  const settings = { spanSizeBytes: 4_194_304, buildToolIdentifier: 'soci_index_builder v1' };
  const { digest, size } = ztocOf({ descriptor, bytes }, settings).descriptor;
  return { digest: descriptor.digest, status: 'indexed', ztoc: { digest, size, spans: 1, files: 1 } };
}

const everyLayer = ['--min-layer-size', '0'];

describe('an image in a registry', () => {
  test('is indexed and reported as one JSON object', async () => {
    const registry = await openRegistry();
    const store = storeOf(registry);
    const small = gzipLayer('b', ociTypes.zstd);
    await pushImage(store, { tag: 'v1', layers: [gzipLayer('a'), small] });

    const finished = await run([`${registry.host}/${repository}:v1`, '--json', ...everyLayer]);

    expect({ ...finished, stdout: '', stderr: complaintsOf(finished) }).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: [],
    });
    const target = await store.resolve('v1-soci');
    const image = JSON.parse(Buffer.from((await store.fetchManifest('v1-soci')).bytes).toString()) as {
      manifests: Descriptor[];
    };
    expect(reportOf(finished)).toEqual({
      image: `${registry.host}/${repository}:v1`,
      status: 'indexed',
      version: 'V2',
      digest: target!.digest,
      tag: 'v1-soci',
      indexes: [
        {
          platform: 'linux/amd64',
          digest: image.manifests[1]!.digest,
          layers: [
            indexed(gzipLayer('a')),
            { digest: small.descriptor.digest, status: 'skipped', ...explain('zstd') },
          ],
        },
      ],
      warnings: [],
      bytesRead: gzipLayer('a').bytes.length,
    });
  });

  test('is superseded with exit code 0 if its tag has moved', async () => {
    const registry = await openRegistry();
    const { digest } = await pushImage(storeOf(registry), { tag: 'v1' });
    await pushImage(storeOf(registry), { tag: 'v1', layers: [gzipLayer('newer')] });
    const finished = await run([`${registry.host}/${repository}:v1@${digest}`, '--json', ...everyLayer]);
    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toMatchObject({
      image: `${registry.host}/${repository}:v1@${digest}`,
      status: 'superseded',
      reason: 'tag-moved',
      message: expect.stringMatching(/: v1 is sha256:/) as unknown,
    });
  });

  test('with only small layers is skipped by default with exit code 0', async () => {
    const registry = await openRegistry();
    await pushImage(storeOf(registry), { tag: 'v1' });
    const finished = await run([`${registry.host}/${repository}:v1`, '--json']);
    expect({ ...finished, stdout: '' }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(reportOf(finished)).toEqual({
      image: `${registry.host}/${repository}:v1`,
      status: 'skipped',
      ...explain('no-layer-to-index'),
      version: 'V2',
      indexes: [
        {
          platform: 'linux/amd64',
          layers: [{ digest: gzipLayer('a').descriptor.digest, status: 'skipped', ...explain('too-small') }],
        },
      ],
      warnings: [],
      bytesRead: 0,
    });
  });

  test('is indexed in a registry that behaves like ECR, and the second run has nothing left to do', async () => {
    const registry = await openRegistry(ecrWays);
    const { username: user, password: token } = ecrWays.access;
    await pushImage(storeOf(registry, { username: user, password: token }), { tag: 'v1' });
    const args = [`${registry.host}/${repository}:v1`, '--json', ...everyLayer];
    const login = ['--username', user, '--password-stdin'];

    const first = await run([...args, ...login], { input: `${token}\n` });
    const second = await run([...args, ...login], { input: token });

    expect(complaintsOf(first)).toEqual([]);
    const { digest } = reportOf(first);
    expect(reportOf(first)).toMatchObject({ status: 'indexed', tag: 'v1-soci' });
    expect(second).toMatchObject({ exitCode: 0, stderr: '' });
    expect(reportOf(second)).toEqual({
      image: `${registry.host}/${repository}:v1`,
      status: 'already-indexed',
      version: 'V2',
      digest,
      tag: 'v1-soci',
      indexes: [],
      warnings: [],
      bytesRead: 0,
    });
    const stored = registry.log.filter(({ origin }) => origin === 'storage');
    expect(stored.length).toBeGreaterThan(0);
    expect(stored.filter(({ authorization }) => authorization !== undefined)).toEqual([]);
  });

  test('is skipped if its target tag is immutable and taken', async () => {
    const registry = await openRegistry({ immutableTags: true });
    const store = storeOf(registry);
    await pushImage(store, { tag: 'v1' });
    await pushImage(store, { tag: 'v2', layers: [gzipLayer('b')] });
    await run([`${registry.host}/${repository}:v1`, '--target-tag', 'fast', ...everyLayer]);
    const before = await store.resolve('fast');

    const finished = await run([
      ...[`${registry.host}/${repository}:v2`, '--target-tag', 'fast', '--json', ...everyLayer],
    ]);

    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toMatchObject({ status: 'skipped', reason: 'tag-immutable' });
    expect(await store.resolve('fast')).toEqual(before);
  });

  test.each(['basic', 'bearer'] as const)(
    'is indexed with credentials stored by docker login: %s',
    async (scheme) => {
      const registry = await openRegistry({ access: { scheme, username, password } });
      await pushImage(storeOf(registry, { username, password }), { tag: 'v1' });
      const config = join(folder, `docker-${scheme}`);
      mkdirSync(config);
      const auth = Buffer.from(`${username}:${password}`).toString('base64');
      writeFileSync(join(config, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));

      const finished = await run([`${registry.host}/${repository}:v1`, '--json', ...everyLayer], {
        environment: { DOCKER_CONFIG: config },
      });

      expect(finished.exitCode).toBe(0);
      expect(reportOf(finished)).toMatchObject({ status: 'indexed' });
    },
  );

  test('keeps the SOCI index of another builder, with a warning on stderr', async () => {
    const registry = await openRegistry();
    await pushImage(storeOf(registry), { tag: 'v1' });
    const args = [`${registry.host}/${repository}:v1`, '--index-version', 'v1', '--json', ...everyLayer];
    const theirs = reportOf(await run([...args, '--build-tool-identifier', 'another']));

    const finished = await run(args);

    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toMatchObject({ status: 'already-indexed', digest: theirs['digest'] });
    expect(complaintsOf(finished)).toEqual([
      `warning: linux/amd64: the SOCI index ${String(theirs['digest'])} of another builder is kept`,
    ]);
  });
});

describe('a layer with a zTOC in an image at another tag', () => {
  const base = gzipLayer('base');

  async function pushTwoTags(store: Parameters<typeof pushImage>[0]): Promise<void> {
    await pushImage(store, { tag: 'v9', layers: [base, gzipLayer('app 9')] });
    await pushImage(store, { tag: 'v10', layers: [base, gzipLayer('app 10')] });
  }

  test.each([
    { version: 'v2', args: [], statuses: ['reused', 'indexed'], refused: false },
    { version: 'v1', args: [], statuses: ['reused', 'indexed'], refused: false },
    { version: 'v2', args: ['--no-reuse'], statuses: ['indexed', 'indexed'], refused: false },
    // Without a tag list, no other image can be found.
    { version: 'v2', args: [], statuses: ['indexed', 'indexed'], refused: true },
  ])('with $version and $args is $statuses.0, tag list refused: $refused', async (given) => {
    const { version, args, statuses, refused } = given;
    const faults = refused
      ? planFaults([{ path: /tags\/list/, times: 'always', fault: { kind: 'status', status: 403 } }])
      : () => undefined;
    const registry = await openRegistry({ faults });
    await pushTwoTags(storeOf(registry));
    const common = ['--json', '--index-version', version, ...everyLayer];
    await run([`${registry.host}/${repository}:v9`, ...common]);
    const before = registry.log.length;

    const finished = await run([`${registry.host}/${repository}:v10`, ...common, ...args]);

    expect(finished.exitCode).toBe(0);
    expect(complaintsOf(finished)).toEqual([]);
    const { indexes } = reportOf(finished) as { indexes: readonly [{ layers: readonly unknown[] }] };
    expect(indexes[0].layers).toMatchObject(statuses.map((status) => ({ status })));
    const read = registry.log.slice(before).filter(({ method }) => method === 'GET');
    expect(read.some(({ path }) => path.endsWith(base.descriptor.digest))).toBe(statuses[0] === 'indexed');
  });

  test('is not read in a layout, and is reported as reused', async () => {
    const directory = join(folder, 'two-tags');
    await pushTwoTags(new LayoutStore(directory));
    await run([`oci:${directory}:v9`, ...everyLayer]);
    const { stdout } = await run([`oci:${directory}:v10`, ...everyLayer]);
    expect(stdout).toMatch(/, 2 of 2 layers indexed, 1 of them with reused zTOCs\n/);
  });
});

describe('an image in a layout', () => {
  let layouts = 0;

  /** Creates a layout with an image of two platforms at `v1`. */
  async function makeLayout(): Promise<{ directory: string; store: LayoutStore }> {
    const directory = join(folder, `layout-${++layouts}`);
    const store = new LayoutStore(directory);
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    return { directory, store };
  }

  test('is selected without a tag if it is the only one', async () => {
    const { directory, store } = await makeLayout();
    const finished = await run([`oci:${directory}`, '--json', ...everyLayer]);
    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toMatchObject({
      image: `oci:${directory}:v1`,
      status: 'indexed',
      digest: (await store.resolve('v1-soci'))!.digest,
      tag: 'v1-soci',
      indexes: [{ platform: 'linux/amd64' }, { platform: 'linux/arm64' }],
    });
  });

  test('must be named if there are several, and the error lists their tags', async () => {
    const { directory, store } = await makeLayout();
    await pushImage(store, { tag: 'v2' });
    const finished = await run([`oci:${directory}`, '--json']);
    expect(finished).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `soci-index: oci:${directory} contains 2 images: add one of :v1 :v2 to its name\n`,
    });
  });

  test('with V1 gets a SOCI index for each requested platform, and no tag', async () => {
    const { directory, store } = await makeLayout();
    const { manifests } = JSON.parse(Buffer.from((await store.fetchManifest('v1')).bytes).toString()) as {
      manifests: Descriptor[];
    };
    const finished = await run([
      ...[`oci:${directory}:v1`, '--index-version', 'v1', '--json', ...everyLayer],
      ...['--platform', 'linux/arm64', '--platform', 'linux/aarch64'],
    ]);
    expect(finished.exitCode).toBe(0);
    const [referrer] = await store.listReferrers(manifests[1]!.digest);
    expect(reportOf(finished)).toEqual({
      image: `oci:${directory}:v1`,
      status: 'indexed',
      version: 'V1',
      digest: referrer!.digest,
      indexes: [{ platform: 'linux/arm64', digest: referrer!.digest, layers: [indexed(gzipLayer('b'))] }],
      warnings: [],
      bytesRead: gzipLayer('b').bytes.length,
    });
    expect(await store.listReferrers(manifests[0]!.digest)).toEqual([]);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
  });

  test('named by digest is written by digest only, unless there is a target tag', async () => {
    const { directory, store } = await makeLayout();
    const { digest } = (await store.resolve('v1'))!;
    const indexBefore = readFileSync(join(directory, 'index.json'), 'utf8');

    const untagged = await run([`oci:${directory}@${digest}`, '--json', ...everyLayer]);
    expect(readFileSync(join(directory, 'index.json'), 'utf8')).toBe(indexBefore);
    const report = reportOf(untagged);
    expect(report).toMatchObject({ image: `oci:${directory}@${digest}`, status: 'indexed' });
    expect(report).not.toHaveProperty('tag');
    expect(await store.resolve(report['digest'] as string)).toBeDefined();

    const tagged = await run([`oci:${directory}@${digest}`, '--target-tag', 'fast', '--json', ...everyLayer]);
    expect(reportOf(tagged)).toMatchObject({ digest: report['digest'], tag: 'fast' });
    expect((await store.resolve('fast'))!.digest).toBe(report['digest']);
  });

  test('gets the tag with the given suffix, or the given target tag', async () => {
    const { directory, store } = await makeLayout();
    await run([`oci:${directory}:v1`, '--tag-suffix', '_fast', ...everyLayer]);
    await run([`oci:${directory}:v1`, '--target-tag', 'v1-whole', ...everyLayer]);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1', 'v1_fast', 'v1-whole']);
  });

  test('is not changed by a dry run, which reports the same except for the status', async () => {
    const { directory } = await makeLayout();
    const filesBefore = readdirSync(directory, { recursive: true });
    const args = [`oci:${directory}:v1`, '--json', ...everyLayer];
    const dry = reportOf(await run([...args, '--dry-run']));
    expect(dry['status']).toBe('dry-run');
    expect(readdirSync(directory, { recursive: true })).toEqual(filesBefore);
    expect(reportOf(await run(args))).toEqual({ ...dry, status: 'indexed' });
  });

  test('is reported as text without --json', async () => {
    const { directory, store } = await makeLayout();
    const { exitCode, stdout, stderr } = await run([`oci:${directory}:v1`, ...everyLayer]);
    const { digest } = (await store.resolve('v1-soci'))!;
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `indexed: oci:${directory}:v1`,
      `  image ${digest}, tag v1-soci`,
      expect.stringMatching(/^ {2}linux\/amd64: SOCI index sha256:[0-9a-f]{12}, 1 of 1 layers indexed$/),
      expect.stringMatching(/^ {2}linux\/arm64: SOCI index sha256:[0-9a-f]{12}, 1 of 1 layers indexed$/),
      expect.stringMatching(/^ {2}\d+ B of layers read in \d+\.\d\d s$/),
      '',
    ]);
    const lines = stderr.trimEnd().split('\n');
    expect(lines[0]).toMatch(/^reading 2 layers, \d+ B$/);
    expect(lines.slice(1).sort()).toEqual(
      ['a', 'b']
        .map((name) => gzipLayer(name).descriptor)
        .map(({ digest: layer }) =>
          expect.stringMatching(
            new RegExp(String.raw`^${layer.slice(0, 19)} {2}\d+ B {2}zTOC of [\d.]+ KiB, 1 span, 1 file$`),
          ),
        )
        .sort((a, b) => String(a).localeCompare(String(b))),
    );
  });

  test('has zTOCs with the given span size and build tool identifier', async () => {
    const { directory } = await makeLayout();
    const settings = { spanSizeBytes: 65_536, buildToolIdentifier: 'a test' };
    const finished = await run([
      ...[`oci:${directory}:v1`, '--platform', 'linux/amd64', '--json', ...everyLayer],
      ...['--span-size', '65536', '--build-tool-identifier', 'a test'],
    ]);
    const [platform] = reportOf(finished)['indexes'] as { layers: { ztoc: { digest: string } }[] }[];
    expect(platform!.layers[0]!.ztoc.digest).toBe(ztocOf(gzipLayer('a'), settings).descriptor.digest);
  });
});

describe('a failure exits with 1, and prints the same message on stderr and in a JSON object', () => {
  /** The command retries for some seconds, because a registry may be about to start. */
  let unreachable: Promise<Finished>;

  beforeAll(() => {
    unreachable = run([`${deadHost}/${repository}:v1`, '--json']);
  });

  function expectFailure(finished: Finished, image: string, expected: FailureReason, sentence: RegExp): void {
    expect(finished.exitCode).toBe(1);
    const { reason, message, ...report } = reportOf(finished);
    expect(report).toEqual({
      image,
      status: 'failed',
      version: 'V2',
      indexes: [],
      warnings: [],
      bytesRead: 0,
    });
    expect([reason, message]).toEqual([expected, expect.stringMatching(sentence)]);
    // Advice may follow.
    const [complaint, ...advice] = complaintsOf(finished);
    expect(complaint).toBe(`soci-index: ${String(message)}`);
    expect(advice.filter((line) => !line.startsWith('  '))).toEqual([]);
  }

  test.each<[string, (registry: LocalRegistry) => Promise<string>, FailureReason, RegExp]>([
    [
      'for a missing tag',
      () => Promise.resolve(`${repository}:v2`),
      'not-found',
      /\/v2\/team\/app\/manifests\/v2: .*there is no manifest v2$/,
    ],
    [
      'for a missing repository',
      () => Promise.resolve('team/other:v1'),
      'not-found',
      /there is no manifest v1$/,
    ],
    [
      'for a layer shorter than its manifest states',
      async (registry) => {
        const { bytes, descriptor } = gzipLayer('a');
        await pushImage(storeOf(registry), { tag: 'v1' });
        registry.serveBlob(repository, descriptor.digest, bytes.subarray(0, -20));
        return `${repository}:v1`;
      },
      'layer-damaged',
      new RegExp(`^content ${gzipLayer('a').descriptor.digest}: .*\\d+ bytes`),
    ],
    [
      'for a layer with different bytes',
      async (registry) => {
        const { bytes, descriptor } = gzipLayer('a');
        await pushImage(storeOf(registry), { tag: 'v1' });
        registry.serveBlob(repository, descriptor.digest, bytes.slice().reverse());
        return `${repository}:v1`;
      },
      'layer-damaged',
      new RegExp(`^content ${gzipLayer('a').descriptor.digest}: its bytes have the digest sha256:`),
    ],
    [
      'for a gzip stream that was truncated before the push',
      async (registry) => {
        const layer = blobOf(gzipOf(tarOf('a')).subarray(0, -20), ociTypes.gzip);
        await pushImage(storeOf(registry), { tag: 'v1', layers: [gzipLayer('b'), layer, gzipLayer('c')] });
        return `${repository}:v1`;
      },
      'layer-damaged',
      /^gzip: layer sha256:[0-9a-f]{64}: the stream is truncated \(at byte \d+\)$/,
    ],
  ])('%s', async (_title, prepare, reason, sentence) => {
    const registry = await openRegistry();
    const image = `${registry.host}/${await prepare(registry)}`;
    const manifestPuts = (): number =>
      registry.log.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/')).length;
    const putsBefore = manifestPuts();
    expectFailure(await run([image, '--json', ...everyLayer]), image, reason, sentence);
    expect(manifestPuts()).toBe(putsBefore);
  });

  test('for several damaged layers at once', async () => {
    const registry = await openRegistry();
    const layers = ['a', 'b', 'c', 'd'].map((name) => gzipLayer(name));
    await pushImage(storeOf(registry), { tag: 'v1', layers });
    for (const { descriptor, bytes } of layers) {
      registry.serveBlob(repository, descriptor.digest, bytes.slice().reverse());
    }
    const image = `${registry.host}/${repository}:v1`;
    expectFailure(
      await run([image, '--json', ...everyLayer]),
      image,
      'layer-damaged',
      /its bytes have the digest/,
    );
  });

  test.each([
    ['for a missing password', [], ''],
    ['for a wrong password', ['--username', username, '--password-stdin'], `wrong-${password}`],
  ])('%s', async (_title, login, input) => {
    for (const scheme of ['basic', 'bearer'] as const) {
      const registry = await openRegistry({ access: { scheme, username, password } });
      const image = `${registry.host}/${repository}:v1`;
      expectFailure(
        await run([image, '--json', ...login], { input }),
        image,
        'access-denied',
        /status 401, /,
      );
    }
  });

  test('for a registry that rejects the index', async () => {
    let isFull = false;
    const registry = await openRegistry({
      faults: ({ method, path }) =>
        isFull && method === 'PUT' && path.includes('/manifests/')
          ? {
              kind: 'status',
              status: 403,
              body: '{"errors":[{"code":"DENIED","message":"the quota is used up"}]}',
            }
          : undefined,
    });
    await pushImage(storeOf(registry), { tag: 'v1' });
    isFull = true;
    const image = `${registry.host}/${repository}:v1`;
    expectFailure(
      await run([image, '--json', ...everyLayer]),
      image,
      'access-denied',
      /^PUT http:.*\/manifests\/sha256:[0-9a-f]{64}: status 403, DENIED: the quota is used up \(attempt 1\)$/,
    );
    expect(await storeOf(registry).resolve('v1-soci')).toBeUndefined();
  });

  test('for an unreachable registry', async () => {
    expectFailure(
      await unreachable,
      `${deadHost}/${repository}:v1`,
      'registry-unavailable',
      /^GET http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/manifests\/v1: .*ECONNREFUSED.* \(attempt 6\)$/,
    );
  });

  test('for a layout with damaged files', async () => {
    const directory = join(folder, 'damaged');
    const store = new LayoutStore(directory);
    await pushImage(store, { tag: 'v1' });
    const { digest } = gzipLayer('a').descriptor;
    truncateSync(join(directory, 'blobs', 'sha256', digest.slice('sha256:'.length)), 50);
    const image = `oci:${directory}:v1`;
    const sentence = new RegExp(`^content ${digest}: ends after 50 of the`);
    expectFailure(await run([image, '--json', ...everyLayer]), image, 'layer-damaged', sentence);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
  });

  test.each([
    ['for a missing layout', 'nowhere:v1', /the directory .*nowhere is missing/],
    ['for a tag missing from a layout', 'layout:v9', /has no tag v9$/],
  ])('%s', async (_title, name, sentence) => {
    await pushImage(new LayoutStore(join(folder, 'layout')), { tag: 'v1' });
    const image = `oci:${join(folder, name)}`;
    expectFailure(await run([image, '--json']), image, 'not-found', sentence);
  });

  test('without --json prints nothing on stdout', async () => {
    const { exitCode, stdout, stderr } = await run([`oci:${join(folder, 'nowhere')}:v1`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^soci-index: the directory .*nowhere is missing\n$/);
  });
});

describe('invalid usage exits with 2 and an error, before anything is read', () => {
  const fine = 'registry.invalid/team/app:v1';
  const layout = join(folder, 'usage');

  beforeAll(async () => {
    await pushImage(new LayoutStore(layout), { tag: 'v1' });
    cpSync(layout, `${layout}-empty`, { recursive: true });
    writeFileSync(
      join(`${layout}-empty`, 'index.json'),
      JSON.stringify({ schemaVersion: 2, mediaType: ociTypes.index, manifests: [] }),
    );
  });

  test.each<[string, readonly string[], RegExp]>([
    ['for a missing image', [], /missing required argument/],
    ['for two images', [fine, fine], /too many arguments/],
    ['for an image without a registry', ['team/app:v1'], /expected REGISTRY\/REPO/],
    ['for an address with a scheme', ['https://registry.invalid/app:v1'], /write it without https:\/\//],
    [
      'for a repository in upper case',
      ['registry.invalid/Team/app:v1'],
      /"Team\/app" is not a valid repository name/,
    ],
    ['for an invalid tag', ['registry.invalid/team/app:-v1'], /"-v1" is not a valid tag/],
    ['for an invalid digest', ['registry.invalid/team/app@sha256:12'], /expected sha256: and 64/],
    ['for a layout without a path', ['oci:'], /oci:DIR/],
    ['for an unknown index version', [fine, '--index-version', 'v3'], /Allowed choices are v1, v2/],
    ['for an invalid platform', [fine, '--platform', 'linux'], /expected OS\/ARCH/],
    ['for a size with a unit', [fine, '--min-layer-size', '10MB'], /number of bytes/],
    ['for a negative span size', [fine, '--span-size=-1'], /number of bytes/],
    ['for a span size below the limit', [fine, '--span-size', '65535'], /Expected 65536 to 1073741824 bytes/],
    [
      'for a span size above the limit',
      [fine, '--span-size', '1073741825'],
      /Expected 65536 to 1073741824 bytes/,
    ],
    [
      'for both a target tag and a suffix',
      [fine, '--target-tag', 'a', '--tag-suffix', '-soci'],
      /--target-tag and --tag-suffix cannot be used together/,
    ],
    [
      'for a target tag with V1',
      [fine, '--target-tag', 'a', '--index-version', 'v1'],
      /--target-tag has no effect with --index-version v1/,
    ],
    [
      'for a suffix with V1',
      [fine, '--tag-suffix', '-x', '--index-version', 'v1'],
      /--tag-suffix has no effect with --index-version v1/,
    ],
    ['for an invalid target tag', [fine, '--target-tag', '.x'], /"\.x" is not a valid tag/],
    [
      'for a suffix that makes an invalid tag',
      [fine, '--tag-suffix', ' soci'],
      /"v1 soci" is not a valid tag/,
    ],
    ['for a suffix that makes a tag too long', [fine, '--tag-suffix', 'x'.repeat(127)], /1 to 128/],
    ['for a user name without a password', [fine, '--username', 'x'], /must be used together/],
    ['for a password without a user name', [fine, '--password-stdin'], /must be used together/],
    ['for an unknown option', [fine, '--fast'], /unknown option '--fast'/],
    ['for a layout without an image', [`oci:${layout}-empty`], /contains no image/],
    [
      'for a platform missing from the image',
      [`oci:${layout}:v1`, '--platform', 'linux/riscv64'],
      /the image has no manifest for linux\/riscv64: it has linux\/amd64/,
    ],
  ])('%s', async (_title, args, sentence) => {
    const { exitCode, stdout, stderr } = await run([...args, '--json'], { input: 'x' });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});

afterAll(() => {
  const all = outputs.join('\n');
  for (const secret of secrets) expect(all).not.toContain(secret);
  // The local registry's tokens and upload sessions are UUIDs, and its redirects are signed.
  expect(all).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|X-Amz-Signature/);
  expect(outputs.length).toBeGreaterThan(80);
});
