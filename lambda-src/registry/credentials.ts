// Credentials for a registry: given by the user, or stored by `docker login` or `podman login`.
// https://docs.docker.com/reference/cli/docker/login/#credential-stores
// https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
import { isMissingFile } from '../content/file-error.ts';
import { isObject } from '../core/is-object.ts';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../core/errors.ts';
import { quoteText } from '../core/oci/quotation.ts';

export type Credentials =
  | { readonly kind: 'password'; readonly username: string; readonly password: string }
  /** An identity token, if the registry's token service issued one at login. */
  | { readonly kind: 'identity-token'; readonly identityToken: string };

/**
 * The credentials for a repository of a registry (host with optional port), or undefined if unknown. Called again
 * when the registry no longer accepts them.
 */
export type CredentialsProvider = (registry: string, repository: string) => Promise<Credentials | undefined>;

/** A helper may ask the user to unlock a keyring. After this time, it is considered stuck. */
const helperMilliseconds = 30_000;
const maximumHelperBytes = 65_536;

/** The key under which Docker stores credentials for Docker Hub. */
const dockerHubKey = 'https://index.docker.io/v1/';
const dockerHubHosts: ReadonlySet<string> = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);

/**
 * Credentials from Docker's `config.json`: from the helper that `credHelpers` names for the registry, otherwise from that
 * of `credsStore`, otherwise from `auths`. Undefined if there is no such file.
 *
 * @param environment DOCKER_CONFIG names the directory of the file; by default, it is `.docker` in the home directory.
 *   Helpers run with this environment.
 */
export function dockerCredentials(
  environment: Readonly<NodeJS.ProcessEnv>,
  homeDirectory: string,
): CredentialsProvider {
  const configured = environment['DOCKER_CONFIG'] ?? '';
  const path = join(configured === '' ? join(homeDirectory, '.docker') : configured, 'config.json');
  return async (registry) => {
    const config = await readConfig(path, hostOfKey);
    if (config === undefined) return undefined;
    const key = dockerHubHosts.has(registry) ? dockerHubKey : registry;
    return findCredentials(config, [key, registry], key, [hostOfKey(key)], environment);
  };
}

/**
 * Credentials from Podman's `auth.json`, which Skopeo and Buildah use too. Unlike Docker's file, it may have entries for
 * parts of a registry: `quay.io/team` applies to the repositories below it, and takes precedence over `quay.io`.
 *
 * @param environment REGISTRY_AUTH_FILE names the file; by default, it is `containers/auth.json` in XDG_RUNTIME_DIR.
 *   Helpers run with this environment.
 */
export function podmanCredentials(environment: Readonly<NodeJS.ProcessEnv>): CredentialsProvider {
  const configured = environment['REGISTRY_AUTH_FILE'] ?? '';
  const runtimeDirectory = environment['XDG_RUNTIME_DIR'] ?? '';
  const path =
    configured !== ''
      ? configured
      : runtimeDirectory === ''
        ? undefined
        : join(runtimeDirectory, 'containers', 'auth.json');
  return async (registry, repository) => {
    const config = path === undefined ? undefined : await readConfig(path, scopeOfKey);
    if (config === undefined) return undefined;
    // `podman login` writes `docker.io` for Docker Hub.
    const hosts = dockerHubHosts.has(registry) ? ['docker.io', hostOfKey(dockerHubKey)] : [registry];
    const parts = repository.split('/');
    const namespaces = parts.map((_part, index) => parts.slice(0, parts.length - index).join('/'));
    const keys = hosts.flatMap((host) => namespaces.map((namespace) => `${host}/${namespace}`));
    return findCredentials(config, hosts, hosts[0]!, [...keys, ...hosts], environment);
  };
}

/**
 * @param helperKeys Keys under which `credHelpers` may name a helper.
 * @param server The server name passed to a helper.
 * @param authKeys Keys under which `auths` may have credentials; the first match counts.
 */
async function findCredentials(
  config: AuthConfig,
  helperKeys: readonly string[],
  server: string,
  authKeys: readonly string[],
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<Credentials | undefined> {
  const named = helperKeys.find((key) => config.credHelpers.has(key));
  const helper = named === undefined ? config.credsStore : config.credHelpers.get(named);
  const fromHelper = helper === undefined ? undefined : await askHelper(helper, server, environment);
  const found = authKeys.find((key) => config.auths.has(key));
  return fromHelper ?? (found === undefined ? undefined : config.auths.get(found));
}

/** What Docker's and Podman's files have in common. */
interface AuthConfig {
  /** By host, or by host and the beginning of a repository name. */
  readonly auths: ReadonlyMap<string, Credentials>;
  readonly credHelpers: ReadonlyMap<string, string>;
  readonly credsStore: string | undefined;
}

/**
 * Errors name the file but never quote it, not even in a cause, because errors of JSON.parse contain the text that could
 * not be parsed.
 */
async function readConfig(path: string, nameOf: (key: string) => string): Promise<AuthConfig | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissingFile(error)) return undefined;
    throw new ConfigError([`${path} cannot be read`]);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError([`${path} is not JSON`]);
  }
  const config = fieldsOf(json, path);
  const auths = new Map<string, Credentials>();
  for (const [key, entry] of Object.entries(fieldsOf(config['auths'] ?? {}, `${path}: auths`))) {
    const credentials = readAuth(fieldsOf(entry, `${path}: auths`), path);
    // A bare host takes precedence over a URL with the same host, as in Docker.
    if (credentials === undefined) continue;
    const name = nameOf(key);
    if (key === name || !auths.has(name)) auths.set(name, credentials);
  }
  const helpers = Object.entries(fieldsOf(config['credHelpers'] ?? {}, `${path}: credHelpers`));
  return {
    auths,
    credHelpers: new Map(helpers.map(([key, name]) => [key, helperName(name, path)])),
    credsStore: config['credsStore'] ? helperName(config['credsStore'], path) : undefined,
  };
}

/** `auth` is base64 of `user:password`. An entry may be empty if a helper has the credentials. */
function readAuth(entry: Readonly<Record<string, unknown>>, path: string): Credentials | undefined {
  const { auth, username, password, identitytoken } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { kind: 'identity-token', identityToken: identitytoken };
  }
  if (typeof auth === 'string' && auth !== '') {
    const decoded = Buffer.from(auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (colon < 0) throw new ConfigError([`${path}: an auth is not base64 of user:password`]);
    // Docker pads old entries with zero bytes.
    const decodedPassword = decoded.slice(colon + 1).replace(/\0+$/, '');
    return { kind: 'password', username: decoded.slice(0, colon), password: decodedPassword };
  }
  if (typeof username === 'string' && username !== '' && typeof password === 'string') {
    return { kind: 'password', username, password };
  }
  return undefined;
}

/**
 * What a key in Podman's file applies to: a registry, or a part of it. It may also be one of Docker's old keys,
 * `https://host/v1/`.
 */
function scopeOfKey(key: string): string {
  return /^https?:\/\//.test(key) || /\/v[12]\/?$/.test(key) ? hostOfKey(key) : key;
}

/** The host of a key: `https://host/v1/` and `host` mean the same registry. */
function hostOfKey(key: string): string {
  return key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '');
}

/** The name becomes part of a program name, so it must not be a path. */
function helperName(name: unknown, path: string): string {
  if (typeof name === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return name;
  const found = typeof name === 'string' ? quoteText(name) : `a value of type ${typeof name}`;
  throw new ConfigError([`${path}: ${found} cannot be a credential helper`]);
}

/**
 * The output of `docker-credential-NAME get` for a server, or undefined if the helper has no credentials.
 * https://github.com/docker/docker-credential-helpers#development
 */
async function askHelper(
  name: string,
  server: string,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  const { exitCode, output } = await runHelper(program, server, environment);
  if (exitCode !== 0) {
    // The message that every helper uses for missing credentials.
    if (/credentials not found in native keychain/i.test(output)) return undefined;
    throw new ConfigError([`${program} failed with exit code ${exitCode}`]);
  }
  const answer = parseHelperAnswer(output);
  if (answer === undefined)
    throw new ConfigError([`${program} did not answer with a user name and a secret`]);
  const { username, secret } = answer;
  return username === '<token>'
    ? { kind: 'identity-token', identityToken: secret }
    : { kind: 'password', username, password: secret };
}

function parseHelperAnswer(output: string): { username: string; secret: string } | undefined {
  try {
    const json: unknown = JSON.parse(output);
    if (typeof json !== 'object' || json === null || !('Username' in json) || !('Secret' in json))
      return undefined;
    const { Username: username, Secret: secret } = json;
    return typeof username === 'string' && typeof secret === 'string' ? { username, secret } : undefined;
  } catch {
    return undefined;
  }
}

function runHelper(
  program: string,
  server: string,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<{ exitCode: number; output: string }> {
  return new Promise((resolve, reject) => {
    const refuse = (problem: string): void => {
      helper.kill('SIGKILL');
      reject(new ConfigError([`${program} ${problem}`]));
    };
    const helper = spawn(program, ['get'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] });
    const timer = setTimeout(() => {
      refuse(`did not answer within ${helperMilliseconds / 1000} seconds`);
    }, helperMilliseconds);
    const pieces: Buffer[] = [];
    let byteCount = 0;
    helper.stdout.on('data', (piece: Buffer) => {
      byteCount += piece.length;
      if (byteCount > maximumHelperBytes) refuse(`answered with more than ${maximumHelperBytes} bytes`);
      else pieces.push(piece);
    });
    helper.on('error', (error) => {
      clearTimeout(timer);
      const reason = isMissingFile(error) ? 'is not installed' : 'cannot be run';
      reject(new ConfigError([`${program}, which the credentials file names, ${reason}`]));
    });
    helper.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve({ exitCode: exitCode ?? -1, output: Buffer.concat(pieces).toString('utf8') });
    });
    // A helper may answer without reading its input.
    helper.stdin.on('error', () => {});
    helper.stdin.end(server);
  });
}

function fieldsOf(json: unknown, place: string): Readonly<Record<string, unknown>> {
  if (isObject(json)) return json;
  throw new ConfigError([`${place} is not a JSON object`]);
}
