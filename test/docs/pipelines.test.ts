// Runs the recipes of docs/guides/pipelines.md: a shell runs the scripts in their YAML as the CI systems would, against a
// registry that requires a password.
import { spawn } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { createLocalRegistry, type LocalRegistry } from '../../lambda-src/local-registry/local-registry.ts';
import { RegistryStore } from '../../lambda-src/registry/registry-store.ts';
import { commandLinePath } from '../helpers/command-line.ts';
import { pushImage } from '../helpers/images.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';
import { findCodeBlocks, readPages } from './pages.ts';

// Each script runs in its own process.
jest.setTimeout(60_000);

const folder = makeTemporaryFolder();
const username = 'somebody';
const password = 'correct horse/battery+staple'.repeat(3);
const page = readPages().find(({ path }) => path === 'docs/guides/pipelines.md')!;
const yaml = findCodeBlocks(page).filter(({ language }) => language === 'yaml');
let registry: LocalRegistry;
let digest = '';

beforeAll(async () => {
  registry = await createLocalRegistry({ access: { scheme: 'basic', username, password } });
  const store = new RegistryStore({
    registry: registry.host,
    repository: 'team/app',
    credentials: () => Promise.resolve({ kind: 'password', username, password }),
  });
  // Its layers are too small for an index, so the image itself is to be deployed.
  ({ digest } = await pushImage(store, { tag: 'v1' }));
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'soci-index'), `#!/bin/sh\nexec "${process.execPath}" "${commandLinePath}" "$@"\n`);
  chmodSync(join(bin, 'soci-index'), 0o755);
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
});

afterAll(() => registry.close());

/** The block that contains this line, with the test's registry. */
function findRecipe(line: string): string {
  const found = yaml.filter((block) => block.text.split('\n').includes(line));
  expect(found).toHaveLength(1);
  return found[0]!.text.replaceAll('registry.example.com', registry.host);
}

/** The plain scalars in the list under a key. */
function listBelow(recipe: string, key: string): readonly string[] {
  const [, indent, items] = new RegExp(`^( *)${key}:\\n((?:\\1 *- .*\\n?)+)`, 'm').exec(recipe) ?? [];
  expect(indent).toBeDefined();
  return items!
    .trimEnd()
    .split('\n')
    .map((item) => item.trim().slice('- '.length));
}

async function runShell(script: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn('sh', ['-e', '-c', script], {
    cwd: folder,
    env: {
      PATH: [join(folder, 'bin'), process.env['PATH'] ?? ''].join(delimiter),
      HOME: folder,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const output = await text(child.stdout);
  expect(await closed).toBe(0);
  return output;
}

describe('the recipe for', () => {
  test('GitLab CI logs in with its variables and passes the digest on', async () => {
    const script = listBelow(findRecipe('    entrypoint: [""]'), 'script').join('\n');
    const image = `${registry.host}/team/app:v1`;
    await runShell(script, { IMAGE: image, CI_REGISTRY_USER: username, CI_REGISTRY_PASSWORD: password });
    expect(readFileSync(join(folder, 'deploy.env'), 'utf8')).toBe(`DIGEST=${digest}\n`);
  });

  test('CodeBuild exports the reference to deploy', async () => {
    const commands = listBelow(findRecipe('version: 0.2'), 'commands');
    const output = await runShell([...commands, 'echo "$DEPLOY"'].join('\n'), { DOCKER_CONFIG: folder });
    expect(output).toBe(`${registry.host}/team/app@${digest}\n`);
  });

  test('Tekton writes exactly the digest as its result', async () => {
    const recipe = findRecipe('kind: Task');
    const script = recipe
      .slice(recipe.indexOf('script: |\n') + 'script: |\n'.length)
      .replaceAll(/^ {8}/gm, '');
    const result = join(folder, 'result');
    await runShell(script, { IMAGE: `${registry.host}/team/app:v1`, RESULT: result, DOCKER_CONFIG: folder });
    expect(readFileSync(result, 'utf8')).toBe(digest);
  });

  test('every other system has its own test, or is tested here', () => {
    expect(yaml).toHaveLength(3);
    expect(yaml.every(({ marks }) => marks.includes('run by: test/docs/pipelines.test.ts'))).toBe(true);
  });
});
