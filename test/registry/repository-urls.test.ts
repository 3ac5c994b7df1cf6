import { expect, test } from '@jest/globals';
import { ConfigError } from '../../lambda-src/core/errors.ts';
import type { Digest } from '../../lambda-src/core/oci/descriptor.ts';
import {
  fallbackTag,
  registryOrigin,
  RepositoryUrls,
  uploadEnd,
} from '../../lambda-src/registry/repository-urls.ts';

const digest: Digest = `sha256:${'ab'.repeat(32)}`;

test.each([
  ['registry.example', undefined, 'https://registry.example'],
  ['registry.example:5000', undefined, 'https://registry.example:5000'],
  ['registry.example:5000', 'http', 'http://registry.example:5000'],
  ['registry.example:5000', 'https', 'https://registry.example:5000'],
  ['docker.io', undefined, 'https://registry-1.docker.io'],
  ['localhost:5000', undefined, 'http://localhost:5000'],
  ['127.0.0.1:5000', undefined, 'http://127.0.0.1:5000'],
  ['127.0.0.1:5000', 'https', 'https://127.0.0.1:5000'],
  ['[::1]:5000', undefined, 'http://[::1]:5000'],
  ['10.0.0.1:5000', undefined, 'https://10.0.0.1:5000'],
] as const)('%s with the scheme %s has the origin %s', (registry, scheme, expected) => {
  expect(registryOrigin(registry, scheme).origin).toBe(expected);
});

test.each(['', 'a/b', 'user:x@host', 'host?x', 'host#x', 'host\r\n', 'a b', 'http://host', 'host:99999'])(
  '%j is not a valid registry',
  (registry) => {
    expect(() => registryOrigin(registry)).toThrow(ConfigError);
  },
);

test.each(['', '../x', 'Upper', 'a//b', 'a/', 'a?b', 'a b'])('%j is not a valid repository', (repository) => {
  expect(() => new RepositoryUrls(new URL('https://registry.example'), repository)).toThrow(ConfigError);
});

test('each kind of content has the URL in the specification', () => {
  const urls = new RepositoryUrls(new URL('https://registry.example:5000'), 'team/app');
  const base = 'https://registry.example:5000/v2/team/app';
  expect(urls.manifest('v1.0').href).toBe(`${base}/manifests/v1.0`);
  expect(urls.manifest(digest).href).toBe(`${base}/manifests/${digest}`);
  expect(urls.blob(digest).href).toBe(`${base}/blobs/${digest}`);
  expect(urls.newUpload().href).toBe(`${base}/blobs/uploads/`);
  expect(urls.referrers(digest, undefined).href).toBe(`${base}/referrers/${digest}`);
  expect(urls.referrers(digest, 'application/vnd.a+json').search).toBe(
    '?artifactType=application%2Fvnd.a%2Bjson',
  );
});

test('a digest that is a path has no URL', () => {
  const urls = new RepositoryUrls(new URL('https://registry.example'), 'app');
  for (const path of ['../../x', `${digest}/..`, digest.toUpperCase()] as Digest[]) {
    expect(() => urls.blob(path)).toThrow(ConfigError);
    expect(() => urls.referrers(path, undefined)).toThrow(ConfigError);
    expect(() => fallbackTag(path)).toThrow(ConfigError);
  }
});

test.each([
  ['https://r.example/u/1', `?digest=sha256%3A${'ab'.repeat(32)}`],
  ['https://r.example/u/1?', `?digest=sha256%3A${'ab'.repeat(32)}`],
  ['https://r.example/u/1#x', `?digest=sha256%3A${'ab'.repeat(32)}`],
  // A signed query must be returned unchanged: neither `%20` as `+`, nor `/` as `%2F`.
  [
    'https://r.example/u/1?_state=a%2Bb%20c/d==&e',
    `?_state=a%2Bb%20c/d==&e&digest=sha256%3A${'ab'.repeat(32)}`,
  ],
])('the upload to %s ends with the query %s', (session, expected) => {
  const end = uploadEnd(new URL(session), digest);
  expect([end.pathname, end.search, end.hash]).toEqual(['/u/1', expected, '']);
});

test('the fallback tag is the digest with a dash in place of the colon', () => {
  expect(fallbackTag(digest)).toBe(`sha256-${'ab'.repeat(32)}`);
});
