import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { inputOptions } from '../../lambda-src/action/inputs.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipLayer, linuxArm64, ociTypes, pushImage, pushIndex } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { readInputNames, runStep, type Step } from './runner.ts';

// Each run starts a process that starts another one. On a busy machine, each takes a second.
jest.setTimeout(60_000);

const folder = makeTemporaryFolder();
const everyLayer = { 'min-layer-size': '0' };
const password = 'correct-horse/battery+staple';

describe('the GitHub Action', () => {
  let registry: LocalRegistry;
  let name: string;
  let store: RegistryStore;

  beforeAll(async () => {
    registry = await createLocalRegistry({ access: { scheme: 'basic', username: 'somebody', password } });
    name = `${registry.host}/team/app`;
    // As docker/login-action writes it.
    const auth = Buffer.from(`somebody:${password}`).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    const credentials = { kind: 'password', username: 'somebody', password } as const;
    store = new RegistryStore({
      registry: registry.host,
      repository: 'team/app',
      credentials: () => Promise.resolve(credentials),
    });
    const amd64 = await pushImage(store, { layers: [gzipLayer('a'), gzipLayer('z', ociTypes.zstd)] });
    const arm64 = await pushImage(store, { platform: linuxArm64, layers: [gzipLayer('b')] });
    await pushIndex(store, [amd64, arm64], { tag: 'v1' });
  });

  afterAll(() => registry.close());

  const annotationsOf = ({ commands }: Step) =>
    commands.filter(({ name: command }) => command === 'warning' || command === 'error');

  test('indexes an image and outputs the reference to deploy', async () => {
    const step = await runStep({ image: `${name}:v1`, ...everyLayer }, folder);
    const digest = (await store.resolve('v1-soci'))!.digest;
    const { json, ...outputs } = step.outputs;
    expect([step.exitCode, outputs]).toEqual([
      0,
      { digest, reference: `${name}@${digest}`, status: 'indexed' },
    ]);
    expect(JSON.parse(json!)).toMatchObject({ status: 'indexed', digest, tag: 'v1-soci' });
    expect(step.commands.map(({ name: command, data }) => [command, data])).toEqual([
      ['group', `soci-index index ${name}:v1`],
      ['endgroup', ''],
    ]);
    expect(step.log).toMatch(/reading 2 layers/);
    expect(step.log).not.toContain(password);
    expect(step.summary).toContain('<h3>SOCI index: <code>indexed</code></h3>');
    expect(step.summary).toContain(`Deploy <code>${name}@${digest}</code>`);
    const rows = step.summary.match(/<tr><td>.*<\/tr>/g)!;
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatch(
      /<code>linux\/amd64<\/code>.*<code>sha256:[0-9a-f]{64}<\/code>.*indexed.* KiB<.*>1<.*>1</,
    );
    expect(rows[1]).toMatch(/skipped: <code>[^<]*zstd/);
    expect(step.summary).toMatch(/ of layers read in /);
  });

  test('passes each input as its command-line option', async () => {
    const step = await runStep(
      {
        image: `${name}:v1`,
        'index-version': 'v2',
        platforms: 'linux/amd64,\nlinux/arm64\n',
        'target-tag': 'fresh',
        'span-size': '65536',
        'build-tool-identifier': '--dry-run',
        reuse: 'False',
        'dry-run': 'false',
        'plain-http': 'TRUE',
        ...everyLayer,
      },
      folder,
    );
    expect([step.exitCode, step.outputs['status']]).toEqual([0, 'indexed']);
    expect(JSON.parse(step.outputs['json']!)).toMatchObject({ tag: 'fresh', indexes: [{}, {}] });
    // The settings took effect: the digest differs from that of the defaults.
    expect(step.outputs['digest']).not.toBe((await store.resolve('v1-soci'))?.digest);
  });

  test('warns if the image is skipped, and outputs the image itself to deploy', async () => {
    const step = await runStep({ image: `${name}:v1` }, folder);
    const digest = (await store.resolve('v1'))!.digest;
    expect([step.exitCode, step.outputs['status'], step.outputs['digest']]).toEqual([0, 'skipped', digest]);
    expect(annotationsOf(step)).toEqual([
      {
        name: 'warning',
        properties: 'title=soci-index%3A skipped',
        data: expect.stringMatching(/was not indexed: /),
      },
    ]);
  });

  test('warns if the tag has moved, and outputs nothing to deploy', async () => {
    const { digest } = await pushImage(store, { tag: 'moving', layers: [gzipLayer('old')] });
    await pushImage(store, { tag: 'moving', layers: [gzipLayer('new')] });
    const step = await runStep({ image: `${name}:moving@${digest}`, ...everyLayer }, folder);
    expect(step.exitCode).toBe(0);
    expect(Object.keys(step.outputs).toSorted()).toEqual(['json', 'status']);
    expect(step.outputs['status']).toBe('superseded');
    expect(annotationsOf(step)).toMatchObject([
      { name: 'warning', data: expect.stringMatching(/now points to .*nothing to deploy/) },
    ]);
  });

  test('outputs no reference for a dry run', async () => {
    const step = await runStep(
      { image: `${name}:v1`, 'dry-run': 'True', 'target-tag': 'dry', ...everyLayer },
      folder,
    );
    expect([step.exitCode, step.outputs['status'], step.outputs['reference']]).toEqual([
      0,
      'dry-run',
      undefined,
    ]);
  });

  test('fails with advice if the image does not exist', async () => {
    const step = await runStep({ image: `${name}:none` }, folder);
    expect([step.exitCode, step.outputs['status'], step.outputs['digest']]).toEqual([1, 'failed', undefined]);
    expect(annotationsOf(step)).toEqual([
      {
        name: 'error',
        properties: 'title=soci-index failed',
        data: expect.stringMatching(/there is no manifest none%0A.*pushed/),
      },
    ]);
    expect(step.summary).toContain('<h3>SOCI index: <code>failed</code>');
  });

  test.each<[string, Record<string, string>, RegExp]>([
    ['without an image', {}, /the input image is missing/],
    [
      'with a boolean other than true or false',
      { image: 'a.io/b', reuse: 'yes' },
      /the input reuse is "yes": expected true or false/,
    ],
    [
      'with two invalid inputs, and reports both',
      { image: 'a.io/b', reuse: 'yes', 'dry-run': '1' },
      /reuse.*%0A.*dry-run/,
    ],
    ['with an option in place of the image', { image: '--help' }, /expected REGISTRY\/REPO/],
    ['with a malformed image', { image: 'team/app' }, /expected REGISTRY\/REPO/],
    ['with an unknown version', { image: 'a.io/b', 'index-version': 'v3' }, /Allowed choices are v1, v2/],
    ['with an archive but no output', { image: 'oci-archive:missing.tar' }, /is missing|--output/],
  ])('fails %s', async (_title, inputs, sentence) => {
    const step = await runStep(inputs, folder);
    expect([step.exitCode, step.outputs['digest']]).toEqual([1, undefined]);
    expect(annotationsOf(step)).toMatchObject([{ name: 'error', data: expect.stringMatching(sentence) }]);
  });
});

describe('hostile text', () => {
  // Unescaped, each line would be a command, an output or HTML.
  const hostile = [
    '::error::owned',
    '\r::set-output name=digest::sha256:0',
    '\n::add-mask::a',
    '##[add-path]/tmp',
    '\n::stop-commands::x\n',
    '<img src=x onerror=alert(1)> @everyone [a](javascript:b) `c` | d',
    'status<<EOF\nowned\nEOF\n%0A::error::twice',
  ].join('');

  async function runAgainst(makeRegistry: (registry: LocalRegistry) => Promise<string>): Promise<Step> {
    const registry = await createLocalRegistry();
    try {
      return await runStep({ image: await makeRegistry(registry), ...everyLayer }, folder);
    } finally {
      await registry.close();
    }
  }

  function expectHarmless({ commands, outputs, summary }: Step): void {
    expect(new Set(commands.map(({ name }) => name))).toEqual(
      new Set([
        'group',
        'endgroup',
        ...commands.map(({ name }) => name).filter((name) => name === 'warning' || name === 'error'),
      ]),
    );
    expect(commands.filter(({ data }) => data === 'owned')).toEqual([]);
    for (const name of Object.keys(outputs))
      expect(['digest', 'reference', 'status', 'json']).toContain(name);
    expect(summary.replaceAll(/<\/?(?:h3|p|br|code|table|tr|th|td)(?: colspan="6")?>/g, '')).not.toMatch(
      /[<>`|[\]]/,
    );
  }

  test('is harmless in the operating system of a platform', async () => {
    const step = await runAgainst(async ({ host }) => {
      const store = new RegistryStore({ registry: host, repository: 'team/app' });
      const entry = await pushImage(store, { platform: { os: hostile, architecture: hostile } });
      await pushIndex(store, [entry], { tag: 'v1' });
      return `${host}/team/app:v1`;
    });
    expectHarmless(step);
    expect(step.summary).not.toContain('onerror=alert');
  });

  test('is harmless in an error message', async () => {
    const registry = await createLocalRegistry({
      faults: () => ({
        kind: 'status',
        status: 403,
        body: JSON.stringify({ errors: [{ code: 'DENIED', message: hostile }] }),
      }),
    } as Parameters<typeof createLocalRegistry>[0]);
    try {
      const step = await runStep({ image: `${registry.host}/team/app:v1` }, folder);
      expect(step.exitCode).toBe(1);
      expectHarmless(step);
    } finally {
      await registry.close();
    }
  });

  test('is harmless in the name of an image', async () => {
    const step = await runStep({ image: `oci:${hostile}` }, folder);
    expect(step.exitCode).toBe(1);
    expectHarmless(step);
  });
});

describe('action.yml', () => {
  const text = readFileSync(join(__dirname, '..', '..', 'action.yml'), 'utf8');

  test('declares exactly the inputs that the action reads', () => {
    expect(readInputNames().toSorted()).toEqual(['image', ...Object.keys(inputOptions)].toSorted());
  });

  test('has only inputs whose options the command accepts', async () => {
    const { stdout } = await runSociIndex(['index', '--help']);
    for (const { option } of Object.values(inputOptions))
      expect(stdout).toMatch(new RegExp(`^ +(?:-\\w, )?${option}\\b`, 'm'));
  });

  test('has an input for every option that is useful in a step', async () => {
    const { stdout } = await runSociIndex(['index', '--help']);
    const options = Array.from(stdout.matchAll(/^ +(?:-\w, )?(--[a-z-]+)/gm), ([, option]) => option!);
    const covered = new Set(Object.values(inputOptions).map(({ option }) => option));
    // Credentials come from the Docker config, and results are outputs.
    const others = ['--username', '--password-stdin', '--quiet', '--digest-file', '--json', '--help'];
    expect(options.filter((option) => !covered.has(option)).toSorted()).toEqual(others.toSorted());
  });

  test('runs the bundle on Node 24, with a name, an author and branding', () => {
    expect(text).toMatch(/\nruns:\n {2}using: node24\n {2}main: dist\/action\.mjs\n/);
    for (const field of ['name', 'description', 'author', 'branding'])
      expect(text).toMatch(new RegExp(`^${field}:`, 'm'));
  });
});
