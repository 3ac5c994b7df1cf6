// Where a registry may redirect us: to storage for a blob, to a session for an upload, to a service for a token.
import { isLocalHost, isLoopbackHost } from './network-address.ts';

/**
 * Registries redirect once, to their storage. A few more are tolerated, for example after a registry has moved.
 */
export const maximumRedirects = 5;

/** The URL in a Location header, without user name and password; undefined if missing or invalid. */
export function parseLocation(location: string | undefined, base: URL): URL | undefined {
  if (location === undefined || !URL.canParse(location, base.href)) return undefined;
  const target = new URL(location, base.href);
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

/**
 * Why the registry must not redirect us to `target`, as the end of a sentence, or undefined if it may. Only the name is
 * checked here; the transport checks the address that it resolves to.
 */
export function refusalOf(registry: URL, target: URL): string | undefined {
  if (target.origin === registry.origin && target.origin !== 'null') return undefined;
  if (target.protocol !== 'https:' && target.protocol !== 'http:') return `to a ${target.protocol} URL`;
  if (isRemote(registry) && isLocalHost(target.hostname)) {
    return 'to an address of this machine or its network link';
  }
  if (registry.protocol === 'https:' && target.protocol === 'http:') return 'from HTTPS to plain HTTP';
  return undefined;
}

/** Whether the registry is on another machine, which must not redirect us to this machine's addresses. */
export function isRemote(registry: URL): boolean {
  return !isLoopbackHost(registry.hostname);
}
