// Where a registry may send us: to another place for a blob, to a session for an upload, to a service for a token.
import { isLocalHost, isLoopbackHost } from './network-address.ts';

/** Registries redirect once, to their storage. A few more are borne, as when a registry moved. */
export const maximumRedirects = 5;

/** The address that a Location header names, or undefined where it names none. Never with a user name or password. */
export function parseLocation(location: string | undefined, base: URL): URL | undefined {
  if (location === undefined || !URL.canParse(location, base.href)) return undefined;
  const target = new URL(location, base.href);
  target.username = '';
  target.password = '';
  target.hash = '';
  return target;
}

/**
 * Why the registry must not send us to `target`, as the end of a sentence, or undefined where it may. A name is judged
 * by its letters only; the transport judges the address that it leads to.
 */
export function refusalOf(registry: URL, target: URL): string | undefined {
  if (target.origin === registry.origin && target.origin !== 'null') return undefined;
  if (target.protocol !== 'https:' && target.protocol !== 'http:')
    return `to an address of ${target.protocol}`;
  if (isRemote(registry) && isLocalHost(target.hostname)) {
    return 'to an address of this machine or its network link';
  }
  if (registry.protocol === 'https:' && target.protocol === 'http:') return 'from HTTPS to plain HTTP';
  return undefined;
}

/** Whether the registry is another machine, which then has no business with this one's addresses. */
export function isRemote(registry: URL): boolean {
  return !isLoopbackHost(registry.hostname);
}
