// A repository of an OCI registry as a content store.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
import {
  ImmutableTagError,
  NotFoundError,
  type ContentProbe,
  type ContentStore,
  type StoredManifest,
} from '../content/content-store.ts';
import { apparentMediaType, declaredMediaType } from '../content/manifest-media-type.ts';
import { filterReferrers, readLinks } from '../content/referrer.ts';
import { assertContent } from '../content/verified-content.ts';
import { ContentMismatchError, FormatError } from '../core/errors.ts';
import { digestOf, isDigest, type Descriptor, type Digest } from '../core/oci/descriptor.ts';
import { maximumManifestBytes } from '../core/oci/manifest.ts';
import {
  dockerManifestListType,
  dockerManifestType,
  isIndexType,
  isManifestType,
  ociIndexType,
  ociManifestType,
} from '../core/oci/media-type.ts';
import { downloadBlob } from './blob-download.ts';
import { isBlobThere } from './blob-presence.ts';
import { uploadBlob } from './blob-upload.ts';
import type { CredentialsProvider } from './credentials.ts';
import { addByFallbackTag, listByApi, listByFallbackTag, type ManifestAccess } from './referrers.ts';
import { RegistryClient } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { registryOrigin, type RegistryScheme, RepositoryUrls } from './repository-urls.ts';
import { defaultRetryPolicy, type RetryPolicy, withRetries } from './retry.ts';
import { listTags } from './tag-list.ts';
import { defaultTimeouts, readBody, Transport, type Timeouts, type Timers } from './transport.ts';

export interface RegistryStoreOptions {
  /** Host with optional port. */
  readonly registry: string;
  readonly repository: string;
  /** @default anonymous access */
  readonly credentials?: CredentialsProvider | undefined;
  /** @default http on the loopback interface, otherwise https */
  readonly scheme?: RegistryScheme | undefined;
  /** @default six attempts */
  readonly retryPolicy?: RetryPolicy;
  /** @default 10 seconds for a connection, 30 without receiving a byte, 60 for a response */
  readonly timeouts?: Timeouts;
  /** @default those of Node.js */
  readonly timers?: Timers;
}

/** Accepts every type that a store can hold. Otherwise, a registry may convert a manifest, or hide an index. */
const acceptedManifests = [ociManifestType, ociIndexType, dockerManifestType, dockerManifestListType].join(
  ', ',
);

export class RegistryStore implements ContentStore, ContentProbe {
  readonly #client: RegistryClient;
  readonly #urls: RepositoryUrls;

  /** @throws ConfigError if the registry or repository name is invalid. */
  constructor(options: RegistryStoreOptions) {
    const origin = registryOrigin(options.registry, options.scheme);
    this.#urls = new RepositoryUrls(origin, options.repository);
    this.#client = new RegistryClient(
      origin,
      options.repository,
      options.credentials ?? (() => Promise.resolve(undefined)),
      new Transport(options.timeouts ?? defaultTimeouts, options.timers),
      options.retryPolicy ?? defaultRetryPolicy,
    );
  }

  fetchBlob(target: Descriptor, signal?: AbortSignal): AsyncIterable<Uint8Array> {
    return downloadBlob(this.#client, this.#urls.blob(target.digest), target, signal);
  }

  async fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest> {
    const url = this.#urls.manifest(reference);
    const headers = { accept: acceptedManifests };
    const request = { method: 'GET', url, access: 'pull', headers, accepted: [200], signal } as const;
    try {
      return await this.#client.send(request, async (answer, attempt) => {
        const bytes = await readBody(answer, maximumManifestBytes);
        if (bytes === undefined) {
          const problem = `the manifest has more than ${maximumManifestBytes} bytes`;
          throw new RegistryError({ method: 'GET', url, status: 200, problem, transient: false }, attempt);
        }
        const digest = digestOf(bytes);
        // For a tag, the bytes can only be compared with the digest that the registry sends, which detects damage in
        // transit.
        const expected = isDigest(reference) ? reference : answer.headers['docker-content-digest'];
        if (isDigest(expected) && expected !== digest) {
          throw new ContentMismatchError(
            expected,
            `the manifest at ${url.pathname} has the digest ${digest}`,
            'manifest-invalid',
          );
        }
        return { mediaType: manifestType(bytes, answer.headers['content-type'], url), digest, bytes };
      });
    } catch (error) {
      if (!(error instanceof RegistryError) || error.status !== 404) throw error;
      // The registry's message may contain the reason. ECR's message states whether an image is archived.
      const message = `${url.origin}${url.pathname}: there is no manifest ${reference}`;
      throw new NotFoundError(message, { cause: error });
    }
  }

  async resolve(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined> {
    const url = this.#urls.manifest(reference);
    const headers = { accept: acceptedManifests };
    const found = await withRetries(this.#client.retryPolicy, signal, (attempt) =>
      this.#client.head({ url, access: 'pull', headers, signal }, attempt),
    );
    if (found?.status === 404) return undefined;
    const mediaType = bareMediaType(found?.headers['content-type']);
    const digest = isDigest(reference) ? reference : found?.headers['docker-content-digest'];
    const size = Number(found?.headers['content-length'] ?? NaN);
    if (isKnownType(mediaType) && isDigest(digest) && size > 0) return { mediaType, digest, size };
    // The registry does not support HEAD, or its headers are incomplete, so the manifest itself is read.
    try {
      const manifest = await this.fetchManifest(reference, signal);
      return { mediaType: manifest.mediaType, digest: manifest.digest, size: manifest.bytes.length };
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  }

  async listReferrers(
    subject: Digest,
    artifactType?: string,
    signal?: AbortSignal,
  ): Promise<readonly Descriptor[]> {
    const referrers =
      (await listByApi(this.#client, this.#urls, subject, artifactType, signal)) ??
      (await listByFallbackTag(this.#manifestAccess, this.#urls, subject, signal));
    // A registry is not required to filter.
    return filterReferrers(referrers, artifactType);
  }

  async hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return withRetries(this.#client.retryPolicy, signal, (attempt) =>
      isBlobThere(this.#client, this.#urls.blob(digest), 'pull', signal, attempt),
    );
  }

  async hasReferrersApi(subject: Digest, signal?: AbortSignal): Promise<boolean> {
    return (await listByApi(this.#client, this.#urls, subject, undefined, signal)) !== undefined;
  }

  /**
   * The repository's tags, in the registry's order. @throws RegistryError; FormatError if the list is invalid.
   */
  listTags(signal?: AbortSignal): Promise<readonly string[]> {
    return listTags(this.#client, this.#urls, signal);
  }

  async pushBlob(target: Descriptor, content: Uint8Array, signal?: AbortSignal): Promise<void> {
    assertContent(target, content);
    await uploadBlob(this.#client, this.#urls, target, content, signal);
  }

  async pushManifest(manifest: StoredManifest, tag?: string, signal?: AbortSignal): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    readLinks(manifest);
    await this.#pushUnlessThere(manifest, tag, signal);
  }

  async pushReferrer(manifest: StoredManifest, signal?: AbortSignal): Promise<void> {
    assertContent({ digest: manifest.digest, size: manifest.bytes.length }, manifest.bytes);
    const { subject, referrer } = readLinks(manifest);
    const isListed = await this.#pushUnlessThere(manifest, undefined, signal);
    if (subject === undefined || isListed) return;
    const listed = await listByApi(this.#client, this.#urls, subject.digest, undefined, signal);
    if (listed?.some(({ digest }) => digest === manifest.digest) === true) return;
    await addByFallbackTag(this.#manifestAccess, this.#urls, subject.digest, referrer, signal);
  }

  /** @returns Same as `#putOrFind`. */
  async #pushUnlessThere(
    manifest: StoredManifest,
    tag: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const found = await this.resolve(tag ?? manifest.digest, signal);
    return found?.digest !== manifest.digest && (await this.#putOrFind(manifest, tag, signal));
  }

  /**
   * Puts a manifest. After a failure, it checks what the reference points to, because a put that was answered too late may
   * have succeeded, and ECR refuses to put the manifest that an immutable tag already points to.
   *
   * @returns Whether the registry confirmed that it lists the manifest among its subject's referrers.
   */
  async #putOrFind(
    manifest: StoredManifest,
    tag: string | undefined,
    signal?: AbortSignal,
  ): Promise<boolean> {
    const reference = tag ?? manifest.digest;
    try {
      return await this.#put(manifest, reference, signal);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      const found = await this.resolve(reference, signal).catch(() => undefined);
      signal?.throwIfAborted();
      if (found?.digest === manifest.digest) return false;
      if (tag !== undefined && found !== undefined && saysImmutable(error)) {
        throw new ImmutableTagError(tag, { cause: error });
      }
      throw error;
    }
  }

  async #put(manifest: StoredManifest, reference: string, signal?: AbortSignal): Promise<boolean> {
    return this.#client.send(
      {
        method: 'PUT',
        url: this.#urls.manifest(reference),
        access: 'push',
        headers: { 'content-type': manifest.mediaType },
        body: manifest.bytes,
        accepted: [200, 201],
        signal,
      },
      (answer) => {
        answer.discard();
        return answer.headers['oci-subject'] !== undefined;
      },
    );
  }

  async #delete(digest: Digest, signal?: AbortSignal): Promise<void> {
    const url = this.#urls.manifest(digest);
    await this.#client.send(
      { method: 'DELETE', url, access: 'push', accepted: [200, 202, 404], signal },
      (answer) => {
        answer.discard();
      },
    );
  }

  readonly #manifestAccess: ManifestAccess = {
    fetchManifest: (reference, signal) => this.fetchManifest(reference, signal),
    putManifest: (manifest, reference, signal) => this.#put(manifest, reference, signal),
    deleteManifest: (digest, signal) => this.#delete(digest, signal),
  };
}

/**
 * The media type of a manifest. If header and content disagree, readers could see two different images, so such a manifest
 * is refused, as the specification recommends.
 */
function manifestType(bytes: Uint8Array, contentType: string | undefined, url: URL): string {
  const header = bareMediaType(contentType);
  const declared = declaredMediaType(bytes);
  if (declared !== undefined && isKnownType(header) && declared !== header) {
    throw new FormatError(
      'manifest',
      `${url.pathname} is served as ${header}, but its mediaType is ${declared}`,
    );
  }
  if (declared !== undefined) return declared;
  return isKnownType(header) ? header : apparentMediaType(bytes);
}

function bareMediaType(contentType: string | undefined): string {
  return contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
}

function isKnownType(mediaType: string): boolean {
  return isManifestType(mediaType) || isIndexType(mediaType);
}

/** ECR responds with status 400 and code TAG_INVALID. Other registries use the word "immutable" with other codes. */
function saysImmutable(error: RegistryError): boolean {
  return error.code === 'TAG_INVALID' || /immutable/i.test(error.failure.problem);
}
