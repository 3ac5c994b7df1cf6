// Parses image names as users write them: `REGISTRY/REPO[:TAG][@DIGEST]`, `oci:DIR[:TAG]` for an OCI layout directory, or
// `oci-archive:FILE[:TAG]` for a tar of an OCI layout.
// The grammar is that of https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
import { ConfigError } from '../errors.ts';
import { isDigest, type Digest } from './descriptor.ts';
import { dropUndefined } from './json-fields.ts';
import { escapeText, quoteText } from './quotation.ts';

export interface RegistryReference {
  readonly kind: 'registry';
  /** Host with optional port: `localhost:5000`. */
  readonly registry: string;
  readonly repository: string;
  /** `latest` if there is neither a tag nor a digest. If there are both, the digest identifies the image. */
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface LayoutReference {
  readonly kind: 'layout';
  readonly directory: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export interface ArchiveReference {
  readonly kind: 'archive';
  readonly file: string;
  readonly tag?: string;
  readonly digest?: Digest;
}

export type ImageReference = RegistryReference | LayoutReference | ArchiveReference;

const layoutPrefix = 'oci:';
const archivePrefix = 'oci-archive:';
const dockerArchivePrefix = 'docker-archive:';

const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** A name or IPv4 address, or an IPv6 address in brackets; with an optional port. */
const registryPattern =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?$/;

const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;

/** Amazon ECR's limit. The distribution specification has none. */
const maximumRepositoryCharacters = 256;

const maximumRegistryCharacters = 255;
const maximumPort = 65535;

/**
 * Whether the text is a valid tag: 1 to 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`.
 */
export function isTag(text: string): boolean {
  return tagPattern.test(text);
}

/**
 * Whether the text is a valid repository name, with the distribution specification's grammar and ECR's maximum length.
 */
export function isRepository(text: string): boolean {
  return text.length <= maximumRepositoryCharacters && repositoryPattern.test(text);
}

/** @throws ConfigError with a message that quotes the invalid part and says what was expected. */
export function parseReference(text: string): ImageReference {
  if (text.startsWith(layoutPrefix)) {
    const { path, tag, digest } = parsePath(
      text,
      layoutPrefix,
      'oci:DIR, the path of an OCI image layout directory',
    );
    return dropUndefined({ kind: 'layout' as const, directory: path, tag, digest });
  }
  if (text.startsWith(archivePrefix)) {
    const { path, tag, digest } = parsePath(
      text,
      archivePrefix,
      'oci-archive:FILE, the path of a tar of an OCI image layout',
    );
    return dropUndefined({ kind: 'archive' as const, file: path, tag, digest });
  }
  if (text.startsWith(dockerArchivePrefix)) {
    refuse(
      text,
      'the layers in this format differ from those that a registry will have, so an index would not match them. ' +
        'Docker 25 and later save an OCI layout: pass it as oci-archive:FILE. ' +
        'Convert an older one: skopeo copy docker-archive:FILE oci-archive:NEW',
    );
  }
  return parseRegistryReference(text);
}

/** The reference as text. */
export function formatReference(reference: ImageReference): string {
  const name = formatPlace(reference);
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${name}${tag}${digest}`;
}

/** The reference of another image in the same repository, layout or archive. */
export function otherReference(
  reference: ImageReference,
  { tag, digest }: { readonly tag?: string | undefined; readonly digest?: Digest | undefined },
): ImageReference {
  const rest = dropUndefined({ tag, digest });
  switch (reference.kind) {
    case 'layout':
      return { kind: 'layout', directory: reference.directory, ...rest };
    case 'archive':
      return { kind: 'archive', file: reference.file, ...rest };
    case 'registry':
      return { kind: 'registry', registry: reference.registry, repository: reference.repository, ...rest };
  }
}

function formatPlace(reference: ImageReference): string {
  switch (reference.kind) {
    case 'layout':
      return layoutPrefix + reference.directory;
    case 'archive':
      return archivePrefix + reference.file;
    case 'registry':
      return `${reference.registry}/${reference.repository}`;
  }
}

/**
 * The tag in a name, which may be a whole reference, as Podman writes it into a layout. Undefined if it has no tag.
 */
export function tagOfName(name: string): string | undefined {
  if (isTag(name)) return name;
  const withoutDigest = name.split('@', 1)[0]!;
  const tag = withoutDigest.slice(withoutDigest.lastIndexOf(':') + 1);
  return withoutDigest.includes(':') && isTag(tag) ? tag : undefined;
}

function parseRegistryReference(text: string): RegistryReference {
  const scheme = /^[a-z][a-z0-9+.-]*:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) refuse(text, `write it without ${escapeText(scheme)}`);

  const { name: nameAndTag, digest } = cutDigest(text, text);
  const slash = nameAndTag.indexOf('/');
  const registry = nameAndTag.slice(0, Math.max(slash, 0));
  if (/^(?:\.{0,2}|~)\//.test(text)) {
    refuse(text, 'write a path as oci:DIR[:TAG], or as oci-archive:FILE[:TAG] for an archive');
  }
  // For Docker, `team/app` is on Docker Hub. Here the registry is required, because the index is pushed there.
  if (!/[.:]/.test(registry) && registry !== 'localhost') {
    refuse(
      text,
      'expected REGISTRY/REPO, where the registry is a host name such as docker.io or localhost:5000',
    );
  }
  if (!isRegistry(registry)) {
    refuse(text, `${quoteText(registry)} is not a valid HOST[:PORT]`);
  }

  const path = nameAndTag.slice(slash + 1);
  const colon = path.indexOf(':');
  const repository = colon < 0 ? path : path.slice(0, colon);
  if (!isRepository(repository)) {
    refuse(
      text,
      `${quoteText(repository)} is not a valid repository name: lower-case letters and digits, separated by single . _ - or /, ` +
        `at most ${maximumRepositoryCharacters} characters`,
    );
  }
  const tag = colon < 0 ? undefined : checkTag(path.slice(colon + 1), text);
  const latest = tag === undefined && digest === undefined ? 'latest' : undefined;
  return dropUndefined({ kind: 'registry' as const, registry, repository, tag: tag ?? latest, digest });
}

function isRegistry(text: string): boolean {
  const match = text.length <= maximumRegistryCharacters ? registryPattern.exec(text) : null;
  if (match === null) return false;
  const port = match[1];
  return port === undefined || (Number(port) >= 1 && Number(port) <= maximumPort);
}

/** @param expected The expected form, for messages. */
function parsePath(
  text: string,
  prefix: string,
  expected: string,
): { path: string; tag: string | undefined; digest: Digest | undefined } {
  const { name, digest } = cutDigest(text.slice(prefix.length), text);
  // A path may contain colons; text after the last one is a tag unless it contains a slash.
  const colon = name.lastIndexOf(':');
  const hasTag = colon >= 0 && !name.includes('/', colon);
  const path = hasTag ? name.slice(0, colon) : name;
  const tag = hasTag ? checkTag(name.slice(colon + 1), text) : undefined;
  if (path === '' || path.includes('\0')) refuse(text, `expected ${expected}`);
  return { path, tag, digest };
}

/** If no digest follows the last @, the @ belongs to the name; only a path may contain one. */
function cutDigest(name: string, text: string): { name: string; digest: Digest | undefined } {
  const at = name.lastIndexOf('@');
  const digest = name.slice(at + 1);
  if (at >= 0 && isDigest(digest)) return { name: name.slice(0, at), digest };
  if (at >= 0 && (digest.startsWith('sha256:') || !isPath(text))) {
    refuse(text, `after @ expected sha256: and 64 hexadecimal digits, got ${quoteText(digest)}`);
  }
  return { name, digest: undefined };
}

function isPath(text: string): boolean {
  return text.startsWith(layoutPrefix) || text.startsWith(archivePrefix);
}

function checkTag(tag: string, text: string): string {
  if (!isTag(tag)) {
    refuse(
      text,
      `${quoteText(tag)} is not a valid tag: a tag has 1 to 128 of A-Z a-z 0-9 _ . - and does not start with . or -`,
    );
  }
  return tag;
}

function refuse(text: string, problem: string): never {
  throw new ConfigError([`image ${quoteText(text)}: ${problem}`]);
}
