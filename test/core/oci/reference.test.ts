import { describe, expect, test } from '@jest/globals';
import { ConfigError } from '../../../lambda-src/core/errors.ts';
import {
  formatReference,
  isRepository,
  isTag,
  parseReference,
  tagOfName,
  type ImageReference,
} from '../../../lambda-src/core/oci/reference.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}` as const;

type TagAndDigest = Pick<ImageReference, 'tag' | 'digest'>;

const registry = (host: string, repository: string, rest: TagAndDigest): ImageReference => ({
  kind: 'registry',
  registry: host,
  repository,
  ...rest,
});
const layout = (directory: string, rest: TagAndDigest = {}): ImageReference => ({
  kind: 'layout',
  directory,
  ...rest,
});

const archive = (file: string, rest: TagAndDigest = {}): ImageReference => ({
  kind: 'archive',
  file,
  ...rest,
});

describe('a reference', () => {
  test.each([
    ['docker.io/library/ubuntu:22.04', registry('docker.io', 'library/ubuntu', { tag: '22.04' })],
    ['localhost/app:v1', registry('localhost', 'app', { tag: 'v1' })],
    ['localhost:5000/a/b/c:v1', registry('localhost:5000', 'a/b/c', { tag: 'v1' })],
    ['127.0.0.1:80/app:v1', registry('127.0.0.1:80', 'app', { tag: 'v1' })],
    ['[::1]:5000/app:v1', registry('[::1]:5000', 'app', { tag: 'v1' })],
    ['Registry.Example.COM:65535/app:V1', registry('Registry.Example.COM:65535', 'app', { tag: 'V1' })],
    [`ghcr.io/a/b@${digest}`, registry('ghcr.io', 'a/b', { digest })],
    [`ghcr.io/a/b:t@${digest}`, registry('ghcr.io', 'a/b', { tag: 't', digest })],
    [
      '123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/a.b_c__d-e---f:_1.2-3',
      registry('123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'team/a.b_c__d-e---f', { tag: '_1.2-3' }),
    ],
    ['oci:image', layout('image')],
    ['oci:./dir/image:v1', layout('./dir/image', { tag: 'v1' })],
    ['oci:/a b/ü:v1', layout('/a b/ü', { tag: 'v1' })],
    [`oci:image@${digest}`, layout('image', { digest })],
    [`oci:image:v1@${digest}`, layout('image', { tag: 'v1', digest })],
    // Directory names with colons and at signs.
    ['oci:a:b:v1', layout('a:b', { tag: 'v1' })],
    ['oci:a:b/c', layout('a:b/c')],
    ['oci:node@18', layout('node@18')],
    ['oci-archive:image.tar', archive('image.tar')],
    ['oci-archive:./out/image.tar:v1', archive('./out/image.tar', { tag: 'v1' })],
    [`oci-archive:/a b/i.tar:v1@${digest}`, archive('/a b/i.tar', { tag: 'v1', digest })],
    ['oci-archive:node@18:a/i.tar', archive('node@18:a/i.tar')],
    ['oci:node@18/out:v1', layout('node@18/out', { tag: 'v1' })],
  ])('%s is parsed, and formatted as it was written', (text, expected) => {
    expect(parseReference(text)).toEqual(expected);
    expect(formatReference(expected)).toBe(text);
  });

  test('to a registry has the default tag latest if it has neither tag nor digest', () => {
    expect(parseReference('ghcr.io/a/b')).toEqual(registry('ghcr.io', 'a/b', { tag: 'latest' }));
    expect(Object.keys(parseReference(`ghcr.io/a/b@${digest}`))).not.toContain('tag');
    expect(Object.keys(parseReference('oci:image'))).toEqual(['kind', 'directory']);
  });

  test.each([
    ['', 'expected REGISTRY/REPO'],
    ['ubuntu', 'expected REGISTRY/REPO'],
    ['ubuntu:22.04', 'expected REGISTRY/REPO'],
    ['team/app:v1', 'expected REGISTRY/REPO'],
    ['/app', 'write a path as oci:DIR[:TAG]'],
    ['https://ghcr.io/a/b', 'write it without https://'],
    ['docker://ghcr.io/a/b', 'write it without docker://'],
    ['ghcr.io/', '"" is not a valid repository name'],
    ['ghcr.io/A/b', '"A/b" is not a valid repository name'],
    ['ghcr.io/a//b', '"a//b" is not a valid repository name'],
    ['ghcr.io/a/', '"a/" is not a valid repository name'],
    ['ghcr.io/a..b', '"a..b" is not a valid repository name'],
    ['ghcr.io/a___b', '"a___b" is not a valid repository name'],
    ['ghcr.io/-a', '"-a" is not a valid repository name'],
    ['ghcr.io/../../etc', '"../../etc" is not a valid repository name'],
    [`ghcr.io/${'a'.repeat(257)}`, 'is not a valid repository name'],
    ['ghcr.io/a:', '"" is not a valid tag'],
    ['ghcr.io/a:.b', '".b" is not a valid tag'],
    ['ghcr.io/a:b:c', '"b:c" is not a valid tag'],
    ['ghcr.io/a:b/c', '"b/c" is not a valid tag'],
    [`ghcr.io/a:${'b'.repeat(129)}`, 'is not a valid tag'],
    ['ghcr.io/a:b\n', '"b\\n" is not a valid tag'],
    ['ghcr.io/a@sha256:abc', 'after @ expected sha256: and 64 hexadecimal digits'],
    [`ghcr.io/a@${digest}0`, 'after @ expected sha256: and 64 hexadecimal digits'],
    [`ghcr.io/a@${digest.toUpperCase()}`, 'after @ expected sha256: and 64 hexadecimal digits'],
    ['user@ghcr.io/a', 'after @ expected sha256: and 64 hexadecimal digits'],
    [`ghcr.io/a@${digest}@${digest}`, '"a@sha256" is not a valid repository name'],
    ['-a.io/a', '"-a.io" is not a valid HOST[:PORT]'],
    ['a_b.io/a', '"a_b.io" is not a valid HOST[:PORT]'],
    ['a..io/a', '"a..io" is not a valid HOST[:PORT]'],
    ['ghcr.io:/a', '"ghcr.io:" is not a valid HOST[:PORT]'],
    ['ghcr.io:0/a', '"ghcr.io:0" is not a valid HOST[:PORT]'],
    ['ghcr.io:65536/a', '"ghcr.io:65536" is not a valid HOST[:PORT]'],
    ['ghcr.io:80:80/a', '"ghcr.io:80:80" is not a valid HOST[:PORT]'],
    [`${'a.'.repeat(128)}io/a`, 'is not a valid HOST[:PORT]'],
    [' ghcr.io/a', '" ghcr.io" is not a valid HOST[:PORT]'],
    ['oci:', 'expected oci:DIR'],
    ['oci-archive:', 'expected oci-archive:FILE'],
    ['oci-archive::v1', 'expected oci-archive:FILE'],
    ['oci-archive:a:b c', '"b c" is not a valid tag'],
    ['docker-archive:image.tar', 'Docker 25 and later save an OCI layout: pass it as oci-archive:FILE'],
    ['oci::v1', 'expected oci:DIR'],
    ['oci:a\0b', 'expected oci:DIR'],
    ['oci:a:', '"" is not a valid tag'],
    ['oci:a:b c', '"b c" is not a valid tag'],
    ['oci:a@sha256:abc', 'after @ expected sha256: and 64 hexadecimal digits'],
  ])('%j is rejected with the reason', (text, sentence) => {
    expect(() => parseReference(text)).toThrow(ConfigError);
    expect(() => parseReference(text)).toThrow(sentence);
  });

  test('of a million characters is rejected quickly', () => {
    for (const text of ['a-'.repeat(500_000), 'a.'.repeat(500_000), 'a_'.repeat(500_000)]) {
      expect(() => parseReference(`${text}/app`)).toThrow(ConfigError);
      expect(() => parseReference(`ghcr.io/${text}`)).toThrow(ConfigError);
    }
  });
});

test.each([
  ['a'.repeat(128), true],
  ['a'.repeat(129), false],
  ['_', true],
  ['-', false],
  ['', false],
  ['a+b', false],
])('%s is a valid tag: %p', (text, expected) => {
  expect(isTag(text)).toBe(expected);
});

test.each([
  ['a'.repeat(256), true],
  ['a'.repeat(257), false],
  ['a/b-c', true],
  ['a/-c', false],
])('%s is a valid repository name: %p', (text, expected) => {
  expect(isRepository(text)).toBe(expected);
});

test.each([
  ['v1', 'v1'],
  ['localhost/app:v1', 'v1'],
  ['localhost:5000/app', undefined],
  ['localhost/app', undefined],
  [`localhost:5000/app:v1@${digest}`, 'v1'],
  [`localhost/app@${digest}`, undefined],
  ['', undefined],
  ['a:b c', undefined],
])('the tag in the name %j is %j', (name, tag) => {
  expect(tagOfName(name)).toBe(tag);
});
