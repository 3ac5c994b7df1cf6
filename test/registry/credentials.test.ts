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
    ['an address', 'https://r.example/v1/', 'r.example', { auth: encode('me:x') }, passwordOf('me', 'x')],
    ['an old entry', 'r.example', 'r.example', { auth: encode('me:x\0\0') }, passwordOf('me', 'x')],
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
  ])('%s: what is stored for %s is given for %s', async (_title, key, registry, entry, expected) => {
    await writeConfig({ auths: { [key]: entry } });
    expect(await ask(registry)).toEqual(expected);
  });

  test('a bare host wins over an address of it', async () => {
    const host = { auth: encode('host:x') };
    const address = { auth: encode('address:x') };
    await writeConfig({ auths: { 'r.example': host, 'https://r.example/v2/': address } });
    expect(await ask('r.example')).toEqual(passwordOf('host', 'x'));
    await writeConfig({ auths: { 'https://r.example/v2/': address, 'r.example': host } });
    expect(await ask('r.example')).toEqual(passwordOf('host', 'x'));
  });

  test('a missing file means no credentials', async () => {
    expect(await ask('r.example')).toBeUndefined();
  });

  test('DOCKER_CONFIG names the directory of the file, and nothing when it is empty', async () => {
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

  test('a helper is asked for the registry, by its standard input', async () => {
    await writeHelper(
      'one',
      `printf '%s ' "$@" > ${home}/asked; cat >> ${home}/asked; echo '{"Username":"me","Secret":"s"}'`,
    );
    await writeConfig({ credsStore: 'one' });
    expect(await ask('r.example:5000')).toEqual(passwordOf('me', 's'));
    expect(await readFile(join(home, 'asked'), 'utf8')).toBe('get r.example:5000');
  });

  test("the registry's own helper is asked before the store, and both before what is in the file", async () => {
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

  test('what a helper does not know may be in the file', async () => {
    await writeHelper('none', 'echo "credentials not found in native keychain"; exit 1');
    await writeConfig({ auths: { 'r.example': { auth: encode('file:x') } }, credsStore: 'none' });
    expect(await ask('r.example')).toEqual(passwordOf('file', 'x'));
    expect(await ask('other.example')).toBeUndefined();
  });

  test('the user <token> has an identity token', async () => {
    await writeHelper('t', `echo '{"Username":"<token>","Secret":"idt"}'`);
    await writeConfig({ credsStore: 't' });
    expect(await ask('r.example')).toEqual({ kind: 'identity-token', identityToken: 'idt' });
  });

  test("Docker Hub's helpers are asked by the address that Docker uses", async () => {
    await writeHelper('hub', `read server; echo "{\\"Username\\":\\"$server\\",\\"Secret\\":\\"s\\"}"`);
    await writeConfig({ credsStore: 'hub' });
    expect(await ask('docker.io')).toEqual(passwordOf('https://index.docker.io/v1/', 's'));
  });

  test.each([
    ['that fails', `echo ${secret}; exit 3`, 'docker-credential-bad failed with exit code 3'],
    ['that is killed', `kill -9 $$`, 'docker-credential-bad failed with exit code -1'],
    ['that answers with nonsense', `echo ${secret}`, 'did not answer with a user name and a secret'],
    ['that answers with numbers', `echo '{"Username":1,"Secret":2}'`, 'did not answer with a user name'],
    ['that answers without end', `while :; do echo ${secret}; done`, 'more than 65536 bytes'],
  ])('a helper %s is an error without its output', async (_title, script, problem) => {
    await writeHelper('bad', script);
    await writeConfig({ credsStore: 'bad' });
    const error: unknown = await ask('r.example').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(problem);
    expect(String(error)).not.toContain(secret);
  });

  test('a helper that is not installed is named', async () => {
    await writeConfig({ credsStore: 'missing' });
    await expect(ask('r.example')).rejects.toThrow(
      'docker-credential-missing, which the credentials file names, is not installed',
    );
  });

  test.each(['../../bin/sh', 'a/b', '', '-x', 'a b', 5, {}])('%j is not a helper', async (name) => {
    await writeConfig({ credHelpers: { 'r.example': name } });
    await expect(ask('r.example')).rejects.toThrow('cannot be a credential helper');
  });

  test.each([
    ['is not JSON', `{"auths": "${secret}"`, 'is not JSON'],
    ['is a list', '[]', 'is not a JSON object'],
    ['has auths of another kind', `{"auths":"${secret}"}`, 'auths is not a JSON object'],
    ['has an entry of another kind', `{"auths":{"r.example":"${secret}"}}`, 'auths is not a JSON object'],
    [
      'has an auth without a colon',
      `{"auths":{"r.example":{"auth":"${encode(secret)}"}}}`,
      'not base64 of user:password',
    ],
  ])('a file that %s is an error that names the file and quotes nothing', async (_title, text, problem) => {
    await writeConfig(text);
    const error = (await ask('r.example').catch((e: unknown) => e)) as Error;
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain(problem);
    expect(error.message).toContain(join(home, '.docker', 'config.json'));
    expect(`${error.message}${String(error.cause)}`).not.toContain(secret);
    expect(error.message).not.toContain(encode(secret));
  });
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
    ['the host alone', 'quay.io', 'quay.io', 'host'],
    ['nobody', 'quay.io:8443', 'team/app', undefined],
    ['Docker Hub', 'registry-1.docker.io', 'team/app', 'hub'],
    ['an old key', 'old.example', 'team/app', 'old'],
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

  test('REGISTRY_AUTH_FILE names the file, instead of the one of XDG_RUNTIME_DIR', async () => {
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

  test('a file that is not JSON is named and not quoted', async () => {
    await writeFile(join(folder, 'containers', 'auth.json'), secret);
    await expect(ask('r.example')).rejects.toThrow(/containers\/auth\.json is not JSON$/);
  });
});
