import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import {
  dockerCredentials,
  podmanCredentials,
  type Credentials,
} from '../../lambda-src/registry/credentials.ts';

const secret = 'never-to-be-seen';

function encode(text: string): string {
  return Buffer.from(text).toString('base64');
}

function passwordOf(username: string, password: string): Credentials {
  return { kind: 'password', username, password };
}

describe("credentials from Docker's config.json", () => {
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'docker-'));
    await mkdir(join(home, '.docker'));
  });
  afterEach(() => rm(home, { recursive: true }));

  const writeConfig = (config: unknown): Promise<void> =>
    writeFile(
      join(home, '.docker', 'config.json'),
      typeof config === 'string' ? config : JSON.stringify(config),
    );
  const writeHelper = async (name: string, script: string): Promise<void> => {
    const path = join(home, `docker-credential-${name}`);
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
  };
  const ask = (registry: string, environment: NodeJS.ProcessEnv = {}): Promise<Credentials | undefined> =>
    dockerCredentials({ PATH: `${home}:${process.env['PATH'] ?? ''}`, ...environment }, home)(
      registry,
      'team/app',
    );

  test.each<[string, string, string, unknown, Credentials | undefined]>([
    ['a host', 'r.example', 'r.example', { auth: encode('me:pass:word') }, passwordOf('me', 'pass:word')],
    ['a host and port', 'r.example:5000', 'r.example:5000', { auth: encode('me:x') }, passwordOf('me', 'x')],
    ['another port', 'r.example', 'r.example:5000', { auth: encode('me:x') }, undefined],
    ['a URL', 'https://r.example/v1/', 'r.example', { auth: encode('me:x') }, passwordOf('me', 'x')],
    ['a legacy entry', 'r.example', 'r.example', { auth: encode('me:x\0\0') }, passwordOf('me', 'x')],
    ['plain fields', 'r.example', 'r.example', { username: 'me', password: 'x' }, passwordOf('me', 'x')],
    [
      'an identity token',
      'r.example',
      'r.example',
      { auth: encode('me:'), identitytoken: 'idt' },
      { kind: 'identity-token', identityToken: 'idt' },
    ],
    ['an empty entry', 'r.example', 'r.example', {}, undefined],
    ['another host', 'r.example', 'evil-r.example', { auth: encode('me:x') }, undefined],
    [
      'Docker Hub',
      'https://index.docker.io/v1/',
      'registry-1.docker.io',
      { auth: encode('me:x') },
      passwordOf('me', 'x'),
    ],
  ])('%s: the entry for %s, requested for %s', async (_title, key, registry, entry, expected) => {
    await writeConfig({ auths: { [key]: entry } });
    expect(await ask(registry)).toEqual(expected);
  });

  test('a bare host takes precedence over a URL with this host', async () => {
    const host = { auth: encode('host:x') };
    const address = { auth: encode('address:x') };
    await writeConfig({ auths: { 'r.example': host, 'https://r.example/v2/': address } });
    expect(await ask('r.example')).toEqual(passwordOf('host', 'x'));
    await writeConfig({ auths: { 'https://r.example/v2/': address, 'r.example': host } });
    expect(await ask('r.example')).toEqual(passwordOf('host', 'x'));
  });

  test('a missing file gives no credentials', async () => {
    expect(await ask('r.example')).toBeUndefined();
  });

  test('DOCKER_CONFIG sets the directory of the file, and is ignored if empty', async () => {
    const other = join(home, 'other');
    await mkdir(other);
    await writeConfig({ auths: { 'r.example': { auth: encode('home:x') } } });
    await writeFile(
      join(other, 'config.json'),
      JSON.stringify({ auths: { 'r.example': { auth: encode('other:x') } } }),
    );
    expect(await ask('r.example', { DOCKER_CONFIG: other })).toEqual(passwordOf('other', 'x'));
    expect(await ask('r.example', { DOCKER_CONFIG: '' })).toEqual(passwordOf('home', 'x'));
  });

  test('a helper receives the registry on its standard input', async () => {
    await writeHelper(
      'one',
      `printf '%s ' "$@" > ${home}/asked; cat >> ${home}/asked; echo '{"Username":"me","Secret":"s"}'`,
    );
    await writeConfig({ credsStore: 'one' });
    expect(await ask('r.example:5000')).toEqual(passwordOf('me', 's'));
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('get r.example:5000');
  });

  test('the helper for the registry takes precedence over the store, and both over the file', async () => {
    await writeHelper('own', `echo '{"Username":"own","Secret":"s"}'`);
    await writeHelper('store', `echo '{"Username":"store","Secret":"s"}'`);
    await writeConfig({
      auths: { 'r.example': { auth: encode('file:x') }, 'other.example': { auth: encode('file:x') } },
      credHelpers: { 'r.example': 'own' },
      credsStore: 'store',
    });
    expect(await ask('r.example')).toEqual(passwordOf('own', 's'));
    expect(await ask('other.example')).toEqual(passwordOf('store', 's'));
  });

  test('the file is used if a helper has no credentials', async () => {
    await writeHelper('none', 'echo "credentials not found in native keychain"; exit 1');
    await writeConfig({ auths: { 'r.example': { auth: encode('file:x') } }, credsStore: 'none' });
    expect(await ask('r.example')).toEqual(passwordOf('file', 'x'));
    expect(await ask('other.example')).toBeUndefined();
  });

  test('the user name <token> marks an identity token', async () => {
    await writeHelper('t', `echo '{"Username":"<token>","Secret":"idt"}'`);
    await writeConfig({ credsStore: 't' });
    expect(await ask('r.example')).toEqual({ kind: 'identity-token', identityToken: 'idt' });
  });

  test("a helper receives Docker's own URL for Docker Hub", async () => {
    await writeHelper('hub', `read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"`);
    await writeConfig({ credsStore: 'hub' });
    expect(await ask('docker.io')).toEqual(passwordOf('https://index.docker.io/v1/', 's'));
  });

  test.each([
    ['that fails', `echo ${secret}; exit 3`, 'docker-credential-bad failed with exit code 3'],
    ['that is killed', `kill -9 $$`, 'docker-credential-bad failed with exit code -1'],
    ['that prints text', `echo ${secret}`, 'did not answer with a user name and a secret'],
    ['that prints numbers', `echo '{"Username":1,"Secret":2}'`, 'did not answer with a user name'],
    ['that never stops printing', `while :; do echo ${secret}; done`, 'more than 65536 bytes'],
  ])('a helper %s is an error that does not include its output', async (_title, script, problem) => {
    await writeHelper('bad', script);
    await writeConfig({ credsStore: 'bad' });
    const error: unknown = await ask('r.example').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(problem);
    expect(String(error)).not.toContain(secret);
  });

  test('the error for a missing helper names it', async () => {
    await writeConfig({ credsStore: 'missing' });
    await expect(ask('r.example')).rejects.toThrow(
      'docker-credential-missing, which the credentials file names, is not installed',
    );
  });

  test.each(['../../bin/sh', 'a/b', '', '-x', 'a b', 5, {}])(
    '%j is not a valid helper name',
    async (name) => {
      await writeConfig({ credHelpers: { 'r.example': name } });
      await expect(ask('r.example')).rejects.toThrow('cannot be a credential helper');
    },
  );

  test.each([
    ['is not JSON', `{"auths": "${secret}"`, 'is not JSON'],
    ['is a list', '[]', 'is not a JSON object'],
    ['has auths of another type', `{"auths":"${secret}"}`, 'auths is not a JSON object'],
    ['has an entry of another type', `{"auths":{"r.example":"${secret}"}}`, 'auths is not a JSON object'],
    [
      'has an auth without a colon',
      `{"auths":{"r.example":{"auth":"${encode(secret)}"}}}`,
      'not base64 of user:password',
    ],
  ])(
    'a file that %s is an error that includes its path but none of its content',
    async (_title, text, problem) => {
      await writeConfig(text);
      const error = (await ask('r.example').catch((e: unknown) => e)) as Error;
      expect(error).toBeInstanceOf(ConfigError);
      expect(error.message).toContain(problem);
      expect(error.message).toContain(join(home, '.docker', 'config.json'));
      expect(`${error.message}${String(error.cause)}`).not.toContain(secret);
      expect(error.message).not.toContain(encode(secret));
    },
  );
});

describe("credentials from Podman's auth.json", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'podman-'));
    await mkdir(join(folder, 'containers'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (auths: Readonly<Record<string, string>>, path = join('containers', 'auth.json')) => {
    const entries = Object.entries(auths).map(([key, user]) => [key, { auth: encode(`${user}:x`) }]);
    return writeFile(join(folder, path), JSON.stringify({ auths: Object.fromEntries(entries) as unknown }));
  };
  const ask = async (registry: string, repository = 'team/app', environment?: NodeJS.ProcessEnv) => {
    const found = await podmanCredentials(environment ?? { XDG_RUNTIME_DIR: folder })(registry, repository);
    return found?.kind === 'password' ? found.username : found;
  };

  test.each([
    ['the repository', 'quay.io', 'team/app', 'app'],
    ['its namespace', 'quay.io', 'team/other', 'team'],
    ['its namespace, at any depth', 'quay.io', 'team/deep/other', 'team'],
    ['the host', 'quay.io', 'teams/app', 'host'],
    ['the host without a repository', 'quay.io', 'quay.io', 'host'],
    ['nobody', 'quay.io:8443', 'team/app', undefined],
    ['Docker Hub', 'registry-1.docker.io', 'team/app', 'hub'],
    ['a legacy key', 'old.example', 'team/app', 'old'],
  ])('are those of %s: %s/%s', async (_title, registry, repository, user) => {
    await write({
      'quay.io': 'host',
      'quay.io/team': 'team',
      'quay.io/team/app': 'app',
      'docker.io': 'hub',
      'https://old.example/v1/': 'old',
    });
    expect(await ask(registry, repository)).toBe(user);
  });

  test('are read from REGISTRY_AUTH_FILE in preference to XDG_RUNTIME_DIR', async () => {
    await write({ 'r.example': 'runtime' });
    await write({ 'r.example': 'named' }, 'named.json');
    const environment = { XDG_RUNTIME_DIR: folder, REGISTRY_AUTH_FILE: join(folder, 'named.json') };
    expect(await ask('r.example', 'app', environment)).toBe('named');
  });

  test.each<readonly [string, NodeJS.ProcessEnv]>([
    ['without either variable', {}],
    ['without the file', { XDG_RUNTIME_DIR: '/nonexistent' }],
  ])('are undefined %s', async (_title, environment) => {
    expect(await ask('r.example', 'app', environment)).toBeUndefined();
  });

  test('in a file that is not JSON are an error with its path, but not its content', async () => {
    await writeFile(join(folder, 'containers', 'auth.json'), secret);
    await expect(ask('r.example')).rejects.toThrow(/containers\/auth\.json is not JSON$/);
  });
});
