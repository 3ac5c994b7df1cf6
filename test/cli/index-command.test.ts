import { cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { explain, type FailureReason } from '../../lambda-src/core/reasons.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Descriptor } from '../../lambda-src/core/oci/descriptor.ts';
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
/** As it must not be seen anywhere, also not in base64. */
const password = 'correct-horse/battery+staple';
const secrets = [
  password,
  encodeURIComponent(password),
  Buffer.from(`${username}:${password}`).toString('base64'),
  ecrWays.access.password,
  Buffer.from(`AWS:${ecrWays.access.password}`).toString('base64'),
];
const outputs: string[] = [];

/** Runs `soci-index index` with a Docker config that knows nobody, unless the environment names one. */
async function run(
  args: readonly string[],
  { environment = {}, input = '' }: { environment?: Record<string, string>; input?: string } = {},
): Promise<Finished> {
  const finished = await runSociIndex(['index', ...args], { DOCKER_CONFIG: folder, ...environment }, input);
  outputs.push(finished.stdout, finished.stderr);
  return finished;
}

/** The lines of stderr that are not progress. */
function complaintsOf({ stderr }: Finished): readonly string[] {
  return stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !/^(reading \d+ layers?, |sha256:[0-9a-f]{12} {2})/.test(line));
}

/** A report without the time it took, which must be a number. */
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
  test('is indexed, and one JSON object says so', async () => {
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

  test('with a tag that moved ends as superseded, and with 0', async () => {
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

  test('with layers that are all small is skipped by default, and with 0', async () => {
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

  test('is indexed in ECR’s ways, and the second time nothing is left to do', async () => {
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

  test('does not move an immutable tag, and says so', async () => {
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
    'is reached with what docker login has stored: %s',
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

  test('keeps the index of another builder, with a warning on stderr', async () => {
    const registry = await openRegistry();
    await pushImage(storeOf(registry), { tag: 'v1' });
    const args = [`${registry.host}/${repository}:v1`, '--index-version', 'v1', '--json', ...everyLayer];
    const theirs = reportOf(await run([...args, '--build-tool-identifier', 'another']));

    const finished = await run(args);

    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toMatchObject({ status: 'already-indexed', digest: theirs['digest'] });
    expect(complaintsOf(finished)).toEqual([
      `warning: linux/amd64: the SOCI index ${String(theirs['digest'])} of another builder stays`,
    ]);
  });
});

describe('a layer whose zTOC an image at another tag has', () => {
  const base = gzipLayer('base');

  async function pushTwoTags(store: Parameters<typeof pushImage>[0]): Promise<void> {
    await pushImage(store, { tag: 'v9', layers: [base, gzipLayer('app 9')] });
    await pushImage(store, { tag: 'v10', layers: [base, gzipLayer('app 10')] });
  }

  test.each([
    { version: 'v2', args: [], statuses: ['reused', 'indexed'], refused: false },
    { version: 'v1', args: [], statuses: ['reused', 'indexed'], refused: false },
    { version: 'v2', args: ['--no-reuse'], statuses: ['indexed', 'indexed'], refused: false },
    // Where a registry does not list its tags, there is nothing to be guessed from.
    { version: 'v2', args: [], statuses: ['indexed', 'indexed'], refused: true },
  ])('by $version with $args is $statuses.0, tags refused: $refused', async (given) => {
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

  test('is not read in a layout, which is told in words', async () => {
    const directory = join(folder, 'two-tags');
    await pushTwoTags(new LayoutStore(directory));
    await run([`oci:${directory}:v9`, ...everyLayer]);
    const { stdout } = await run([`oci:${directory}:v10`, ...everyLayer]);
    expect(stdout).toMatch(/, 2 of 2 layers indexed, 1 of them with reused zTOCs\n/);
  });
});

describe('an image in a layout', () => {
  let layouts = 0;

  /** A layout with an image of two platforms, `v1`. */
  async function makeLayout(): Promise<{ directory: string; store: LayoutStore }> {
    const directory = join(folder, `layout-${++layouts}`);
    const store = new LayoutStore(directory);
    const amd64 = await pushImage(store);
    const arm64 = await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
    return { directory, store };
  }

  test('is its only one where no tag is given', async () => {
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

  test('must be named where there are several, whose names are told', async () => {
    const { directory, store } = await makeLayout();
    await pushImage(store, { tag: 'v2' });
    const finished = await run([`oci:${directory}`, '--json']);
    expect(finished).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `soci-index: oci:${directory} contains 2 images: add one of :v1 :v2 to its name\n`,
    });
  });

  test('gets a SOCI index V1 for each platform that is asked for, and no tag', async () => {
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

  test('is written by digest only where it was named by digest, unless a target tag is given', async () => {
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

  test('gets the tag that its suffix makes, or the one that is given whole', async () => {
    const { directory, store } = await makeLayout();
    await run([`oci:${directory}:v1`, '--tag-suffix', '_fast', ...everyLayer]);
    await run([`oci:${directory}:v1`, '--target-tag', 'v1-whole', ...everyLayer]);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1', 'v1_fast', 'v1-whole']);
  });

  test('is left as it was by a dry run, whose report is the real one but for its status', async () => {
    const { directory } = await makeLayout();
    const filesBefore = readdirSync(directory, { recursive: true });
    const args = [`oci:${directory}:v1`, '--json', ...everyLayer];
    const dry = reportOf(await run([...args, '--dry-run']));
    expect(dry['status']).toBe('dry-run');
    expect(readdirSync(directory, { recursive: true })).toEqual(filesBefore);
    expect(reportOf(await run(args))).toEqual({ ...dry, status: 'indexed' });
  });

  test('is told of in words where JSON is not asked for', async () => {
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

  test('has zTOCs with the spans and the build tool that were asked for', async () => {
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

describe('a failure ends with 1, one sentence on stderr, and an object that says the same', () => {
  /** An address at which nobody listens: a port that was just given back may be somebody else's by now. */
  const nobody = '127.0.0.1:1';
  /** Its answer is awaited for some seconds: a registry may be about to start. */
  let unreachable: Promise<Finished>;

  beforeAll(() => {
    unreachable = run([`${nobody}/${repository}:v1`, '--json']);
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
    // Below it there may be advice.
    const [complaint, ...advice] = complaintsOf(finished);
    expect(complaint).toBe(`soci-index: ${String(message)}`);
    expect(advice.filter((line) => !line.startsWith('  '))).toEqual([]);
  }

  test.each<[string, (registry: LocalRegistry) => Promise<string>, FailureReason, RegExp]>([
    [
      'a tag that does not exist',
      () => Promise.resolve(`${repository}:v2`),
      'not-found',
      /\/v2\/team\/app\/manifests\/v2: .*there is no manifest v2$/,
    ],
    [
      'a repository that does not exist',
      () => Promise.resolve('team/other:v1'),
      'not-found',
      /there is no manifest v1$/,
    ],
    [
      'a layer that is shorter than its manifest says',
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
      'a layer of other bytes',
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
      'a gzip stream that was cut off before it was pushed',
      async (registry) => {
        const layer = blobOf(gzipOf(tarOf('a')).subarray(0, -20), ociTypes.gzip);
        await pushImage(storeOf(registry), { tag: 'v1', layers: [gzipLayer('b'), layer, gzipLayer('c')] });
        return `${repository}:v1`;
      },
      'layer-damaged',
      /^gzip: layer sha256:[0-9a-f]{64}: the stream ends in the middle \(at byte \d+\)$/,
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

  test('several damaged layers at once', async () => {
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
    ['no password', [], ''],
    ['a wrong password', ['--username', username, '--password-stdin'], `wrong-${password}`],
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

  test('a registry that refuses to take the index', async () => {
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

  test('a registry that cannot be reached', async () => {
    expectFailure(
      await unreachable,
      `${nobody}/${repository}:v1`,
      'registry-unavailable',
      /^GET http:\/\/127\.0\.0\.1:\d+\/v2\/team\/app\/manifests\/v1: .*ECONNREFUSED.* \(attempt 6\)$/,
    );
  });

  test('a layout with damaged files', async () => {
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
    ['a layout that is not there', 'nowhere:v1', /the directory .*nowhere is missing/],
    ['a tag that a layout does not have', 'layout:v9', /has no tag v9$/],
  ])('%s', async (_title, name, sentence) => {
    await pushImage(new LayoutStore(join(folder, 'layout')), { tag: 'v1' });
    const image = `oci:${join(folder, name)}`;
    expectFailure(await run([image, '--json']), image, 'not-found', sentence);
  });

  test('without JSON nothing is on stdout', async () => {
    const { exitCode, stdout, stderr } = await run([`oci:${join(folder, 'nowhere')}:v1`]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
    expect(stderr).toMatch(/^soci-index: the directory .*nowhere is missing\n$/);
  });
});

describe('wrong usage ends with 2 and a sentence, before anything is read', () => {
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
    ['no image', [], /missing required argument/],
    ['two images', [fine, fine], /too many arguments/],
    ['an image without a registry', ['team/app:v1'], /expected REGISTRY\/REPO/],
    ['an address with its scheme', ['https://registry.invalid/app:v1'], /write it without https:\/\//],
    [
      'a repository with capitals',
      ['registry.invalid/Team/app:v1'],
      /"Team\/app" is not a valid repository name/,
    ],
    ['an invalid tag', ['registry.invalid/team/app:-v1'], /"-v1" is not a valid tag/],
    ['an invalid digest', ['registry.invalid/team/app@sha256:12'], /expected sha256: and 64/],
    ['a layout without a name', ['oci:'], /oci:DIR/],
    ['an unknown index version', [fine, '--index-version', 'v3'], /Allowed choices are v1, v2/],
    ['an invalid platform', [fine, '--platform', 'linux'], /expected OS\/ARCH/],
    ['a size in words', [fine, '--min-layer-size', '10MB'], /number of bytes/],
    ['a negative span size', [fine, '--span-size=-1'], /number of bytes/],
    ['a span size below the limit', [fine, '--span-size', '65535'], /Expected 65536 to 1073741824 bytes/],
    [
      'a span size above the limit',
      [fine, '--span-size', '1073741825'],
      /Expected 65536 to 1073741824 bytes/,
    ],
    [
      'a target tag and a suffix',
      [fine, '--target-tag', 'a', '--tag-suffix', '-soci'],
      /--target-tag and --tag-suffix cannot be used together/,
    ],
    [
      'a target tag with V1',
      [fine, '--target-tag', 'a', '--index-version', 'v1'],
      /--target-tag has no effect with --index-version v1/,
    ],
    [
      'a suffix with V1',
      [fine, '--tag-suffix', '-x', '--index-version', 'v1'],
      /--tag-suffix has no effect with --index-version v1/,
    ],
    ['an invalid target tag', [fine, '--target-tag', '.x'], /"\.x" is not a valid tag/],
    ['a suffix that makes no tag', [fine, '--tag-suffix', ' soci'], /"v1 soci" is not a valid tag/],
    ['a suffix that makes a tag too long', [fine, '--tag-suffix', 'x'.repeat(127)], /1 to 128/],
    ['a user name alone', [fine, '--username', 'x'], /must be used together/],
    ['a password alone', [fine, '--password-stdin'], /must be used together/],
    ['an option that there is not', [fine, '--fast'], /unknown option '--fast'/],
    ['a layout without an image', [`oci:${layout}-empty`], /contains no image/],
    [
      'a platform that the image does not have',
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
  // Tokens and upload sessions are such numbers here, redirects carry signatures.
  expect(all).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|X-Amz-Signature/);
  expect(outputs.length).toBeGreaterThan(80);
});
