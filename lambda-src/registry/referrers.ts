// The referrers of a manifest: from the registry's API or, if it has no such API, from the index at the fallback tag, which
// clients maintain.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#unavailable-referrers-api
import { NotFoundError, type StoredManifest } from '../content/content-store.ts';
import { FormatError } from '../core/errors.ts';
import type { Descriptor, Digest } from '../core/oci/descriptor.ts';
import { encodeIndex, maximumManifestBytes, parseIndex } from '../core/oci/manifest.ts';
import { isIndexType } from '../core/oci/media-type.ts';
import { nextPage } from './next-page.ts';
import type { RegistryClient } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { fallbackTag, type RepositoryUrls } from './repository-urls.ts';
import { readBody } from './transport.ts';

/** A manifest usually has a handful of referrers. A registry that never stops paginating must not block us. */
const maximumPages = 100;

/**
 * Clients that change the fallback index at the same time overwrite each other, so each write is checked afterwards.
 */
const maximumFallbackWrites = 5;

/** The specification uses 404 for a missing API. Some registries respond with another status, or with an HTML page. */
const noApiStatuses = [400, 404, 405, 406, 501];

interface Page {
  readonly referrers: readonly Descriptor[];
  readonly next: URL | undefined;
}

/** Access to the manifests of the store. */
export interface ManifestAccess {
  fetchManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest>;
  putManifest(manifest: StoredManifest, reference: string, signal?: AbortSignal): Promise<unknown>;
  deleteManifest(digest: Digest, signal?: AbortSignal): Promise<void>;
}

/**
 * The referrers that the API lists, of all artifact types or at least of the given one; undefined without the API.
 */
export async function listByApi(
  client: RegistryClient,
  urls: RepositoryUrls,
  subject: Digest,
  artifactType: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[] | undefined> {
  const referrers = new Map<Digest, Descriptor>();
  let url: URL | undefined = urls.referrers(subject, artifactType);
  for (let page = 1; url !== undefined; page++) {
    if (page > maximumPages) {
      throw new RegistryError(
        { method: 'GET', url, problem: `more than ${maximumPages} pages of referrers`, transient: false },
        1,
      );
    }
    const found: Page | undefined = await fetchPage(client, url, signal);
    // A registry without the API already responds like this for the first page.
    if (found === undefined) return page === 1 ? undefined : [...referrers.values()];
    for (const referrer of found.referrers) referrers.set(referrer.digest, referrer);
    url = found.next;
  }
  return [...referrers.values()];
}

/**
 * The entries of the index at the fallback tag; empty if the tag does not exist, or is not an index.
 *
 * @throws RegistryError if the registry interprets the tag as a digest, and therefore cannot store such a list.
 */
export async function listByFallbackTag(
  manifests: ManifestAccess,
  urls: RepositoryUrls,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const list = await fetchFallbackIndex(manifests, urls, subject, signal);
  if (list === undefined || !isIndexType(list.mediaType)) return [];
  return parseIndex(list.bytes).manifests;
}

/**
 * Adds a referrer to the index at its subject's fallback tag, unless it is listed, and deletes the previous index if the
 * registry allows it.
 *
 * @throws FormatError if the tag points to something that is not an index.
 */
export async function addByFallbackTag(
  manifests: ManifestAccess,
  urls: RepositoryUrls,
  subject: Digest,
  referrer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<void> {
  const tag = fallbackTag(subject);
  for (let write = 1; ; write++) {
    const previous = await fetchFallbackIndex(manifests, urls, subject, signal);
    if (previous !== undefined && !isIndexType(previous.mediaType)) {
      throw new FormatError(
        'manifest',
        `the tag ${tag} is reserved for an index of referrers, but does not point to an index`,
      );
    }
    const index = previous === undefined ? { manifests: [] } : parseIndex(previous.bytes);
    if (index.manifests.some(({ digest }) => digest === referrer.digest)) return;
    if (write > maximumFallbackWrites) {
      throw new FormatError(
        'manifest',
        `other clients keep overwriting the index of referrers at the tag ${tag}`,
      );
    }
    const next = encodeIndex({ ...index, manifests: [...index.manifests, referrer] });
    await manifests.putManifest(next, tag, signal);
    if (previous !== undefined) {
      // The previous index is no longer needed. It does no harm if it cannot be deleted.
      await manifests.deleteManifest(previous.digest, signal).catch(() => {
        signal?.throwIfAborted();
      });
    }
  }
}

async function fetchFallbackIndex(
  manifests: ManifestAccess,
  urls: RepositoryUrls,
  subject: Digest,
  signal: AbortSignal | undefined,
): Promise<StoredManifest | undefined> {
  const tag = fallbackTag(subject);
  const refuse = (status: number, cause?: unknown): RegistryError =>
    new RegistryError(
      {
        method: 'GET',
        url: urls.manifest(tag),
        status,
        problem: `the registry has no referrers API and interprets the tag ${tag} as a digest, so it cannot list V1 indexes. Use V2`,
        transient: false,
        cause,
      },
      1,
    );
  let found: StoredManifest;
  try {
    found = await manifests.fetchManifest(tag, signal);
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error instanceof RegistryError && error.status === 400 ? refuse(400, error) : error;
  }
  if (found.digest === subject) throw refuse(200);
  return found;
}

/** One page of the API's list, or undefined if the registry does not have the API. */
async function fetchPage(
  client: RegistryClient,
  url: URL,
  signal: AbortSignal | undefined,
): Promise<Page | undefined> {
  const headers = { accept: 'application/vnd.oci.image.index.v1+json' };
  const accepted = [200, ...noApiStatuses];
  return client.send(
    { method: 'GET', url, access: 'pull', headers, accepted, signal },
    async (answer, attempt) => {
      const mediaType = answer.headers['content-type']?.split(';')[0]?.trim() ?? '';
      if (answer.status !== 200 || !isIndexType(mediaType)) {
        answer.discard();
        return undefined;
      }
      const bytes = await readBody(answer, maximumManifestBytes);
      if (bytes === undefined) {
        const problem = `the list of referrers has more than ${maximumManifestBytes} bytes`;
        throw new RegistryError({ method: 'GET', url, problem, transient: false }, attempt);
      }
      return { referrers: parsePage(bytes, url), next: nextPage(answer) };
    },
  );
}

/** @throws FormatError that names the list. */
function parsePage(bytes: Uint8Array, { pathname }: URL): readonly Descriptor[] {
  try {
    return parseIndex(bytes).manifests;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new FormatError(error.format, `the list at ${pathname}: ${error.problem}`, error.offset);
  }
}
