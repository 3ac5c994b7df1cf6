// Error messages and advice as users see them. Each error is triggered for real where possible.
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server as SocketServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { adviseOn, describeError } from '../../lambda-src/cli/advice.ts';
import { LayoutStore } from '../../lambda-src/content/layout-store.ts';
import type { RegistryError } from '../../lambda-src/registry/registry-error.ts';
import { commandLinePath, runSociIndex } from '../helpers/command-line.ts';
import { blobOf, gzipLayer, ociTypes, pushImage, tarOf } from '../helpers/images.ts';
import { registryError } from '../helpers/registry-failure.ts';
import { TarWriter } from '../helpers/tar-writer.ts';
import { makeTemporaryFolder } from '../helpers/temporary-folder.ts';

const folder = makeTemporaryFolder();
const layout = join(folder, 'layout');

/** Answers every request with the status in its path, such as 403 for `/v2/403/manifests/v1`. */
let registry: Server;
/** Closes every connection without a response. */
let silent: SocketServer;

beforeAll(async () => {
  registry = createServer((request, response) => {
    const status = Number(/^\/v2\/(\d+)\//.exec(request.url ?? '')?.[1]);
    const headers = status === 401 ? { 'www-authenticate': 'Basic realm="all"' } : { 'retry-after': '100' };
    response.writeHead(status, headers).end();
  });
  silent = createSocketServer((socket) => {
    socket.on('data', () => socket.destroy()).on('error', () => undefined);
  });
  await Promise.all(
    [registry, silent].map((server) => new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))),
  );

  const store = new LayoutStore(layout);
  await pushImage(store, { layers: [gzipLayer('a')], tag: 'v1' });
  const damaged = gzipSync(tarOf('b'));
  damaged.writeUInt32LE(0, damaged.length - 8); // the CRC in the member's trailer
  await pushImage(store, { layers: [blobOf(new Uint8Array(damaged), ociTypes.gzip)], tag: 'damaged' });
  writeFileSync(join(folder, 'plain.tar'), tarOf('c'));
  writeFileSync(join(folder, 'layer.tar.gz'), gzipSync(tarOf('c')));
  mkdirSync(join(folder, 'empty'));
});

afterAll(() => {
  registry.close();
  silent.close();
});

function hostOf(server: Server | SocketServer, name = '127.0.0.1'): string {
  return `${name}:${(server.address() as AddressInfo).port}`;
}

const inFolder = (name: string) => join(folder, name);

describe('an error of the command line', () => {
  test.each<readonly [string, () => readonly string[], number, RegExp]>([
    [
      'missing credentials',
      () => ['index', `${hostOf(registry)}/401:v1`],
      1,
      /: status 401, .*\n {2}The registry requires a user name and password, but none were found for .*\. Log in with docker login, .*\n$/,
    ],
    [
      'a wrong password',
      () => ['index', `${hostOf(registry)}/401:v1`, '--username', 'user', '--password-stdin'],
      1,
      /: status 401, .*\n {2}The registry rejected the user name or password\. Log in with docker login, .*\n$/,
    ],
    [
      'missing permission',
      () => ['index', `${hostOf(registry)}/403:v1`],
      1,
      /: status 403, .*\n {2}You are not logged in to .*\. Log in with docker login, .*\n$/,
    ],
    [
      'a missing image',
      () => ['index', `${hostOf(registry)}/404:v1`],
      1,
      /there is no manifest v1\n {2}Check the name, and that the image has been pushed\.\n$/,
    ],
    [
      'a rate limit of the registry',
      () => ['inspect', `${hostOf(registry)}/429:v1`],
      1,
      /: status 429, .*\n {2}The registry is limiting the rate of requests\. Try again in a few minutes\.\n$/,
    ],
    [
      'a server error of the registry',
      () => ['doctor', `${hostOf(registry)}/503:v1`],
      1,
      /: status 503, .*\n {2}The registry reported an internal error\. Try again later\.\n$/,
    ],
    [
      'a refused connection',
      () => ['verify', '127.0.0.1:1/app:v1'],
      1,
      /ECONNREFUSED.*\n {2}Nothing is listening at 127\.0\.0\.1:1\. Check that the registry is running, and the port\.\n$/,
    ],
    [
      'a host name without an address',
      () => ['index', 'registry.invalid/app:v1'],
      1,
      /registry\.invalid.*\n {2}(The name registry\.invalid has no address|Could not look up the address of registry\.invalid)/,
    ],
    [
      'TLS with a registry that has none',
      () => ['index', `${hostOf(registry, '0.0.0.0')}/404:v1`],
      1,
      /\n {2}If 0\.0\.0\.0:\d+ does not use TLS, add --plain-http\.\n$/,
    ],
    [
      'plain HTTP with a registry that closes the connection',
      () => ['index', `${hostOf(silent)}/app:v1`],
      1,
      /\n {2}127\.0\.0\.1:\d+ closed the connection\. If it uses TLS, leave out --plain-http; on loopback, add --tls/,
    ],
    [
      'a tag missing from a layout',
      () => ['index', `oci:${layout}:v9`],
      1,
      /has no tag v9\n {2}Check the name, .*\n$/,
    ],
    [
      'a missing layout',
      () => ['index', `oci:${inFolder('nowhere')}:v1`],
      1,
      /^soci-index: the directory .*nowhere is missing\n$/,
    ],
    [
      'a missing archive',
      () => ['verify', `oci-archive:${inFolder('nowhere.tar')}`],
      1,
      /^soci-index: the file .*nowhere\.tar is missing\n$/,
    ],
    ['a path as an image reference', () => ['index', './layout'], 2, /write a path as oci:DIR\[:TAG\]/],
    ['help for an unknown command', () => ['help', 'nonsense'], 2, /^error: unknown command 'nonsense'\n/],
    [
      'a folder that is not a layout',
      () => ['index', `oci:${inFolder('empty')}:v1`],
      1,
      /is not an OCI image layout: it has no file oci-layout\n/,
    ],
    [
      'a damaged layer',
      () => ['index', `oci:${layout}:damaged`, '--min-layer-size', '0'],
      1,
      /gzip: layer sha256:.*\n {2}The layer was damaged before it was pushed\. Build the image again\.\n$/,
    ],
    [
      'a missing file',
      () => ['ztoc', inFolder('no-such.tar.gz')],
      1,
      /^soci-index: no such file or directory: .*no-such\.tar\.gz\n$/,
    ],
    ['a directory in place of a layer', () => ['ztoc', folder], 1, /is a directory, not a file\n$/],
    [
      'a plain tar in place of gzip',
      () => ['ztoc', inFolder('plain.tar')],
      1,
      /plain\.tar: gzip: .*\n {2}If it is a plain tar, add --media-type application\/vnd\.oci\.image\.layer\.v1\.tar\.\n$/,
    ],
    [
      'an output path that cannot be written, before any work',
      () => ['ztoc', inFolder('no-such.tar.gz'), '--output', inFolder('no/such/layer.ztoc')],
      1,
      /^soci-index: no such file or directory: .*no\/such\n$/,
    ],
    [
      'a layer in place of a zTOC',
      () => ['inspect', inFolder('layer.tar.gz')],
      1,
      /expected a zTOC, found gzip; .* soci-index ztoc .*layer\.tar\.gz builds its zTOC\n$/,
    ],
    [
      'a directory in place of an image',
      () => ['inspect', layout],
      2,
      /is a directory: for an OCI image layout, write oci:.*layout\n/,
    ],
    ['an image name without a registry', () => ['index', 'app:v1'], 2, /expected REGISTRY\/REPO, where/],
    [
      'a user name without a password',
      () => ['index', 'localhost:1/app', '--username', 'me'],
      2,
      /must be used together\n$/,
    ],
  ])('explains %s', async (_, args, exitCode, sentence) => {
    const finished = await runSociIndex(args(), { DOCKER_CONFIG: folder });
    expect(finished.stderr).toMatch(sentence);
    expect([finished.exitCode, finished.stdout]).toEqual([exitCode, '']);
  });

  test('is printed as JSON, with the advice on stderr', async () => {
    const args = ['index', `${hostOf(registry)}/403:v1`, '--json'];
    const { exitCode, stdout, stderr } = await runSociIndex(args, { DOCKER_CONFIG: folder });
    expect(exitCode).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'failed',
      reason: 'access-denied',
      message: expect.stringMatching(/403/),
    });
    expect(stderr).toContain('You are not logged in to ');
  });
});

/** A request that failed with a socket error of this code. */
function socketFailure(code: string, host = 'registry.example.com'): RegistryError {
  const cause = Object.assign(new Error(code), { code });
  return registryError({ url: manifestAt(host), problem: code, cause });
}

function refusal(status: number, host: string): RegistryError {
  return registryError({ url: manifestAt(host), status });
}

function manifestAt(host: string): URL {
  return new URL(`https://${host}/v2/app/manifests/v1`);
}

const ecrHost = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';

test.each<readonly [string, unknown, RegExp | undefined]>([
  [
    'a private certificate authority',
    socketFailure('SELF_SIGNED_CERT_IN_CHAIN'),
    /NODE_EXTRA_CA_CERTS=ca\.pem/,
  ],
  ['a self-signed certificate', socketFailure('DEPTH_ZERO_SELF_SIGNED_CERT'), /NODE_EXTRA_CA_CERTS/],
  [
    'an incomplete certificate chain',
    socketFailure('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    /NODE_EXTRA_CA_CERTS/,
  ],
  ['an expired certificate', socketFailure('CERT_HAS_EXPIRED'), /clock/],
  [
    'a certificate for another host',
    socketFailure('ERR_TLS_CERT_ALTNAME_INVALID'),
    /The certificate is not valid for registry\.example\.com/,
  ],
  ['a timeout', socketFailure('ETIMEDOUT'), /^registry\.example\.com cannot be reached/],
  ['ECR without credentials', refusal(401, ecrHost), /aws sts get-caller-identity/],
  ['ECR without permission', refusal(403, ecrHost), /docs\/iam\.md/],
  ['a different error status', refusal(400, ecrHost), undefined],
  ['an unknown connection error', socketFailure('EUNKNOWN'), undefined],
  ['missing AWS credentials', named('CredentialsProviderError'), /AWS_PROFILE/],
  ['expired AWS credentials', named('ExpiredTokenException'), /Log in again/],
  ['a denied AWS action', named('AccessDeniedException'), /docs\/iam\.md/],
  ['any other error', new Error('no'), undefined],
  ['a value that is not an error', 'no', undefined],
])('gives advice on an error that cannot be triggered here: %s', (_, error, sentence) => {
  const advice = adviseOn(error);
  if (sentence === undefined) expect(advice).toBeUndefined();
  else expect(advice).toMatch(sentence);
});

function named(name: string): Error {
  return Object.assign(new Error('refused'), { name });
}

test.each([
  ['EACCES', 'permission denied: /etc/x\\u001b'],
  ['EPERM', 'permission denied: /etc/x\\u001b'],
  ['ENOTDIR', 'part of the path is not a directory: /etc/x\\u001b'],
  ['EISDIR', 'expected a file, but this is a directory: /etc/x\\u001b'],
  ['ENOSPC', 'failed'],
])('describes a file error in words: %s', (code, words) => {
  expect(describeError(Object.assign(new Error('failed'), { code, path: '/etc/x\u001b' }))).toBe(words);
});

test('stops without an error when the reader closes the pipe', async () => {
  const tar = new TarWriter();
  for (let file = 0; file < 3000; file++) tar.entry({ name: `usr/share/doc/file-${file}` });
  writeFileSync(inFolder('many.tar.gz'), gzipSync(tar.end().bytes()));
  const ztoc = inFolder('many.ztoc');
  await runSociIndex(['ztoc', inFolder('many.tar.gz'), '--output', ztoc]);
  const command = `"${process.execPath}" "${commandLinePath}" inspect "${ztoc}" --json | head -c 20`;
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command]);
  expect(stdout).toMatch(/^\{"digest":"sha256:..$/);
  expect(stderr).toBe('');
});
