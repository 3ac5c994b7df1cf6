// The tags of a repository, as the registry lists them: by name, without their dates.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-tags
import { FormatError } from '../core/errors.ts';
import { JsonObject, parseJson } from '../core/oci/json-document.ts';
import { maximumManifestBytes } from '../core/oci/manifest.ts';
import { isTag } from '../core/oci/reference.ts';
import { nextPage } from './next-page.ts';
import type { RegistryClient } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import type { RepositoryUrls } from './repository-urls.ts';
import { readBody } from './transport.ts';

/** ECR's maximum for `n`, the smallest known one. */
const tagsPerPage = 1000;

/** Enough for ECR's maximum number of images in a repository, with one tag each. */
const maximumPages = 100;

interface Page {
  readonly tags: readonly string[];
  readonly next: URL | undefined;
}

/**
 * All tags, in the registry's order.
 *
 * @throws RegistryError if the registry refuses, or never stops paginating; FormatError if its list is invalid.
 */
export async function listTags(
  client: RegistryClient,
  urls: RepositoryUrls,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const tags = new Set<string>();
  let url: URL | undefined = urls.tags(tagsPerPage);
  for (let page = 1; url !== undefined; page++) {
    if (page > maximumPages) {
      const problem = `more than ${maximumPages} pages of tags`;
      throw new RegistryError({ method: 'GET', url, problem, transient: false }, 1);
    }
    const found: Page = await fetchPage(client, url, signal);
    for (const tag of found.tags) tags.add(tag);
    url = found.next;
  }
  return [...tags];
}

async function fetchPage(client: RegistryClient, url: URL, signal: AbortSignal | undefined): Promise<Page> {
  return client.send(
    { method: 'GET', url, access: 'pull', accepted: [200], signal },
    async (answer, attempt) => {
      const bytes = await readBody(answer, maximumManifestBytes);
      if (bytes === undefined) {
        const problem = `the list of tags has more than ${maximumManifestBytes} bytes`;
        throw new RegistryError({ method: 'GET', url, status: 200, problem, transient: false }, attempt);
      }
      return { tags: parsePage(bytes, url), next: nextPage(answer) };
    },
  );
}

/** @throws FormatError that names the list. Invalid tags are skipped. */
function parsePage(bytes: Uint8Array, { pathname }: URL): readonly string[] {
  const page = parseJson(bytes);
  const tags = page instanceof JsonObject ? new Map(page.members).get('tags') : undefined;
  // Some registries return null for a repository without tags.
  if (tags === null) return [];
  if (!Array.isArray(tags)) throw new FormatError('manifest', `the list at ${pathname} has no tags`);
  return tags.filter((tag) => typeof tag === 'string').filter(isTag);
}
