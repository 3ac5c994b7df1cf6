// index with archives, with --output, and with what it says to the next command of a pipeline.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ArchiveStore } from '../../lambda-src/content/archive-store.ts';
import { ArchiveWriter } from '../../lambda-src/content/archive-writer.ts';
import type { ContentReader, ContentStore } from '../../lambda-src/content/content-store.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { readAll } from '../content/sample-content.ts';
import { type Finished, runSociIndex } from '../helpers/command-line.ts';
import {
  gzipLayer,
  linuxAmd64,
  linuxArm64,
  ociTypes,
  pushAttestation,
  pushImage,
  pushIndex,
} from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { useRegistries } from '../registry/registries.ts';

// A process for each run: on a busy machine each takes a second.
jest.setTimeout(60_000);

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();
const repository = 'team/app';
const everyLayer = ['--min-layer-size', '0'];
let home = '';
let runs = 0;

beforeEach(() => {
  home = join(folder, `${runs++}`);
  mkdirSync(home);
});

function run(args: readonly string[]): Promise<Finished> {
  return runSociIndex(['index', ...args], { DOCKER_CONFIG: folder });
}

const storeOf = ({ host }: LocalRegistry) => new RegistryStore({ registry: host, repository });

/** Two platforms, a layer that is in both, one that is not indexed, and what BuildKit says of the image. */
async function pushSample(store: ContentStore, tag?: string): Promise<string> {
  const shared = gzipLayer('shared');
  const amd64 = await pushImage(store, {
    platform: linuxAmd64,
    layers: [shared, gzipLayer('amd64'), gzipLayer('zstd', ociTypes.zstd)],
  });
  const arm64 = await pushImage(store, { platform: linuxArm64, layers: [shared, gzipLayer('arm64')] });
  const attestation = await pushAttestation(store, amd64);
  return pushIndex(store, [amd64, arm64, attestation], tag === undefined ? {} : { tag });
}

async function writeArchive(path: string, push: (store: ArchiveWriter) => Promise<unknown>): Promise<void> {
  const writer = await ArchiveWriter.create(path);
  await push(writer);
  await writer.commit();
}

interface Listed {
  readonly mediaType: string;
  readonly digest: `sha256:${string}`;
  readonly size: number;
}

/** Every digest that a manifest leads to. @throws NotFoundError if one is not there. */
async function readWhole(store: ContentReader, reference: string): Promise<readonly string[]> {
  const { digest, bytes } = await store.fetchManifest(reference);
  const {
    manifests = [],
    config,
    layers = [],
  } = JSON.parse(Buffer.from(bytes).toString()) as {
    manifests?: readonly Listed[];
    config?: Listed;
    layers?: readonly Listed[];
  };
  const blobs = config === undefined ? layers : [config, ...layers];
  for (const blob of blobs) await readAll(store.fetchBlob(blob));
  const found: string[] = [digest, ...blobs.map((blob) => blob.digest)];
  for (const entry of manifests) found.push(...(await readWhole(store, entry.digest)));
  return found.toSorted();
}

describe('an archive', () => {
  test('is indexed to another archive, which equals indexing in a registry digest for digest', async () => {
    const registry = await openRegistry();
    await pushSample(storeOf(registry), 'v1');
    const inRegistry = await run([`${registry.host}/${repository}:v1`, '--json', ...everyLayer]);
    const { digest } = JSON.parse(inRegistry.stdout) as { digest: string };

    const [image, indexed] = [join(home, 'image.tar'), join(home, 'indexed.tar')];
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    const before = readFileSync(image);
    const finished = await run([
      `oci-archive:${image}`,
      '--output',
      `oci-archive:${indexed}`,
      '--json',
      ...everyLayer,
    ]);

    expect([finished.exitCode, JSON.parse(finished.stdout)]).toEqual([
      0,
      expect.objectContaining({
        image: `oci-archive:${image}:v1`,
        status: 'indexed',
        digest,
        tag: 'v1-soci',
        output: `oci-archive:${indexed}:v1-soci`,
      }),
    ]);
    expect(readFileSync(image).equals(before)).toBe(true);
    const store = await ArchiveStore.open(indexed);
    expect(await readWhole(store, 'v1-soci')).toEqual(await readWhole(storeOf(registry), 'v1-soci'));
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1-soci']);
    await store.close();
  });

  test('without --output is wrong usage, and nothing is written', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    const { exitCode, stdout, stderr } = await run([`oci-archive:${image}`, ...everyLayer]);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /an archive is never modified\. Add --output oci-archive:FILE or --output oci:DIR/,
    );
    expect(readdirSync(home)).toEqual(['image.tar']);
  });

  test('tells what would come of it with --dry-run', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    const finished = await run([`oci-archive:${image}`, '--dry-run', '--json', ...everyLayer]);
    expect([finished.exitCode, JSON.parse(finished.stdout)]).toEqual([
      0,
      expect.objectContaining({ status: 'dry-run' }),
    ]);
    expect(readdirSync(home)).toEqual(['image.tar']);
  });

  test('cannot be its own output', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    const before = readFileSync(image);
    const { exitCode, stderr } = await run([
      `oci-archive:${image}`,
      '--output',
      `oci-archive:${home}/./image.tar`,
    ]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/it is the archive that is read/);
    expect(readFileSync(image).equals(before)).toBe(true);
  });

  test('of docker save is indexed, with a note', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    // What docker save has beside the layout: here at the end of the tar.
    const tar = readFileSync(image);
    const extra = join(home, 'extra');
    mkdirSync(extra);
    writeFileSync(join(extra, 'manifest.json'), '[]');
    expect(spawnSync('tar', ['-C', extra, '-rf', image, 'manifest.json']).status).toBe(0);
    expect(readFileSync(image).length).toBeGreaterThan(tar.length);
    const finished = await run([
      `oci-archive:${image}`,
      '--output',
      `oci:${home}/out`,
      '--json',
      ...everyLayer,
    ]);
    const { status, warnings } = JSON.parse(finished.stdout) as { status: string; warnings: string[] };
    expect([finished.exitCode, status]).toEqual([0, 'indexed']);
    expect(warnings).toEqual([expect.stringMatching(/docker push may push layers that differ/)]);
    expect(finished.stderr).toContain(`warning: ${warnings[0]!}\n`);
  });

  test('that Podman wrote is found by the tag of its whole reference', async () => {
    const directory = join(home, 'layout');
    const store = new LayoutStore(directory);
    await pushSample(store, 'v1');
    const index = readFileSync(join(directory, 'index.json'), 'utf8');
    writeFileSync(join(directory, 'index.json'), index.replace('"v1"', '"localhost/team/app:v1"'));
    for (const name of [`oci:${directory}`, `oci:${directory}:v1`]) {
      const finished = await run([name, '--json', '--dry-run', ...everyLayer]);
      expect([finished.exitCode, JSON.parse(finished.stdout)]).toEqual([
        0,
        expect.objectContaining({ image: `oci:${directory}:v1`, tag: 'v1-soci' }),
      ]);
    }
  });

  test.each([
    [
      'damaged',
      (path: string) => {
        writeFileSync(path, readFileSync(path).subarray(0, -1024));
      },
      1,
      /ends without an end marker/,
    ],
    [
      'missing',
      (path: string) => {
        writeFileSync(`${path}.x`, '');
      },
      1,
      /the file .* is missing/,
    ],
  ])('that is %s ends with 1', async (title, spoil, code, sentence) => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    spoil(image);
    const name = title === 'missing' ? `${image}.none` : image;
    const { exitCode, stderr } = await run([`oci-archive:${name}`, '--output', `oci:${home}/out`]);
    expect([exitCode, stderr]).toEqual([code, expect.stringMatching(sentence)]);
    expect(existsSync(join(home, 'out'))).toBe(false);
  });

  test('of docker-archive: is wrong usage, with what to do', async () => {
    const { exitCode, stderr } = await run(['docker-archive:image.tar', '--output', `oci:${home}/out`]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/name it oci-archive:FILE/)]);
  });
});

describe('--output', () => {
  test('gets the whole image from a registry, each layer downloaded once, and nothing is pushed', async () => {
    const registry = await openRegistry();
    await pushSample(storeOf(registry), 'v1');
    const before = registry.log.length;
    const finished = await run([
      `${registry.host}/${repository}:v1`,
      '--output',
      `oci:${home}/out:next`,
      ...everyLayer,
    ]);
    expect(finished.exitCode).toBe(0);
    expect(finished.stdout).toContain(`  written to oci:${home}/out:next\n`);
    const requests = registry.log.slice(before);
    expect(requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([]);
    const blobs = requests
      .filter(({ method, path }) => method === 'GET' && path.includes('/blobs/'))
      .map(({ path }) => path);
    const layers = ['shared', 'amd64', 'arm64'].map((name) => gzipLayer(name).descriptor.digest);
    for (const digest of layers) expect(blobs.filter((path) => path.endsWith(digest))).toHaveLength(1);
    const store = new LayoutStore(join(home, 'out'));
    const whole = await readWhole(store, 'next');
    for (const digest of [...layers, gzipLayer('zstd', ociTypes.zstd).descriptor.digest])
      expect(whole).toContain(digest);
  });

  test('to a layout that is there adds an entry', async () => {
    const directory = join(home, 'out');
    const store = new LayoutStore(directory);
    await pushImage(store, { tag: 'other' });
    const image = join(home, 'image.tar');
    await writeArchive(image, (writer) => pushSample(writer, 'v1'));
    const { exitCode } = await run([`oci-archive:${image}`, '--output', `oci:${directory}`, ...everyLayer]);
    expect(exitCode).toBe(0);
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['other', 'v1-soci']);
  });

  test('to the tag of another image fails, and leaves it', async () => {
    const directory = join(home, 'out');
    const store = new LayoutStore(directory);
    const { digest } = await pushImage(store, { tag: 'v1' });
    const image = join(home, 'image.tar');
    await writeArchive(image, (writer) => pushSample(writer, 'v1'));
    const { exitCode, stderr } = await run([
      `oci-archive:${image}`,
      '--output',
      `oci:${directory}:v1`,
      ...everyLayer,
    ]);
    expect([exitCode, stderr]).toEqual([2, expect.stringMatching(/is another image and is not overwritten/)]);
    expect((await store.resolve('v1'))?.digest).toBe(digest);
  });

  test('replaces an archive whole when the image is indexed, and leaves it when that fails', async () => {
    const [image, indexed] = [join(home, 'image.tar'), join(home, 'indexed.tar')];
    writeFileSync(indexed, 'old');
    await writeArchive(image, (store) => pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] }));
    const damaged = readFileSync(image);
    damaged.fill(
      0x55,
      damaged.indexOf(gzipLayer('a').bytes) + 30,
      damaged.indexOf(gzipLayer('a').bytes) + 40,
    );
    writeFileSync(join(home, 'damaged.tar'), damaged);
    const failed = await run([
      `oci-archive:${home}/damaged.tar`,
      '--output',
      `oci-archive:${indexed}`,
      ...everyLayer,
    ]);
    expect(failed.exitCode).toBe(1);
    expect(readFileSync(indexed, 'utf8')).toBe('old');
    expect(readdirSync(home).toSorted()).toEqual(['damaged.tar', 'image.tar', 'indexed.tar']);
    const done = await run([`oci-archive:${image}`, '--output', `oci-archive:${indexed}`, ...everyLayer]);
    expect(done.exitCode).toBe(0);
    const store = await ArchiveStore.open(indexed);
    expect(await readWhole(store, 'v1-soci')).toContain(gzipLayer('a').descriptor.digest);
    await store.close();
  });

  test('gets the image as it is if nothing of it is indexed, so that it can be pushed in any case', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, (store) => pushSample(store, 'v1'));
    const finished = await run([`oci-archive:${image}`, '--output', `oci:${home}/out`, '--json']);
    expect([finished.exitCode, JSON.parse(finished.stdout)]).toEqual([
      0,
      expect.objectContaining({ status: 'skipped', output: `oci:${home}/out:v1-soci` }),
    ]);
    const [source, target] = [await ArchiveStore.open(image), new LayoutStore(join(home, 'out'))];
    expect(await readWhole(target, 'v1-soci')).toEqual(await readWhole(source, 'v1'));
    await source.close();
  });

  test('with V1 gets the image at its own tag, and its SOCI indexes, also those that were there', async () => {
    const layout = join(home, 'layout');
    await pushSample(new LayoutStore(layout), 'v1');
    const v1 = ['--index-version', 'v1', '--json', ...everyLayer];
    const first = await run([`oci:${layout}`, '--platform', 'linux/amd64', ...v1]);
    expect(first.exitCode).toBe(0);
    const finished = await run([`oci:${layout}`, '--output', `oci-archive:${home}/out.tar`, ...v1]);
    const { status, output, indexes } = JSON.parse(finished.stdout) as {
      status: string;
      output: string;
      indexes: readonly { digest: string }[];
    };
    expect([finished.exitCode, status, output]).toEqual([0, 'indexed', `oci-archive:${home}/out.tar:v1`]);
    const store = await ArchiveStore.open(join(home, 'out.tar'));
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual(['v1']);
    expect(indexes).toHaveLength(2);
    for (const { digest } of indexes) await readWhole(store, digest);
    const { manifests } = JSON.parse(Buffer.from((await store.fetchManifest('v1')).bytes).toString()) as {
      manifests: Listed[];
    };
    for (const { digest } of manifests.slice(0, 2)) expect(await store.listReferrers(digest)).toHaveLength(1);
    await store.close();
  });

  test('without any tag lists the image without one', async () => {
    const image = join(home, 'image.tar');
    await writeArchive(image, async (store) => {
      const { digest } = await pushImage(store);
      await store.addImage(await store.fetchManifest(digest));
    });
    const { exitCode } = await run([
      `oci-archive:${image}`,
      '--output',
      `oci-archive:${home}/out.tar`,
      ...everyLayer,
    ]);
    expect(exitCode).toBe(0);
    const store = await ArchiveStore.open(join(home, 'out.tar'));
    expect((await store.listImages()).map(({ tag }) => tag)).toEqual([undefined]);
    await store.close();
  });

  test.each<[string, string, readonly string[], RegExp]>([
    ['a registry', 'localhost:5000/app:v1', [], /expected oci:DIR\[:TAG\] or oci-archive:FILE/],
    ['a digest', `oci:out@sha256:${'0'.repeat(64)}`, [], /expected oci:DIR\[:TAG\] or oci-archive:FILE/],
    ['two tags', 'oci:out:a', ['--target-tag', 'b'], /--target-tag b and the tag a of --output differ/],
    ['a directory that is missing', 'oci-archive:none/out.tar', [], /its directory does not exist/],
    ['a device', 'oci-archive:/dev/null', [], /it exists and is not a regular file/],
  ])('to %s is wrong usage', async (_title, output, options, sentence) => {
    const layout = join(home, 'layout');
    await pushSample(new LayoutStore(layout), 'v1');
    const finished = await run([`oci:${layout}`, '--output', output, ...options, ...everyLayer]);
    expect([finished.exitCode, finished.stdout]).toEqual([2, '']);
    expect(finished.stderr).toMatch(sentence);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('--quiet and --digest-file', () => {
  const digestFile = () => join(home, 'digest');
  const digestIn = () => (existsSync(digestFile()) ? readFileSync(digestFile(), 'utf8') : undefined);

  test('say what to deploy: V2 the indexed image, again when it was already, V1 the image', async () => {
    const registry = await openRegistry();
    const store = storeOf(registry);
    const source = await pushSample(store, 'v1');
    const name = `${registry.host}/${repository}`;
    for (const [options, reference] of [
      [[], 'v1-soci'],
      [[], 'v1-soci'],
      [['--index-version', 'v1'], source],
    ] as const) {
      writeFileSync(digestFile(), 'old');
      const { exitCode, stdout, stderr } = await run([
        `${name}:v1`,
        '--quiet',
        '--digest-file',
        digestFile(),
        ...options,
        ...everyLayer,
      ]);
      const digest = (await store.resolve(reference))!.digest;
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 0,
        stdout: `${name}@${digest}\n`,
        stderr: '',
      });
      expect(digestIn()).toBe(digest);
    }
  });

  test('say the image itself if nothing of it is indexed', async () => {
    const registry = await openRegistry();
    const source = await pushSample(storeOf(registry), 'v1');
    const name = `${registry.host}/${repository}`;
    const { exitCode, stdout } = await run([`${name}:v1`, '-q', '--digest-file', digestFile()]);
    expect([exitCode, stdout, digestIn()]).toEqual([0, `${name}@${source}\n`, source]);
  });

  test('name what lies in --output by its digest', async () => {
    const layout = join(home, 'layout');
    await pushSample(new LayoutStore(layout), 'v1');
    const { stdout } = await run([
      `oci:${layout}`,
      '--quiet',
      '--output',
      `oci-archive:${home}/out.tar`,
      ...everyLayer,
    ]);
    const store = await ArchiveStore.open(join(home, 'out.tar'));
    const digest = (await store.resolve('v1-soci'))!.digest;
    expect(stdout).toBe(`oci-archive:${home}/out.tar@${digest}\n`);
    await store.close();
  });

  test.each([
    ['moved', 'superseded', 1, ''],
    ['dry', 'dry-run', 0, ''],
    ['missing', 'failed', 1, ''],
  ])('say nothing, and remove an old digest, if the image is %s (%s)', async (kind, status, code) => {
    const registry = await openRegistry();
    const name = `${registry.host}/${repository}:v1`;
    const { digest } = await pushImage(storeOf(registry), { tag: 'v1' });
    await pushImage(storeOf(registry), { tag: 'v1', layers: [gzipLayer('newer')] });
    const image = { moved: `${name}@${digest}`, dry: name, missing: `${registry.host}/${repository}:v2` }[
      kind
    ]!;
    const options = kind === 'dry' ? ['--dry-run', ...everyLayer] : everyLayer;
    writeFileSync(digestFile(), 'old');
    const quiet = await run([image, '--quiet', '--digest-file', digestFile(), ...options]);
    expect([quiet.exitCode, quiet.stdout, digestIn()]).toEqual([code, '', undefined]);
    if (code === 1) expect(quiet.stderr).not.toBe('');
    writeFileSync(digestFile(), 'old');
    const json = await run([image, '--json', '--digest-file', digestFile(), ...options]);
    expect([json.exitCode, (JSON.parse(json.stdout) as { status: string }).status, digestIn()]).toEqual([
      code,
      status,
      undefined,
    ]);
  });

  test.each<[string, readonly string[], RegExp]>([
    ['--quiet with --json', ['--quiet', '--json'], /'-q, --quiet' cannot be used with option '--json'/],
    ['a digest file that is a device', ['--digest-file', '/dev/null'], /it exists and is not a regular file/],
    ['a digest file without its directory', ['--digest-file', 'none/digest'], /its directory does not exist/],
  ])('%s is wrong usage', async (_title, options, sentence) => {
    const { exitCode, stdout, stderr } = await run(['registry.invalid/team/app:v1', ...options]);
    expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(sentence)]);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});
