import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { index } from '../doctor/diagnosed-image.ts';
import { runSociIndex } from '../helpers/command-line.ts';
import { gzipLayer, ociTypes, pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const layers = [gzipLayer('a'), gzipLayer('b', ociTypes.zstd)];
let registry: LocalRegistry;
let converted: Digest;

beforeAll(async () => {
  registry = await createLocalRegistry();
  const store = new RegistryStore({ registry: registry.host, repository: 'team/app' });
  await pushImage(store, { tag: 'v1', layers });
  converted = await index(store, 'v1');
  const layout = new LayoutStore(`${folder}/layout`);
  await pushImage(layout, { tag: 'v1', layers });
});

afterAll(() => registry.close());

/** @param reference What follows the repository. */
function run(reference: string, ...options: string[]) {
  return runSociIndex(['doctor', `${registry.host}/team/app${reference}`, ...options], {
    DOCKER_CONFIG: folder,
  });
}

interface Report {
  readonly lazy: Record<string, string>;
  readonly findings: readonly { code: string; severity: string; message: string; advice: string }[];
  readonly platforms: readonly unknown[];
}

describe('soci-index doctor IMAGE', () => {
  test('tells a person the verdicts first, then what is wrong and what to do, then the layers', async () => {
    const { exitCode, stdout, stderr } = await run(':v1', '--runtime', 'eks', '--min-layer-size', '0');
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    const name = `${registry.host}/team/app`;
    const parts = [
      `${name}:v1\n  sha256:`,
      'runtime  verdict',
      'EKS      does not load it lazily  index-at-other-tag',
      'Problems that prevent lazy loading\n  index-at-other-tag (linux/amd64)\n    This image has no SOCI index;',
      `-> Deploy ${name}:v1-soci or ${name}@${converted}.`,
      'Possible improvements\n  layer-zstd (linux/amd64)',
      'Good to know\n  deployed-by-tag',
      'linux/amd64: 2 layers, ',
      'lazily, once indexed',
      'whole: zstd',
    ];
    const places = parts.map((part) => stdout.indexOf(part));
    expect(parts.filter((_, position) => places[position] === -1)).toEqual([]);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(stdout).not.toContain('Fargate  ');
  });

  test('ends with 0 where the image would be loaded lazily, and says how much of it', async () => {
    const { exitCode, stdout } = await run(':v1-soci', '--runtime', 'snapshotter');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/SOCI snapshotter {2}loads it lazily\n/);
    expect(stdout).toMatch(/\(\d\d %\) load lazily through SOCI index V2 sha256:[0-9a-f]{12}\n/);
  });

  test('prints one JSON object and nothing else', async () => {
    const { exitCode, stdout, stderr } = await run(
      `:v1-soci@${converted}`,
      '--json',
      '--filter',
      'dev:*,team/*:v*',
    );
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' });
    const report = JSON.parse(stdout) as Report;
    expect(Object.keys(report)).toEqual(['image', 'digest', 'lazy', 'findings', 'platforms', 'filter']);
    expect(report).toMatchObject({
      image: `${registry.host}/team/app:v1-soci@${converted}`,
      digest: converted,
      lazy: { fargate: 'no', eks: 'yes', snapshotter: 'yes' },
      platforms: [
        { platform: 'linux/amd64', layers: [{ status: 'lazy' }, { status: 'skipped', reason: 'too-small' }] },
      ],
      filter: { image: 'team/app:v1', matches: 'team/*:v*' },
    });
    const problems = report.findings.filter(({ severity }) => severity === 'problem');
    expect(problems.map(({ code }) => code)).toEqual(['not-in-ecr']);
  });

  test('shows which filter matches, and why the others do not', async () => {
    const { stdout } = await run(':v1', '--filter', 'dev:*,team/*:V1,team/app:v1');
    expect(stdout).toMatch(/Filters, for team\/app:v1\n/);
    expect(stdout).toMatch(/dev:\* +no: the tag matches, the repository does not\n/);
    expect(stdout).toMatch(/team\/\*:V1 +no: only the case of the tag differs\n/);
    expect(stdout).toMatch(/team\/app:v1 +yes\n/);
  });

  test('judges the only image of a layout as if it were in ECR', async () => {
    const { exitCode, stdout } = await runSociIndex([
      'doctor',
      `oci:${folder}/layout`,
      '--json',
      '--min-layer-size',
      '0',
    ]);
    expect(exitCode).toBe(1);
    const { lazy, findings } = JSON.parse(stdout) as Report;
    expect(lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'no' });
    expect(findings.find(({ code }) => code === 'no-index')?.advice).toMatch(
      `soci-index index oci:${folder}/layout:v1.`,
    );
    expect(findings.map(({ code }) => code)).toContain('in-a-layout');
  });

  test('says of a reference that does not exist what to do, and ends with 1', async () => {
    const store = new RegistryStore({ registry: registry.host, repository: 'team/app' });
    await pushImage(store, { tag: 'v8' });
    const source = JSON.parse((await run(':v8-soci', '--json')).stdout) as Report;
    expect(source.findings[0]?.advice).toContain(`soci-index index ${registry.host}/team/app:v8 indexes it`);
    const { exitCode, stdout } = await run(':v9-soci', '--json');
    expect(exitCode).toBe(1);
    const { lazy, findings } = JSON.parse(stdout) as Report;
    expect(lazy).toEqual({ fargate: 'no', eks: 'no', snapshotter: 'no' });
    expect(findings[0]).toMatchObject({ code: 'image-not-found', severity: 'problem' });
    expect(findings[0]?.advice).toMatch(/^Check the repository, tag and region/);
  });

  test("gives a store's own words on why something is not there", async () => {
    const { findings } = JSON.parse((await run(':v9', '--json')).stdout) as Report;
    expect(findings[0]?.message).toMatch(
      /: GET http:.*\/v2\/team\/app\/manifests\/v9: status 404, .*v9 is unknown/,
    );
    const layout = await runSociIndex(['doctor', 'oci:/no/such/layout:v1', '--json']);
    expect(layout.exitCode).toBe(1);
    expect((JSON.parse(layout.stdout) as Report).findings[0]?.message).toMatch(/the directory .* is missing/);
  });

  test('ends with 1 and a sentence, and no verdict, where the registry does not answer', async () => {
    const closed = await createLocalRegistry({ access: { scheme: 'basic', username: 'a', password: 'b' } });
    const { exitCode, stdout, stderr } = await runSociIndex(
      ['doctor', `${closed.host}/team/app:v1`, '--json'],
      {
        DOCKER_CONFIG: folder,
      },
    );
    await closed.close();
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([1, { status: 'failed', reason: 'access-denied' }]);
    expect(JSON.parse(stdout)).not.toHaveProperty('verdicts');
    expect(stderr).toMatch(/status 401/);
  });

  test.each([
    ['an invalid name', ['https://registry/app'], /write it without https:\/\//],
    ['an invalid runtime', ['localhost:5000/app', '--runtime', 'lambda'], /fargate, eks, snapshotter, all/],
    ['an invalid filter', ['localhost:5000/app', '--filter', 'app'], /filter "app" is not REPOSITORY:TAG/],
    [
      'a filter for a layout',
      ['oci:dir:v1', '--filter', 'app:*'],
      /a layout or an archive has no repository/,
    ],
    ['an invalid suffix', ['localhost:5000/app', '--tag-suffix', ':x'], /--tag-suffix ":x"/],
    ['no platform', ['localhost:5000/app', '--platform', 'arm64'], /expected OS\/ARCH/],
  ])('refuses %s with a sentence, and 2', async (_, args, sentence) => {
    const { exitCode, stdout, stderr } = await runSociIndex(['doctor', ...args], { DOCKER_CONFIG: folder });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(sentence);
  });
});
