// Checks whether a registry has a blob.
import type { Access } from './authorization.ts';
import type { RegistryClient } from './registry-client.ts';

/** Uses HEAD and, if the registry refuses that, a GET of one byte. @throws RegistryError */
export async function isBlobThere(
  client: RegistryClient,
  url: URL,
  access: Access,
  signal: AbortSignal | undefined,
  attempt: number,
): Promise<boolean> {
  const found = await client.head({ url, access, signal }, attempt);
  if (found !== undefined) return found.status === 200;
  const answer = await client.exchange(
    {
      method: 'GET',
      url,
      access,
      headers: { range: 'bytes=0-0' },
      // An empty blob has no first byte.
      accepted: [200, 206, 404, 416],
      signal,
    },
    attempt,
  );
  answer.discard();
  return answer.status !== 404;
}
