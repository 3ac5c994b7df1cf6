// soci-index wait as a pipeline runs it.
import { spawn } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';
import { explain } from '../../lambda-src/core/reasons.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { commandLinePath, type Finished, runSociIndex } from '../helpers/command-line.ts';
import { gzipLayer, pushImage, pushIndex, linuxAmd64, linuxArm64 } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { openStore, repository, useRegistries } from '../registry/registries.ts';

const folder = makeTemporaryFolder();
const openRegistry = useRegistries();

const everyLayer = ['--min-layer-size', '0'];
const quickly = ['--interval', '0.1', '--timeout', '300'];

function nameOf({ host }: LocalRegistry, rest = ':v1'): string {
  return `${host}/${repository}${rest}`;
}

/** With a Docker config that knows nobody. */
function run(args: readonly string[]): Promise<Finished> {
  return runSociIndex(args, { DOCKER_CONFIG: folder });
}

const index = (name: string, ...args: readonly string[]) => run(['index', name, ...everyLayer, ...args]);
const wait = (name: string, ...args: readonly string[]) => run(['wait', name, ...everyLayer, ...args]);

/** A report without the time it took, which must be a number. */
function reportOf({ stdout }: Finished): Record<string, unknown> {
  expect(stdout.endsWith('}\n')).toBe(true);
  const { seconds, ...report } = JSON.parse(stdout) as Record<string, unknown>;
  expect(seconds).toEqual(expect.any(Number));
  return report;
}

describe('wait', () => {
  test('that begins before the index is built prints its digest alone when it is there', async () => {
    const registry = await openRegistry({ immutableTags: false });
    const store = openStore(registry);
    await pushImage(store, { tag: 'v1' });
    const name = nameOf(registry);
    const child = spawn(process.execPath, [commandLinePath, 'wait', name, ...everyLayer, ...quickly], {
      env: { ...process.env, DOCKER_CONFIG: folder },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
    const isWaiting = new Promise<void>((resolve) => {
      child.stderr.on('data', (piece: Buffer) => {
        stderr += piece.toString();
        if (stderr.includes('there is no tag v1-soci\n')) resolve();
      });
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await isWaiting;
    expect(stdout).toBe('');
    await index(name);
    expect(await ended).toBe(0);
    const digest = (await store.resolve('v1-soci'))!.digest;
    expect(stdout).toBe(`${digest}\n`);
    expect(stderr).toMatch(
      /^waiting for the tag v1-soci, the indexed image of \S+:v1, at most 300 s\nthere is no tag v1-soci\nindexed: \S+:v1, after [\d.]+ s\n$/,
    );
  });

  test('prints one JSON object with --json, for any span size and build tool', async () => {
    const registry = await openRegistry({ immutableTags: false });
    const store = openStore(registry);
    const source = await pushImage(store, { tag: 'v1' });
    const others = ['--span-size', '65536', '--build-tool-identifier', 'another'];
    await index(nameOf(registry), '--target-tag', 'deploy', ...others);
    const finished = await wait(nameOf(registry), '--target-tag', 'deploy', '--json');
    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toEqual({
      image: nameOf(registry),
      status: 'indexed',
      sourceDigest: source.digest,
      digest: (await store.resolve('deploy'))!.digest,
      tag: 'deploy',
    });
  });

  test('with V1 prints the digest of the image, which stays the one to deploy', async () => {
    const registry = await openRegistry({ immutableTags: false });
    const { digest } = await pushImage(openStore(registry), { tag: 'v1' });
    await index(nameOf(registry), '--index-version', 'v1');
    const finished = await wait(nameOf(registry, `@${digest}`), '--index-version', 'v1', '--json');
    expect(finished.exitCode).toBe(0);
    expect(reportOf(finished)).toEqual({
      image: nameOf(registry, `@${digest}`),
      status: 'indexed',
      sourceDigest: digest,
      digest,
    });
  });

  test('asks for the platforms that it is told', async () => {
    const registry = await openRegistry({ immutableTags: false });
    const store = openStore(registry);
    const entries = [
      await pushImage(store, { layers: [gzipLayer('a')], platform: linuxAmd64 }),
      await pushImage(store, { layers: [gzipLayer('b')], platform: linuxArm64 }),
    ];
    await pushIndex(store, entries, { tag: 'v1' });
    await index(nameOf(registry), '--platform', 'linux/amd64');
    const [some, all] = await Promise.all([
      wait(nameOf(registry), '--timeout', '0'),
      wait(nameOf(registry), '--timeout', '0', '--platform', 'linux/amd64', '--platform', 'linux/arm64'),
    ]);
    expect(some.exitCode).toBe(0);
    expect(all).toMatchObject({ exitCode: 1, stdout: '' });
    expect(all.stderr).toMatch(/^failed \(platform-not-indexed\): .*: linux\/arm64$/m);
  });

  test('of an image of small layers prints its own digest at once, with 0 and the reason', async () => {
    const registry = await openRegistry();
    const { digest } = await pushImage(openStore(registry), { tag: 'v1' });
    const [words, json] = await Promise.all([
      run(['wait', nameOf(registry)]),
      run(['wait', nameOf(registry), '--json']),
    ]);
    expect(words).toMatchObject({ exitCode: 0, stdout: `${digest}\n` });
    expect(words.stderr).toContain(`skipped (no-layer-to-index): ${nameOf(registry)} gets no index: `);
    expect(json.exitCode).toBe(0);
    expect(reportOf(json)).toEqual({
      image: nameOf(registry),
      status: 'skipped',
      ...explain('no-layer-to-index'),
      sourceDigest: digest,
      digest,
    });
  });

  test('that is in vain ends with 1, no digest, and where to look next', async () => {
    const registry = await openRegistry();
    const { digest } = await pushImage(openStore(registry), { tag: 'v1' });
    const args = ['--interval', '1', '--timeout', '5'];
    const [words, json] = await Promise.all([
      wait(nameOf(registry), ...args),
      wait(nameOf(registry), ...args, '--json'),
    ]);
    expect(words).toMatchObject({ exitCode: 1, stdout: '' });
    expect(words.stderr).toMatch(
      /timed out after [\d.]+ s \(not-indexed-yet\): \S+:v1: .*: there is no tag v1-soci\. Check\n/,
    );
    for (const place of ['filter function', 'generator function', 'dead-letter queue', '--timeout']) {
      expect(words.stderr).toContain(place);
    }
    expect(json.exitCode).toBe(1);
    expect((JSON.parse(json.stdout) as { readonly seconds: number }).seconds).toBeGreaterThanOrEqual(5);
    expect(reportOf(json)).toEqual({
      image: nameOf(registry),
      status: 'timed-out',
      ...explain('not-indexed-yet', 'there is no tag v1-soci'),
      sourceDigest: digest,
    });
  });

  test('for an image whose tag has moved ends with 1 and no digest, so that no script deploys nothing', async () => {
    const registry = await openRegistry({ immutableTags: false });
    const store = openStore(registry);
    const first = await pushImage(store, { tag: 'v1', layers: [gzipLayer('a')] });
    const second = await pushImage(store, { tag: 'v1', layers: [gzipLayer('b')] });
    const name = nameOf(registry, `:v1@${first.digest}`);
    const [words, json] = await Promise.all([wait(name), wait(name, '--json')]);
    expect(words).toMatchObject({ exitCode: 1, stdout: '' });
    expect(words.stderr).toContain(`: the tag now points to another image: v1 is ${second.digest}. `);
    expect(json.exitCode).toBe(1);
    expect(reportOf(json)).toMatchObject({ status: 'superseded', sourceDigest: first.digest });
    expect(reportOf(json)).not.toHaveProperty('digest');
  });

  test('for what does not exist ends with 1, in JSON too', async () => {
    const registry = await openRegistry();
    const finished = await wait(nameOf(registry), '--timeout', '0', '--json');
    expect(finished.exitCode).toBe(1);
    expect(reportOf(finished)).toEqual({
      image: nameOf(registry),
      status: 'failed',
      reason: 'not-found',
      message: expect.stringContaining('there is no manifest v1') as unknown,
    });
  });

  test('takes an OCI layout, which somebody else indexes', async () => {
    const directory = `${folder}/layout`;
    const layout = new LayoutStore(directory);
    await pushImage(layout, { tag: 'v1' });
    await index(`oci:${directory}:v1`);
    const { exitCode, stdout } = await wait(`oci:${directory}:v1`, '--timeout', '0');
    expect(exitCode).toBe(0);
    expect(stdout).toBe(`${(await layout.resolve('v1-soci'))!.digest}\n`);
  });

  const fine = '127.0.0.1:1/app:v1';
  test.each<readonly [string, readonly string[], RegExp]>([
    [
      'a digest without a tag to wait at',
      [`127.0.0.1:1/app@sha256:${'a'.repeat(64)}`],
      /or give --target-tag/,
    ],
    ['an invalid tag', [fine, '--target-tag', 'a b'], /"a b" is not a valid tag/],
    ['no number of seconds', [fine, '--timeout', '5m'], /number of seconds/],
    ['no time between two looks', [fine, '--interval', '0'], /at least 0\.1 seconds/],
    ['an invalid version', [fine, '--index-version', 'v3'], /Allowed choices are v1, v2/],
    ['no image', [], /missing required argument 'image'/],
  ])('with %s is wrong usage', async (_, args, words) => {
    const finished = await run(['wait', ...args]);
    expect(finished).toMatchObject({ exitCode: 2, stdout: '' });
    expect(finished.stderr).toMatch(words);
  });
});
