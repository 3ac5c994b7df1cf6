// Uploads a blob: checks whether it exists, opens a session, and sends all bytes in one PUT, which ECR accepts up to its
// maximum layer size.
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#post-then-put
import type { Descriptor } from '../core/oci/descriptor.ts';
import { isBlobThere } from './blob-presence.ts';
import { parseLocation, refusalOf } from './redirect.ts';
import type { RegistryClient, RegistryRequest } from './registry-client.ts';
import { RegistryError } from './registry-error.ts';
import { uploadEnd, type RepositoryUrls } from './repository-urls.ts';
import { withRetries } from './retry.ts';

/** Uploads `content`, described by `target`, unless the registry has it. */
export async function uploadBlob(
  client: RegistryClient,
  urls: RepositoryUrls,
  target: Descriptor,
  content: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Every attempt starts with the check, because the previous one may have succeeded although its response did not arrive.
  // A failed session is not used again, because it is unknown how many bytes have arrived.
  await withRetries(client.retryPolicy, signal, async (attempt) => {
    if (await isBlobThere(client, urls.blob(target.digest), 'push', signal, attempt)) return;
    try {
      await sendBlob(client, urls, target, content, signal, attempt);
    } catch (error) {
      throw error instanceof RegistryError ? namingBlob(error, target) : error;
    }
  });
}

async function sendBlob(
  client: RegistryClient,
  urls: RepositoryUrls,
  target: Descriptor,
  content: Uint8Array,
  signal: AbortSignal | undefined,
  attempt: number,
): Promise<void> {
  const session = await openSession(client, urls, signal, attempt);
  const finish: RegistryRequest = {
    method: 'PUT',
    url: uploadEnd(session, target.digest),
    access: 'push',
    headers: { 'content-type': 'application/octet-stream' },
    body: content,
    accepted: [201],
    isUpload: true,
    signal,
  };
  const finished = await client.exchange(finish, attempt);
  finished.discard();
}

/** An upload's URL does not show which blob is being uploaded. */
function namingBlob({ failure, attempt }: RegistryError, { digest }: Descriptor): RegistryError {
  return new RegistryError({ ...failure, problem: `${failure.problem}, uploading blob ${digest}` }, attempt);
}

/** The URL of a new upload session. Credentials are sent to it only if it is on the registry's own origin. */
async function openSession(
  client: RegistryClient,
  urls: RepositoryUrls,
  signal: AbortSignal | undefined,
  attempt: number,
): Promise<URL> {
  const request: RegistryRequest = {
    method: 'POST',
    url: urls.newUpload(),
    access: 'push',
    accepted: [202],
    signal,
  };
  const answer = await client.exchange(request, attempt);
  answer.discard();
  const session = parseLocation(answer.headers.location, answer.url);
  const refusal =
    session === undefined ? 'to a missing or invalid address' : refusalOf(client.origin, session);
  if (session === undefined || refusal !== undefined) {
    const problem = `the registry sends the upload ${refusal ?? ''}`;
    const { method, url } = request;
    throw new RegistryError({ method, url, status: answer.status, problem, transient: false }, attempt);
  }
  return session;
}
