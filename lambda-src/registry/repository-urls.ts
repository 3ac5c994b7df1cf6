// The addresses of one repository's content in a registry. Every part is checked before it becomes one.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
import { ConfigError } from '../core/errors.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { isRepository, isTag } from '../core/oci/reference.ts';
import { isLoopbackHost } from './network-address.ts';

/** Docker Hub's name in references, and the host that serves it. */
const dockerHubName = 'docker.io';
const dockerHubHost = 'registry-1.docker.io';

/** How a registry is reached, if not by the default: plain HTTP on loopback, else TLS. */
export type RegistryScheme = 'http' | 'https';

/**
 * The origin that serves a registry.
 *
 * @param registry Host with optional port: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, `localhost:5000`.
 * @throws ConfigError if it is anything else.
 */
export function registryOrigin(registry: string, scheme?: RegistryScheme): URL {
  const host = registry === dockerHubName ? dockerHubHost : registry;
  // A host and nothing more: what a URL would split off must not be there.
  if (!/^[A-Za-z0-9.:[\]-]+$/.test(host) || !URL.canParse(`https://${host}`)) {
    throw new ConfigError([`${quoteText(registry)} is not a valid HOST[:PORT]`]);
  }
  const { hostname } = new URL(`https://${host}`);
  return new URL(`${scheme ?? (isLoopbackHost(hostname) ? 'http' : 'https')}://${host}`);
}

export class RepositoryUrls {
  readonly #base: string;

  /** @throws ConfigError if `repository` cannot be a repository's name. */
  constructor(
    readonly origin: URL,
    repository: string,
  ) {
    if (!isRepository(repository))
      throw new ConfigError([`${quoteText(repository)} is not a valid repository name`]);
    this.#base = `${origin.origin}/v2/${repository}`;
  }

  /** @throws ConfigError if `reference` is neither a tag nor a digest. */
  manifest(reference: string): URL {
    if (!isTag(reference) && !isDigest(reference)) {
      throw new ConfigError([`${quoteText(reference)} is neither a tag nor a sha256 digest`]);
    }
    return new URL(`${this.#base}/manifests/${reference}`);
  }

  blob(digest: Digest): URL {
    return new URL(`${this.#base}/blobs/${checked(digest)}`);
  }

  newUpload(): URL {
    return new URL(`${this.#base}/blobs/uploads/`);
  }

  /** @param count Tags in one answer, at most. */
  tags(count: number): URL {
    return new URL(`${this.#base}/tags/list?n=${count}`);
  }

  referrers(subject: Digest, artifactType: string | undefined): URL {
    const url = new URL(`${this.#base}/referrers/${checked(subject)}`);
    if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType);
    return url;
  }
}

/** The address that ends an upload: the session's own, its query untouched since it may be signed, and the digest. */
export function uploadEnd(session: URL, digest: Digest): URL {
  const end = new URL(session);
  end.hash = '';
  end.search = `${session.search === '' ? '?' : `${session.search}&`}digest=${encodeURIComponent(digest)}`;
  return end;
}

/** Where a registry without a referrers API keeps the list of a manifest's referrers. */
export function fallbackTag(subject: Digest): string {
  return checked(subject).replace(':', '-');
}

/** A digest that came from JSON by a cast must not become another path. */
function checked(digest: Digest): Digest {
  if (!isDigest(digest)) throw new ConfigError([`${quoteText(digest)} is not a valid sha256 digest`]);
  return digest;
}
