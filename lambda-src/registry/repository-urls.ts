// The URLs of one repository's content in a registry. Every part is validated first.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#endpoints
import { ConfigError } from '../core/errors.ts';
import { isDigest, type Digest } from '../core/oci/descriptor.ts';
import { quoteText } from '../core/oci/quotation.ts';
import { isRepository, isTag } from '../core/oci/reference.ts';
import { isLoopbackHost } from './network-address.ts';

/** Docker Hub's name in references, and the host that serves it. */
const dockerHubName = 'docker.io';
const dockerHubHost = 'registry-1.docker.io';

/** How to connect to a registry. The default is plain HTTP on loopback, otherwise TLS. */
export type RegistryScheme = 'http' | 'https';

/**
 * The origin of a registry.
 *
 * @param registry Host with optional port: `123456789012.dkr.ecr.eu-west-1.amazonaws.com`, `localhost:5000`.
 * @throws ConfigError if it is anything else.
 */
export function registryOrigin(registry: string, scheme?: RegistryScheme): URL {
  const host = registry === dockerHubName ? dockerHubHost : registry;
  // The text must be only a host. Anything else that a URL parser would split off is invalid.
  if (!/^[A-Za-z0-9.:[\]-]+$/.test(host) || !URL.canParse(`https://${host}`)) {
    throw new ConfigError([`${quoteText(registry)} is not a valid HOST[:PORT]`]);
  }
  const { hostname } = new URL(`https://${host}`);
  return new URL(`${scheme ?? (isLoopbackHost(hostname) ? 'http' : 'https')}://${host}`);
}

export class RepositoryUrls {
  readonly #base: string;

  /** @throws ConfigError if `repository` is not a valid repository name. */
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

  /** @param count Maximum number of tags in one response. */
  tags(count: number): URL {
    return new URL(`${this.#base}/tags/list?n=${count}`);
  }

  referrers(subject: Digest, artifactType: string | undefined): URL {
    const url = new URL(`${this.#base}/referrers/${checked(subject)}`);
    if (artifactType !== undefined) url.searchParams.set('artifactType', artifactType);
    return url;
  }
}

/**
 * The URL that completes an upload: the session's own, with its query unchanged because it may be signed, and the digest.
 */
export function uploadEnd(session: URL, digest: Digest): URL {
  const end = new URL(session);
  end.hash = '';
  end.search = `${session.search === '' ? '?' : `${session.search}&`}digest=${encodeURIComponent(digest)}`;
  return end;
}

/** The tag at which a registry without the referrers API keeps a manifest's referrers. */
export function fallbackTag(subject: Digest): string {
  return checked(subject).replace(':', '-');
}

/** A digest that was not validated must not change the path. */
function checked(digest: Digest): Digest {
  if (!isDigest(digest)) throw new ConfigError([`${quoteText(digest)} is not a valid sha256 digest`]);
  return digest;
}
